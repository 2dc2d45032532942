"""SpkAtt-2023 (GermEval 2023, speaker attribution), tasks 1 and 2: a JSON file a document. Read only.

``Sentences`` are lists of tokens, ``Annotations`` speech events whose roles are lists of ``sentence:token``.
Task 1 (Bundestag; Rehbein et al. 2023) and task 2 (Wikinews; the articles of ``german-news-quotation``) share
it. A quote's content is the ``Message``; ``Source`` is its speaker, ``Addr`` its addressee, ``Frame`` its
frame, ``Cue`` with ``PTC`` (a verb's particle, a reflexive pronoun) its cue. Task 2 says ``Form``, the type,
and ``STWR``, the medium. Task 1 says neither: without a form a quote is direct where quotation marks stand
at, or around, both ends of its message, else indirect; it has no medium.

The text is the tokens with a space between, and a line feed between sentences; white space around a token is
no part of it. Adjacent tokens of a role are one fragment. ``parent`` is derived as in
:mod:`~wortlaut.formats.german_news_quotation`, ``note`` keeps flags of task 2 that say something else. The id
is ``DocumentName``, or the file's name; ``meta`` holds ``tokens``, ``sentences`` and ``split``, the nearest
folder around the file that is called ``train``, ``dev``, ``trial`` or ``test``.

Left out, and counted: events without a ``Message`` (two of five in task 1: a quote is what was said), and the
roles ``Topic``, ``Medium`` and ``Evidence`` of others. Refused: keys that are not these, as in the files that
stand beside (``task1_alternative_format``, ``task2-pretty``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import Any

import msgspec

from wortlaut.errors import DataError
from wortlaut.formats import files
from wortlaut.formats.columns import lay_out, pack
from wortlaut.formats.german_news_quotation import (
    MEDIA,
    TYPES,
    check_name,
    differing_flags,
    nesting,
    token_span,
)
from wortlaut.formats.losses import NOT_READ, Losses, tolerated
from wortlaut.io.reading import read_json, unpacked
from wortlaut.model import Annotations, Document, Quote, Span

#: Role in the file → field of a quote.
_ROLES = {"message": "content", "cue": "cue", "source": "speaker", "addr": "addressee", "frame": "frame"}
_WITHOUT_PLACE = ("topic", "medium", "evidence")
_ALL = (*_ROLES, "ptc", *_WITHOUT_PLACE)
_SPLITS = ("train", "dev", "trial", "test")
_PLACE = re.compile(r"(\d{1,9}):(\d{1,9})", re.ASCII)
_MARKS = frozenset("„“”»«\"‚‘’›‹'")


def _key(field: str) -> str:
    return field.upper() if field in ("ptc", "stwr") else field.title().replace("_", "")


class _Sentence(msgspec.Struct, rename=_key, forbid_unknown_fields=True):
    sentence_id: int
    tokens: list[str]


class _Event(msgspec.Struct, rename=_key, forbid_unknown_fields=True):
    message: list[str] = []
    cue: list[str] = []
    ptc: list[str] = []
    source: list[str] = []
    addr: list[str] = []
    frame: list[str] = []
    topic: list[str] = []
    medium: list[str] = []
    evidence: list[str] = []
    form: str | None = None
    stwr: str | None = None
    is_nested: bool | None = None
    has_nested: bool | None = None


class _File(msgspec.Struct, rename=_key, forbid_unknown_fields=True):
    sentences: list[_Sentence]
    annotations: list[_Event]
    document_name: str | None = None


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """Every document of a ``.json`` file or of a folder of them, in the order of the file names."""
    for file in files.find(path, "spkatt", named=True):
        with tolerated(losses, "document"):
            yield _document(file, losses)


def _document(file: Path, losses: Losses | None) -> Document:
    found, where = _decoded(file), f"{file}: $"
    first = list(accumulate((len(one.tokens) for one in found.sentences), initial=0))
    sentences = {
        one.sentence_id: range(*ends) for one, ends in zip(found.sentences, pairwise(first), strict=True)
    }
    if len(sentences) < len(found.sentences):
        raise DataError("two sentences have the same SentenceId", where=f"{where}.Sentences")
    words = [[word.strip() for word in one.tokens] for one in found.sentences]
    text, offsets = lay_out(
        (word, "\n" if i == len(one) else " ") for one in words for i, word in enumerate(one, 1)
    )
    surfaces, start, end = [*chain(*words)], [a for a, _ in offsets], [b for _, b in offsets]
    lost: list[tuple[str, Span | None]] = []
    kept: list[tuple[_Event, Quote]] = []
    for number, event in enumerate(found.annotations):
        at = f"{where}.Annotations[{number}]"
        ids = {role: _tokens(getattr(event, role), sentences, f"{at}.{_key(role)}") for role in _ALL}
        ids["cue"] = sorted({*ids["cue"], *ids.pop("ptc")})
        spans = {role: token_span(own, text, start, end) for role, own in ids.items() if own}
        for key, value, names in (("Form", event.form, TYPES), ("STWR", event.stwr, MEDIA)):
            if value is not None:
                check_name(value, key, names, at)
        if not ids["message"]:
            lost.append(("event without a Message", spans.get("cue")))
            continue
        lost += [(f"role {_key(role)}", spans[role]) for role in _WITHOUT_PLACE if role in spans]
        kind = _type(ids["message"], surfaces) if event.form is None else TYPES[event.form]
        medium = None if event.stwr is None else MEDIA[event.stwr]
        roles: dict[str, Any] = {field: spans[role] for role, field in _ROLES.items() if role in spans}
        kept.append((event, Quote(str(number), kind, medium=medium, **roles)))
    bounds = [(start[a], end[b - 1]) for a, b in pairwise(first) if a < b]
    meta = [("tokens", pack(offsets)), ("sentences", pack(bounds))]
    meta += [("split", split) for split in _split(file)]
    document = Document(
        found.document_name or unpacked(file).stem, text, Annotations(quotes=_nested(kept)), tuple(meta)
    )
    if losses is not None:
        for kind, span in lost:
            losses.add(kind, document, NOT_READ, span=span)
    return document


def _decoded(file: Path) -> _File:
    value = read_json(file)
    try:
        found = msgspec.convert(value, _File)
        "".join(chain(*(one.tokens for one in found.sentences))).encode()
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        hint = "SpkAtt-2023 has its files in folders task1 and task2; those beside are of other shapes."
        raise DataError(what, where=f"{file}: {place.strip('`') or '$'}", hint=hint) from None
    except UnicodeEncodeError:
        raise DataError("holds half a surrogate pair", where=f"{file}: $.Sentences") from None
    for number, sentence in enumerate(found.sentences):
        if not all(map(str.strip, sentence.tokens)):
            raise DataError("a token is empty", where=f"{file}: $.Sentences[{number}].Tokens")
    return found


def _tokens(role: Sequence[str], sentences: dict[int, range], where: str) -> list[int]:
    """The tokens of a role, sorted, by their number in the document."""
    found = set()
    for place in role:
        match = _PLACE.fullmatch(place)
        inside = sentences.get(int(match[1]), range(0)) if match else range(0)
        if not match or int(match[2]) >= len(inside):
            hint = "A place is SentenceId:token, tokens from 0 on."
            raise DataError(f"{place!r} is no token of the document", where=where, hint=hint)
        found.add(inside[int(match[2])])
    return sorted(found)


def _nested(quotes: Sequence[tuple[_Event, Quote]]) -> tuple[Quote, ...]:
    """The quotes with their derived parents, and with the flags of the file that say something else."""
    derived = nesting([quote.content for _, quote in quotes])
    return tuple(
        replace(
            quote,
            parent=None if around is None else quotes[around][1].id,
            note=_note(event, (around is not None, holds)),
        )
        for (event, quote), (around, holds) in zip(quotes, derived, strict=True)
    )


def _note(event: _Event, derived: tuple[bool, bool]) -> str | None:
    own = zip((event.is_nested, event.has_nested), derived, strict=True)
    return differing_flags(tuple(mine if flag is None else flag for flag, mine in own), derived)


def _type(message: Sequence[int], words: Sequence[str]) -> str:
    """Direct where quotation marks stand at, or around, both ends."""
    first, last = message[0], message[-1]
    opens = _MARKS.intersection(words[max(first - 1, 0) : first + 1])
    return "direct" if opens and _MARKS.intersection(words[last : last + 2]) else "indirect"


def _split(file: Path) -> list[str]:
    """The nearest folder around the file that is called as a split, if there is one."""
    return [one.name for one in file.absolute().parents if one.name in _SPLITS][:1]
