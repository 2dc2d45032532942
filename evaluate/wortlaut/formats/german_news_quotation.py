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
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from operator import le
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from wortlaut.errors import DataError
from wortlaut.formats import files
from wortlaut.formats.batch import documents as batch_documents
from wortlaut.formats.batch import packed_tokens
from wortlaut.formats.columns import LAYOUT, TokenView, pack, token_view
from wortlaut.formats.losses import NO_PLACE, Losses, tolerated
from wortlaut.io.reading import decoded, read_bytes, read_json
from wortlaut.model import Annotations, Document, Quote, Span, holders
from wortlaut.model.batch import Batch, Meta, batched
from wortlaut.model.columns import TokenTable, empty_spans
from wortlaut.records.objects import UNREADABLE

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
_DIFFERENT = "tokenIds and spans name different tokens"
_UNFIT = "it is not whole tokens, or has a gap of white space alone"
#: Role in the file → field of a quote.
_ROLES = {"quote": "content", "cue": "cue", "speaker": "speaker", "addressee": "addressee", "frame": "frame"}


class _Token(msgspec.Struct, rename="camel", gc=False):
    char_begin: int
    char_end: int
    text: str
    id: int


class _Stretch(msgspec.Struct, rename="camel", gc=False):
    begin: int
    end: int
    char_begin: int
    char_end: int


class _Role(msgspec.Struct, rename="camel", gc=False):
    token_ids: list[int]
    spans: list[_Stretch]
    text: str


class _Item(msgspec.Struct, rename="camel", gc=False):
    quote: _Role
    cue: _Role
    speaker: _Role
    addressee: _Role
    frame: _Role
    type: str
    medium: str
    id: int
    is_nested: bool
    has_nested: bool


class _Article(msgspec.Struct, rename="camel", gc=False):
    original_text: str
    tokens: list[_Token]
    sentences: list[_Stretch]
    annotations: list[_Item]
    document_name: str


_decode = msgspec.json.Decoder(_Article).decode
_KINDS = {
    "int": ("charBegin", "charEnd", "id", "begin", "end"),
    "str": ("text", "type", "medium", "originalText", "documentName"),
    "bool": _FLAGS,
    "list": ("tokens", "sentences", "annotations", "tokenIds", "spans"),
    "dict": tuple(_ROLES),
}
#: What is looked for first in an item of a list.
_FIRST = {"": "originalText", "tokens": "charBegin", "annotations": "quote"}
_MISFIT = re.compile(r"(?:Object missing required field `(?P<key>\w+)`|.*?)(?: - at `\$(?P<place>.*)`)?")


def batches(path: Path, *, losses: Losses | None = None) -> Iterator[Batch]:
    """Every article of a ``.json`` file or of a folder of them, in the order of the file names."""
    return batched(_articles(path, losses), _batch)


read = batch_documents(batches)


@dataclass(frozen=True, slots=True)
class _Read:
    """An article: where its tokens start and end, its sentences, and what ``meta`` holds beside them."""

    split: str
    id: str
    text: str
    start: list[int]
    end: list[int]
    sentences: list[tuple[int, int]]
    quotes: tuple[Quote, ...]
    repairs: dict[str, int]


def _articles(path: Path, losses: Losses | None) -> Iterator[_Read]:
    folders: dict[Path, str] = {}
    for file in files.find(path, "german-news-quotation"):
        with tolerated(losses, "document"):
            folder = file.resolve().parent if file.is_symlink() else file.parent
            if folder not in folders:
                folders[folder] = folder.resolve().name
            yield _read(file, folders[folder])


def _batch(part: Sequence[_Read]) -> Batch:
    of = np.repeat(np.arange(len(part)), [len(one.start) for one in part])
    start, end = (
        np.fromiter(chain.from_iterable(one), np.int64, len(of))
        for one in ([one.start for one in part], [one.end for one in part])
    )
    tokens = TokenTable(of, start, end)
    packed = packed_tokens(tokens, len(part))

    def meta(i: int) -> Meta:
        counted = {name: str(count) for name, count in part[i].repairs.items() if count}
        known = {"split": part[i].split, "tokens": packed(i), "sentences": pack(part[i].sentences)}
        return tuple((known | counted).items())

    repaired = {name for one in part for name, count in one.repairs.items() if count}
    return Batch(
        [one.id for one in part],
        [one.text for one in part],
        empty_spans(),
        (),
        {i: Annotations(quotes=one.quotes) for i, one in enumerate(part)},
        tokens,
        frozenset({"split", "tokens", "sentences"} | repaired),
        meta,
    )


