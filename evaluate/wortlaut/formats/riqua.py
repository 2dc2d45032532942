"""RiQuA: quotations with speaker, addressee and cue of English novels (Papay & Padó 2020).

Read only, and unverified: built from the code of others who read it, not from the corpus.

brat's stand-off: spans ``Quotation``, ``Entity`` and ``Cue``; relations ``Speaker``, ``Addressee`` (from an
entity) and ``Cueing`` (from a cue), each to a quotation. Where the folder holds ``merged``, as the release
does, that is read: other folders of it have the same texts. Offsets are code points.

A ``Quotation`` is a quote with its id; several speakers, addressees or cues are one span.
RiQuA says neither type nor nesting, so both are derived as in :mod:`wortlaut.formats.attributions`; a content
that single quotation marks enclose is direct, too. There is no coreference: nobody's name is told. Lost are
entities and cues of no quotation, notes, and other relations.
ims.uni-stuttgart.de/en/research/resources/corpora/riqua
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from wortlaut.errors import DataError
from wortlaut.formats import attributions, files
from wortlaut.formats.brat import hold
from wortlaut.formats.graph import not_read
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import lines, unpacked
from wortlaut.model import Annotations, Document, Quote, Span

_MERGED = "merged"
_QUOTATION = "Quotation"
_ROLES = {"Speaker": "speaker", "Addressee": "addressee", "Cueing": "cue"}
_RELATION = re.compile(r"(\S+)\t(\S+) Arg1:(\S+) Arg2:(\S+)\s*")
#: What else brat writes.
_OTHER = re.compile(r"[EAMN#*]\S*\t")
_SINGLE = re.compile(r"['‘‚].+['’‘]", re.DOTALL)


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """A document of each ``.ann`` file, about the ``.txt`` file beside it."""
    merged = path / _MERGED
    for file in files.find(merged if merged.is_dir() else path, "brat", named=True):
        with tolerated(losses, "document"):
            yield _document(file, losses)


def _document(file: Path, losses: Losses | None) -> Document:
    id = unpacked(file).stem
    text = files.text_beside(file, f"{id}.txt")
    spans: dict[str, tuple[str, Span]] = {}
    relations: list[tuple[str, str]] = []
    unread: Counter[str] = Counter()
    for number, line in lines(file):
        if line.startswith("T"):
            hold(spans, line, text, f"{file}:{number}")
        elif line.startswith("R"):
            relations.append((f"{file}:{number}", line))
        elif line.strip() and not _OTHER.match(line):
            raise DataError(
                "is no annotation that brat writes",
                where=f"{file}:{number}",
                hint="Expected a T, R, E, A, M, N, # or * line, a tab after its id.",
            )
        elif line.strip():
            unread["note" if line.startswith("#") else f"line {line[:1]}"] += 1
    found: dict[str, dict[str, list[tuple[int, int]]]] = {
        name: {"content": [*span]} for name, (label, span) in spans.items() if label == _QUOTATION
    }
    used = {*found}
    for where, line in relations:
        relation = _RELATION.fullmatch(line)
        if relation is None:
            raise DataError(
                "is no relation that brat writes",
                where=where,
                hint="Expected R1, tab, Speaker Arg1:T2 Arg2:T1.",
            )
        _, name, source, target = relation.groups()
        if name not in _ROLES:
            unread[f"relation {name}"] += 1
            continue
        if strange := [one for one in (source, target) if one not in spans]:
            raise DataError(f"there is no {strange[0]}", where=where)
        if target not in found or source in found:
            raise DataError(
                f"{name} leads from {spans[source][0]} to {spans[target][0]}",
                where=where,
                hint="Arg1 is an Entity or a Cue, Arg2 the Quotation it belongs to.",
            )
        used.add(source)
        found[target].setdefault(_ROLES[name], []).extend(spans[source][1])
    unread.update(label for name, (label, _) in spans.items() if name not in used)
    quotes = (_typed(quote, text) for quote in attributions.quotes(text, found, unread))
    meta = tuple(not_read(id, +unread, losses))
    return Document(id, text, Annotations(quotes=tuple(quotes)), meta)


def _typed(quote: Quote, text: str) -> Quote:
    return replace(quote, type="direct") if _SINGLE.fullmatch(quote.content.text(text)) else quote
