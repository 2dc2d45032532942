"""German news quotation corpus (Petersen-Frey & Biemann 2024): a folder of JSON files, one per article.

What a role covers is its set of token ids. A fragment is a run of adjacent tokens with nothing but white
space between them, from the first one's ``charBegin`` to the last one's ``charEnd``. The file says the
same thing twice more, as ``spans`` and as ``text``: a role whose three accounts differ is an error. Token
offsets count code points. Two things are repaired, and counted in ``meta``:

- ``unsorted_roles``: ids or spans out of text order or repeated; the set of tokens is the same.
- ``merged_spans``: two spans that touch (the corpus splits a span at some sentence ends). The
  published number of discontinuous quotes counts these as two; here they are one fragment.

``sentences[].charEnd`` excludes the white space that ``sentences[].text`` ends with, so the two never
agree; the last token's end is what it means, and that is checked.

``parent`` is derived, as the corpus names none: the smallest other quote whose content strictly contains
this one's (the first of equals). Two quotes with the same content have no parent in each other. The
corpus's own flags are kept where they say something else, in ``note``: ``isNested=true``. ``meta`` holds
``split`` (the folder's name), ``tokens`` and ``sentences`` as offsets.

Written: quotes with type, medium and roles in the same layout, on the corpus's own tokens or else this
project's. Lost are entities, clusters, ``meta``, attribution, who speaks, scores, rules and other notes;
an id that is no number; a parent that is not the derived one; a role that is not whole tokens, or whose
fragments have nothing but white space between them. A medium that is none of :data:`MEDIA`, or absent,
becomes ``none``.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError
from wortlaut.formats import files
from wortlaut.formats.columns import LAYOUT, TokenView, pack, token_view
from wortlaut.formats.jsonl import get_typed as _get
from wortlaut.formats.losses import NO_PLACE, Losses, tolerated
from wortlaut.io.reading import read_json
from wortlaut.model import Annotations, Document, Quote, Span

TYPES = {
    "Direct": "direct",
    "Indirect": "indirect",
    "Reported": "reported",
    "FreeIndirect": "free indirect",
    "IndirectFreeIndirect": "indirect/free indirect",
}
MEDIA = {
    "Speech": "speech",
    "Thought": "thought",
    "Writing": "writing",
    "ST": "speech/thought",
    "SW": "speech/writing",
    "TW": "thought/writing",
    "none": "none",
}
_TYPE_OF = {type_: name for name, type_ in TYPES.items()}
_MEDIUM_OF = {medium: name for name, medium in MEDIA.items()}
_FLAGS = ("isNested", "hasNested")
_UNFIT = "it is not whole tokens, or has a gap of white space alone"
#: Role in the file → field of a quote.
_ROLES = {"quote": "content", "cue": "cue", "speaker": "speaker", "addressee": "addressee", "frame": "frame"}


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """Every article of a ``.json`` file or of a folder of them, in the order of the file names."""
    for file in files.find(path, "german-news-quotation"):
        with tolerated(losses, "document"):
            yield _document(file)


def _document(file: Path) -> Document:
    data = read_json(file)
    text = _get(data, "originalText", str, f"{file}: $")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise DataError("holds half a surrogate pair", where=f"{file}: $.originalText")
    tokens = _tokens(data, text, file)
    sentences = [
        _span(sentence, tokens, f"{file}: $.sentences[{index}]")[1]
        for index, sentence in enumerate(_get(data, "sentences", list, f"{file}: $"))
    ]
    repairs = {"unsorted_roles": 0, "merged_spans": 0}
    quotes: list[Quote] = []
    flags: list[tuple[bool, bool]] = []
    for index, item in enumerate(_get(data, "annotations", list, f"{file}: $")):
        where = f"{file}: $.annotations[{index}]"
        roles: dict[str, Any] = {
            field: _role(_get(item, role, dict, where), text, tokens, repairs, f"{where}.{role}")
            for role, field in _ROLES.items()
        }
        content = roles.pop("content")
        if content is None:
            raise DataError("a quote without content", where=f"{where}.quote")
        kind = _named(item, "type", TYPES, where)
        medium = _named(item, "medium", MEDIA, where)
        quotes.append(Quote(str(_get(item, "id", int, where)), kind, content, medium, **roles))
        flags.append((_get(item, "isNested", bool, where), _get(item, "hasNested", bool, where)))
    if len({quote.id for quote in quotes}) < len(quotes):
        raise DataError("two annotations have the same id", where=f"{file}: $.annotations")
    meta = {"split": file.resolve().parent.name, "tokens": pack(tokens), "sentences": pack(sentences)}
    meta |= {name: str(count) for name, count in repairs.items() if count}
    return Document(
        _get(data, "documentName", str, f"{file}: $"),
        text,
        Annotations(quotes=_with_parents(quotes, flags)),
        tuple(meta.items()),
    )


def _tokens(data: Any, text: str, file: Path) -> list[tuple[int, int]]:
    offsets: list[tuple[int, int]] = []
    last = 0
    for index, token in enumerate(_get(data, "tokens", list, f"{file}: $")):
        where = f"{file}: $.tokens[{index}]"
        start, end = _get(token, "charBegin", int, where), _get(token, "charEnd", int, where)
        surface = _get(token, "text", str, where)
        if _get(token, "id", int, where) != index:
            raise DataError(f"has id {token['id']}, which is not its place", where=where)
        if not last <= start < end <= len(text) or text[start:end] != surface:
            raise DataError(
                f"the text at [{start}, {end}) is {text[max(start, 0) : max(end, 0)]!r}, not {surface!r}",
                where=where,
                hint="Offsets are code points; ones in UTF-16 go wrong after the first emoji.",
            )
        offsets.append((start, end))
        last = end
    return offsets


def _span(
    item: Any, tokens: Sequence[tuple[int, int]], where: str
) -> tuple[tuple[int, int], tuple[int, int]]:
    """First token and the token after the last, and the characters from one to the other, checked."""
    begin, end = _get(item, "begin", int, where), _get(item, "end", int, where)
    characters = _get(item, "charBegin", int, where), _get(item, "charEnd", int, where)
    if not 0 <= begin < end <= len(tokens):
        raise DataError(f"tokens [{begin}, {end}) are not in the document", where=where)
    if characters != (expected := (tokens[begin][0], tokens[end - 1][1])):
        raise DataError(f"characters {characters} are not those of its tokens, {expected}", where=where)
    return (begin, end), characters


def _role(
    role: Any, text: str, tokens: Sequence[tuple[int, int]], repairs: dict[str, int], where: str
) -> Span | None:
    ids: list[int] = _get(role, "tokenIds", list, where)
    pairs = [
        _span(span, tokens, f"{where}.spans[{index}]")
        for index, span in enumerate(_get(role, "spans", list, where))
    ]
    covered = sorted({token for (begin, end), _ in pairs for token in range(begin, end)})
    if any(not isinstance(token, int) for token in ids) or sorted(set(ids)) != covered:
        raise DataError("tokenIds and spans name different tokens", where=where)
    surface = " ".join(text[start:end] for _, (start, end) in pairs)
    if surface != _get(role, "text", str, where):
        raise DataError(f"the text of its spans is {surface!r}, not {role['text']!r}", where=where)
    if not covered:
        return None
    repairs["unsorted_roles"] += ids != covered or pairs != sorted(pairs)
    repairs["merged_spans"] += sum(left[1] == right[0] for (left, _), (right, _) in pairwise(sorted(pairs)))
    return _covered(covered, text, tokens)


def _covered(ids: Sequence[int], text: str, tokens: Sequence[tuple[int, int]]) -> Span:
    """The characters of sorted tokens: a fragment is a run of adjacent ones with white space between."""
    fragments = [tokens[ids[0]]]
    for before, token in pairwise(ids):
        start, end = tokens[token]
        gap = text[fragments[-1][1] : start]
        if token == before + 1 and not gap.strip():
            fragments[-1] = (fragments[-1][0], end)
        else:
            fragments.append((start, end))
    return Span.joined(fragments)


def _with_parents(quotes: Sequence[Quote], flags: Sequence[tuple[bool, bool]]) -> tuple[Quote, ...]:
    done = []
    for quote, own in zip(quotes, flags, strict=True):
        around = [other for other in quotes if _holds(other, quote)]
        parent = min(around, key=lambda other: len(other.content)).id if around else None
        derived = parent is not None, any(_holds(quote, other) for other in quotes)
        differs = [
            f"{name}={str(flag).lower()}"
            for name, flag, mine in zip(_FLAGS, own, derived, strict=True)
            if flag != mine
        ]
        done.append(replace(quote, parent=parent, note="; ".join(differs) or None))
    return tuple(done)


def _holds(quote: Quote, other: Quote) -> bool:
    return len(quote.content) > len(other.content) and quote.content.contains(other.content)


def _named(item: Any, key: str, names: dict[str, str], where: str) -> str:
    value = _get(item, key, str, where)
    if value not in names:
        raise DataError(f"unknown {key} {value!r}", where=where, hint=f"Known: {', '.join(names)}.")
    return names[value]


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write the folder ``path``, which must not be there: a ``.json`` file a document."""
    names = files.Names(r"\w.\- (),")

    def contents(document: Document, _: str, losses: Losses) -> dict[str, str]:
        gone = (item for item in document.meta if item[0] not in LAYOUT and item != ("split", path.name))
        losses.add_all(document, meta=gone)
        return {".json": json.dumps(_article(document, losses), ensure_ascii=False, indent=1) + "\n"}

    return files.write_folder(path, documents, Losses("german-news-quotation"), contents, names=names)