def _decoded(file: Path) -> _Article:
    data = read_bytes(file)
    decoded(data, file)
    try:
        return _decode(data)
    except UNREADABLE:
        value = read_json(file)
    # What Python's own decoder takes besides: NaN, half a surrogate pair.
    try:
        try:
            article = msgspec.convert(value, _Article)
        except UnicodeEncodeError:  # such a half where no text belongs
            shown = json.dumps(value, ensure_ascii=False).encode(errors="replace")
            article = msgspec.convert(json.loads(shown), _Article)
    except msgspec.ValidationError as error:
        raise _misfit(str(error), file) from None
    if any("\ud800" <= character <= "\udfff" for character in article.original_text):
        raise DataError("holds half a surrogate pair", where=f"{file}: $.originalText")
    return article


def _misfit(said: str, file: Path) -> DataError:
    """What a value lacks, from the words of the decoder."""
    found = _MISFIT.fullmatch(said)
    place, key = (found["place"] or "", found["key"]) if found else ("", None)
    ids = place.rpartition(".tokenIds[")
    if ids[1]:
        return DataError(_DIFFERENT, where=f"{file}: ${ids[0]}")
    if key is None and place[-1:] not in ("", "]"):
        place, _, key = place.rpartition(".")
    key = key or _FIRST.get(place.rpartition(".")[2].partition("[")[0], "begin")
    kind = next(kind for kind, keys in _KINDS.items() if key in keys)
    return DataError(f"has no {key!r} of type {kind}", where=f"{file}: ${place}")


def _read(file: Path, split: str) -> _Read:
    article = _decoded(file)
    text, where = article.original_text, f"{file}: $"
    start = [token.char_begin for token in article.tokens]
    end = [token.char_end for token in article.tokens]
    surfaces = [token.text for token in article.tokens]
    _check_tokens(article, surfaces, start, end, where)
    joined = "".join(surfaces)
    white = text.count(" ") + text.count("\n")
    # Nothing stands between tokens but these; where other white space does, it is looked at token by token.
    solid = len(joined) + white == len(text) and " " not in joined and "\n" not in joined
    sentences = [
        _span(one, start, end, f"{where}.sentences", i)[1] for i, one in enumerate(article.sentences)
    ]
    repairs = {"unsorted_roles": 0, "merged_spans": 0}
    roles: list[dict[str, Any]] = []
    for index, item in enumerate(article.annotations):
        at = f"{where}.annotations[{index}]"
        found = {}
        for role, field in _ROLES.items():
            own = getattr(item, role)
            if own.spans or own.token_ids or own.text:
                sound = _sound(own, text, start, end, repairs) if solid else None
                found[field] = sound or _role(own, text, start, end, repairs, f"{at}.{role}")
        if "content" not in found:
            raise DataError("a quote without content", where=f"{at}.quote")
        check_name(item.type, "type", TYPES, at)
        check_name(item.medium, "medium", MEDIA, at)
        roles.append(found)
    ids = [str(item.id) for item in article.annotations]
    if len({*ids}) < len(ids):
        raise DataError("two annotations have the same id", where=f"{where}.annotations")
    nested = nesting([found["content"] for found in roles])
    quotes = tuple(
        Quote(
            id,
            TYPES[item.type],
            medium=MEDIA[item.medium],
            parent=None if around is None else ids[around],
            note=differing_flags((item.is_nested, item.has_nested), (around is not None, holds)),
            **found,
        )
        for id, item, found, (around, holds) in zip(ids, article.annotations, roles, nested, strict=True)
    )
    return _Read(split, article.document_name, text, start, end, sentences, quotes, repairs)


def _check_tokens(
    article: _Article, surfaces: list[str], start: list[int], end: list[int], where: str
) -> None:
    text = article.original_text
    if (
        "" not in surfaces
        and [text[begin:stop] for begin, stop in zip(start, end, strict=True)] == surfaces
        and all(map(le, [0, *end], [*start, len(text)]))
        and [token.id for token in article.tokens] == list(range(len(surfaces)))
    ):
        return
    last = 0
    for index, token in enumerate(article.tokens):
        at, begin, stop = f"{where}.tokens[{index}]", token.char_begin, token.char_end
        if token.id != index:
            raise DataError(f"has id {token.id}, which is not its place", where=at)
        if not last <= begin < stop <= len(text) or text[begin:stop] != token.text:
            shown = text[max(begin, 0) : max(stop, 0)]
            raise DataError(
                f"the text at [{begin}, {stop}) is {shown!r}, not {token.text!r}",
                where=at,
                hint="Offsets are code points; ones in UTF-16 go wrong after the first emoji.",
            )
        last = stop


