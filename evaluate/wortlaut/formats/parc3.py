"""PARC 3.0 (Pareti 2016): attributions in the Penn Treebank, an XML file an article. Read only; *unverified*.

The corpus is not public. The form is that of the two examples in github.com/enewe101/parc-reader and of what
``parc_extractor.py`` in github.com/bbc/citron reads: ``WORD`` elements, at any depth of the trees in a
``SENTENCE``, with ``text`` and ``ByteCount`` (``9,12``), and in them ``attribution`` (``id``) with
``attributionRole`` (``roleValue``: ``source``, ``cue``, ``content``).

The text is made of the words, in the order of their bytes: a space where bytes lie between two, a line feed
between sentences; quotation marks and brackets as in the newspaper (``"``, ``(``), not the Treebank's. A role
is the fragments of words that follow one another. Quotes are as :mod:`wortlaut.formats.attributions` has
them, nested attributions, too. ``meta`` has ``tokens``, ``sentences``, and below a folder ``train``, ``dev``
or ``test`` a ``split``. Lost are other roles, trees, lemmas and parts of speech.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from wortlaut.errors import DataError
from wortlaut.formats import attributions, files, xml
from wortlaut.formats.columns import pack
from wortlaut.formats.graph import not_read
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import unpacked
from wortlaut.model import Annotations, Document

_ROLES = {"source": "speaker", "cue": "cue", "content": "content"}
#: The Treebank's signs → the newspaper's.
_SIGNS = {"``": '"', "''": '"', "-LRB-": "(", "-RRB-": ")", "-LCB-": "{", "-RCB-": "}"}
_BYTES = re.compile(r"\s*([0-9]{1,9})\s*,\s*([0-9]{1,9})\s*")


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """Every article of a folder, or that of a file."""
    for file in files.find(path, "parc3", named=True):
        with tolerated(losses, "document"):
            yield _document(file, losses)


def _document(file: Path, losses: Losses | None) -> Document:
    sentences = list(xml.root(file).iter("SENTENCE"))
    words = []
    for sentence, element in enumerate(sentences):
        for word in element.iter("WORD"):
            surface, place = word.get("text", ""), _BYTES.fullmatch(word.get("ByteCount", ""))
            if place is None or not surface.strip():
                what = f"a WORD has no text, or no two numbers as ByteCount: {dict(word.attrib)}"
                raise DataError(what, where=f"{file}, sentence {sentence + 1}")
            words.append((int(place[1]), int(place[2]), sentence, _SIGNS.get(surface, surface), word))
    if not words:
        hint = "Expected <SENTENCE> with <WORD ByteCount='9,12' text='The'>."
        raise DataError("holds no word of PARC", where=str(file), hint=hint)
    words.sort(key=lambda one: one[:2])
    text, last, before = "", words[0][1], 0
    offsets: list[tuple[int, int]] = []
    bounds: dict[int, tuple[int, int]] = {}
    found: dict[str, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    follows: dict[tuple[str, str], int] = {}
    unread: Counter[str] = Counter()
    for index, (start, end, sentence, surface, word) in enumerate(words):
        if index:
            text += "\n" if sentence != before else " " if start > last else ""
        offsets.append((len(text), len(text) + len(surface)))
        bounds[sentence] = bounds.get(sentence, offsets[-1])[0], offsets[-1][1]
        text, last, before = text + surface, end, sentence
        for attribution in word.iter("attribution"):
            id = attribution.get("id", "")
            for value in {role.get("roleValue", "") for role in attribution.iter("attributionRole")}:
                if value not in _ROLES:
                    unread[f"role {value}"] += 1
                    continue
                places = found[id][_ROLES[value]]
                if follows.get((id, value)) == index - 1:
                    places[-1] = places[-1][0], offsets[-1][1]
                else:
                    places.append(offsets[-1])
                follows[id, value] = index
    quotes = attributions.quotes(text, found, unread)
    name = unpacked(file).stem
    splits = [part for part in file.parts if part in ("train", "dev", "test")][-1:]
    meta = [("split", split) for split in splits]
    meta += [("tokens", pack(offsets)), ("sentences", pack(bounds.values()))]
    meta += not_read(name, +unread, losses)
    return Document(name, text, Annotations(quotes=quotes), tuple(meta))