def _article(document: Document, losses: Losses) -> dict[str, Any]:
    view = token_view(document)
    text = document.text
    losses.add_all(document, entities=document.entities, clusters=document.clusters)
    starts = [*(start for start, _ in view.words), len(text)]
    sentences = [
        {
            "begin": begin,
            "charBegin": starts[begin],
            "charEnd": view.words[end - 1][1],
            "end": end,
            "id": number,
            "text": text[starts[begin] : starts[end]],
            "tokenIds": list(range(begin, end)),
            "tokens": [view.surface(index) for index in range(begin, end)],
        }
        for number, (begin, end) in enumerate(view.sentences)
    ]
    words = [
        {
            "charBegin": starts[index],
            "charEnd": view.words[index][1],
            "id": index,
            "text": view.surface(index),
            "sentence": number,
            "word": index - begin + 1,
        }
        for number, (begin, end) in enumerate(view.sentences, 1)
        for index in range(begin, end)
    ]
    return {
        "annotations": _quotations(view, losses),
        "documentName": document.id,
        "originalText": text,
        "sentences": sentences,
        "tokens": words,
    }


def _quotations(view: TokenView, losses: Losses) -> list[dict[str, Any]]:
    document = view.document
    quotes: list[Quote] = []
    spans: list[dict[str, Any]] = []
    for quote in document.quotes:
        roles = {name: _role_of(view, quote.role(field)) for name, field in _ROLES.items()}
        if roles["quote"] is None:
            losses.add("quote", document, _UNFIT, quote.id, quote.content)
            continue
        for field in (_ROLES[name] for name, role in roles.items() if role is None):
            losses.add(f"quote.{field}", document, _UNFIT, f"{field} of {quote.id}", quote.role(field))
        for name in ("speaker_entity", "attribution", "score", "rule"):
            if getattr(quote, name) is not None:
                losses.add(f"quote.{name}", document, NO_PLACE, quote.id, quote.content)
        quotes.append(quote)
        spans.append({name: role or _role_of(view, None) for name, role in roles.items()})
    numbered = all(quote.id.isdecimal() and str(int(quote.id)) == quote.id for quote in quotes)
    items = []
    for number, (quote, roles, flags) in enumerate(
        zip(quotes, spans, _flags(quotes, document, losses), strict=True)
    ):
        if not numbered:
            losses.add("quote.id", document, "not every id is a number", quote.id, quote.content)
        medium = _MEDIUM_OF.get(quote.medium or "", "none")
        if MEDIA[medium] != quote.medium:
            losses.add("quote.medium", document, "becomes none", f"{quote.medium}", quote.content)
        items.append(
            {
                **roles,
                "id": int(quote.id) if numbered else number,
                "type": _TYPE_OF[quote.type],
                "medium": medium,
                "isNested": flags[0],
                "hasNested": flags[1],
            }
        )
    return items