def _span(
    item: _Stretch, start: Sequence[int], end: Sequence[int], where: str, index: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """First token and the token after the last, and the characters from one to the other, checked."""
    begin, stop, characters = item.begin, item.end, (item.char_begin, item.char_end)
    if not 0 <= begin < stop <= len(start):
        raise DataError(f"tokens [{begin}, {stop}) are not in the document", where=f"{where}[{index}]")
    if characters != (expected := (start[begin], end[stop - 1])):
        what = f"characters {characters} are not those of its tokens, {expected}"
        raise DataError(what, where=f"{where}[{index}]")
    return (begin, stop), characters


def _sound(role: _Role, text: str, start: list[int], end: list[int], repairs: dict[str, int]) -> Span | None:
    """What a role covers whose spans are in text order and whose three accounts agree; None for another."""
    pieces: list[tuple[int, int]] = []
    ids: list[int] = []
    surface, behind, merged = [], 0, 0
    for one in role.spans:
        begin, stop, first, last = one.begin, one.end, one.char_begin, one.char_end
        if not (behind <= begin < stop <= len(start) and first == start[begin] and last == end[stop - 1]):
            return None
        surface.append(text[first:last])
        ids += range(begin, stop)
        if pieces and begin == behind:
            first, merged = pieces.pop()[0], merged + 1
        pieces.append((first, last))
        behind = stop
    if not pieces or ids != role.token_ids or " ".join(surface) != role.text:
        return None
    repairs["merged_spans"] += merged
    return Span(tuple(pieces))


def _role(
    role: _Role, text: str, start: list[int], end: list[int], repairs: dict[str, int], where: str
) -> Span:
    ids = role.token_ids
    pairs = [_span(span, start, end, f"{where}.spans", index) for index, span in enumerate(role.spans)]
    covered = sorted({token for (begin, stop), _ in pairs for token in range(begin, stop)})
    if ids != covered and sorted(set(ids)) != covered:
        raise DataError(_DIFFERENT, where=where)
    surface = " ".join([text[begin:stop] for _, (begin, stop) in pairs])
    if surface != role.text:
        raise DataError(f"the text of its spans is {surface!r}, not {role.text!r}", where=where)
    repairs["unsorted_roles"] += ids != covered or pairs != sorted(pairs)
    repairs["merged_spans"] += sum(left[1] == right[0] for (left, _), (right, _) in pairwise(sorted(pairs)))
    return token_span(covered, text, start, end)


def token_span(ids: Sequence[int], text: str, start: Sequence[int], end: Sequence[int]) -> Span:
    """The characters of sorted tokens: a fragment is a run of adjacent ones with white space between."""
    ends = [
        at
        for at, (before, token) in enumerate(pairwise(ids), 1)
        if token != before + 1 or text[end[before] : start[token]].strip()
    ]
    runs = pairwise([0, *ends, len(ids)])
    return Span.joined([(start[ids[first]], end[ids[last - 1]]) for first, last in runs])


def nesting(contents: Sequence[Span]) -> list[tuple[int | None, bool]]:
    """For each content the smallest other one around it, and whether it has one in it."""
    around = holders(contents)
    outer = {other for others in around for other in others}
    return [(others[0] if others else None, one in outer) for one, others in enumerate(around)]


def differing_flags(own: tuple[bool, ...], derived: tuple[bool, ...]) -> str | None:
    """The flags that say something else than what is derived, as a note."""
    told = zip(_FLAGS, own, derived, strict=True)
    return "; ".join(f"{name}={str(flag).lower()}" for name, flag, mine in told if flag != mine) or None


def check_name(value: str, key: str, names: dict[str, str], where: str) -> None:
    if value not in names:
        raise DataError(f"unknown {key} {value!r}", where=where, hint=f"Known: {', '.join(names)}.")


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
    nested = nesting([quote.content for quote in quotes])
    chosen = []
    for quote, (around, holds) in zip(quotes, nested, strict=True):
        own, said = (around is not None, holds), (quote.note or "").split("; ")
        differs = [f"{name}={str(not flag).lower()}" in said for name, flag in zip(_FLAGS, own, strict=True)]
        flags = own[0] != differs[0], own[1] != differs[1]
        if (None if around is None else quotes[around].id) != quote.parent:
            losses.add("quote.parent", document, "another is derived", quote.id, quote.content)
        again = differing_flags(flags, own)
        if quote.note is not None and again != quote.note:
            losses.add("quote.note", document, NO_PLACE, quote.id, quote.content)
        chosen.append(flags if again == quote.note else own)
    return chosen


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
    if span is not None and token_span(ids, text, *zip(*view.words, strict=True)) != span:
        return None
    return {
        "spans": spans,
        "text": " ".join(text[item["charBegin"] : item["charEnd"]] for item in spans),
        "tokenIds": ids,
    }