def _flags(quotes: Sequence[Quote], document: Document, losses: Losses) -> list[tuple[bool, bool]]:
    """The flags of each quote: the derived ones, but where its note says what the corpus had."""
    bare = [replace(quote, parent=None, note=None) for quote in quotes]
    derived = [
        tuple(f"{name}=" not in (quote.note or "") for name in _FLAGS)
        for quote in _with_parents(bare, [(True, True)] * len(bare))
    ]
    flags = []
    for quote, own in zip(quotes, derived, strict=True):
        said = (quote.note or "").split("; ")
        differs = [f"{name}={str(not flag).lower()}" in said for name, flag in zip(_FLAGS, own, strict=True)]
        flags.append((own[0] != differs[0], own[1] != differs[1]))
    read = _with_parents(bare, flags)
    for quote, again in zip(quotes, read, strict=True):
        if again.parent != quote.parent:
            losses.add("quote.parent", document, "another is derived", quote.id, quote.content)
        if quote.note is not None and again.note != quote.note:
            losses.add("quote.note", document, NO_PLACE, quote.id, quote.content)
    return [
        flag if again.note == quote.note else (own[0], own[1])
        for quote, again, flag, own in zip(quotes, read, flags, derived, strict=True)
    ]


def _role_of(view: TokenView, span: Span | None) -> dict[str, Any] | None:
    """The role as the file has it; None where reading it would give another span."""
    ids: list[int] = []
    spans = []
    for start, end in span or ():
        begin, stop = bisect_left(view.words, (start, 0)), bisect_left(view.words, (end, 0))
        if begin >= stop:
            return None
        ids += range(begin, stop)
        first, last = view.words[begin][0], view.words[stop - 1][1]
        spans.append({"begin": begin, "charBegin": first, "charEnd": last, "end": stop})
    text = view.document.text
    if span is not None and _covered(ids, text, view.words) != span:
        return None
    return {
        "spans": spans,
        "text": " ".join(text[item["charBegin"] : item["charEnd"]] for item in spans),
        "tokenIds": ids,
    }
