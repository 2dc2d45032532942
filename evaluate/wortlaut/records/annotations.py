"""Annotations as objects of JSON, and the one check of what they hold, in whatever form they come.

The keys, the order and the kinds of value are those of the table in :mod:`wortlaut.model.fields`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, NoReturn

from wortlaut.model import LAYERS, ROLES, Annotations, Cluster, Entity, Head, Quote, Span, Unplaced
from wortlaut.model.fields import Field, file_order, table
from wortlaut.records.objects import fail, kind_of, near, shown
from wortlaut.text.digests import text_hash

#: Layer → what it is made of.
MODELS: Mapping[str, Any] = dict(zip(LAYERS, (Entity, Quote, Cluster), strict=True))
#: What a line has a list of.
PARTS: Mapping[str, Any] = {**MODELS, "heads": Head}
_ID = Field("id", "name", required=True, default=None)
_TEXTS = [Field(name, "text", required=False, default=None) for name in ("text", "sha256")]
_SURFACE = _TEXTS[0]
_SORT = "Sort the fragments and join those that touch."
_UNITS = "Offsets count characters (Unicode code points), not bytes or UTF-16 units."
_LONE = re.compile("[\ud800-\udfff]")
KEYS = ("id", "text", "sha256", *PARTS)
#: The largest level, and the size of a text that is not known: what columns of Arrow hold.
LARGEST = 2**31 - 1


@cache
def keys(model: type) -> tuple[str, ...]:
    """The keys of an object: an entity has its span as ``start`` and ``end``, or as ``spans``."""
    own = tuple(field.name for field in file_order(model))
    return ("start", "end", "spans", *own[1:], "text") if model is Entity else own


def parse(
    record: object, *, where: str = "", text: str | None = None, words: bool = False
) -> tuple[str, Annotations]:
    """The document id and the annotations of one line.

    ``where`` is put before an error. With ``text``, offsets, ``text`` and ``sha256`` are checked
    against it. With ``words`` an entity may have its ``text`` alone, and a part of a quote may be words: they
    are unplaced, and with one quote all of the line. A quote without an id gets ``q`` and its place in the
    list. Raises DataError.
    """
    document = _object(record, KEYS, "the line", where)
    name = document_id(document, where)
    _check_text(document, text, where)
    size = None if text is None else len(text)
    given = {layer: _list(document.get(layer, []), layer, "the line", where) for layer in PARTS}
    said: dict[str, list[tuple[tuple[str, str], ...]]] = {}
    if words:
        for layer, model in MODELS.items():
            said[layer] = [_words(model, one, i, where, text) for i, one in enumerate(given[layer], 1)]
            pairs = zip(given[layer], said[layer], strict=True)
            given[layer] = [_with_places(model, one, own) if own else one for one, own in pairs]
    found: dict[str, Any] = {
        layer: tuple(
            _read(model, item, number, where, size, text) for number, item in enumerate(given[layer], 1)
        )
        for layer, model in PARTS.items()
    }
    annotations = Annotations(**found)
    check_relations(annotations, where)
    return name, _unplaced(annotations, said) if any(map(any, said.values())) else annotations


def _words(
    model: type, item: object, number: int, where: str, text: str | None
) -> tuple[tuple[str, str], ...]:
    """What an entity or a quote says in words: role and words. Raises DataError."""
    if not isinstance(item, Mapping):
        return ()
    at = f"{model.__name__.lower()} {number}"
    own = {role: item.get(role) for role in ("content", *ROLES)} if model is Quote else {}
    if model is Entity and not {"start", "end", "spans"} & item.keys():
        own = {"text": _text(_SURFACE, item.get("text"), at, where)}
    found = {role: words for role, words in own.items() if isinstance(words, str)}
    for role, words in found.items():
        if not words.strip():
            fail(f"{at}: {role} is empty", where, "Give its words, or its offsets.")
        _text(Field(role, "text", required=False, default=None), words, at, where)
    if found and not text:
        hint = "Score it against a corpus that has texts, or give offsets."
        fail(f"{at} is words without offsets, and the text in which they stand is not known", where, hint)
    return tuple(found.items())


def _with_places(model: type, item: Any, words: Sequence[tuple[str, str]]) -> Mapping[str, object]:
    """The same with any place where there are words, so that all the rest is checked."""
    if model is Entity:
        return {key: value for key, value in item.items() if key != "text"} | {"start": 0, "end": 1}
    return {**item, **{role: [[0, 1]] for role, _ in words}}


def _unplaced(
    annotations: Annotations, said: Mapping[str, Sequence[tuple[tuple[str, str], ...]]]
) -> Annotations:
    found = [
        Unplaced(one.label, (("entity", words[0][1]),))
        for one, words in zip(annotations.entities, said["entities"], strict=True)
        if words
    ]
    kept = [one for one, words in zip(annotations.entities, said["entities"], strict=True) if not words]
    quotes = annotations.quotes
    if any(said["quotes"]):
        found += [
            Unplaced(one.type, tuple([(role, dict(words).get(role, span)) for role, span in one.spans()]))
            for one, words in zip(quotes, said["quotes"], strict=True)
        ]
        quotes = ()
    return Annotations(tuple(kept), quotes, annotations.clusters, tuple(found), annotations.heads)


def check(annotations: Annotations, text: str, *, where: str = "") -> None:
    """What :func:`parse` checks of an object of JSON, of annotations of the model. Raises DataError."""
    for layer, model in PARTS.items():
        for number, item in enumerate(getattr(annotations, layer), 1):
            at = f"{model.__name__.lower()} {number}"
            if not isinstance(item, model):
                fail(f"{at} is {kind_of(item)}, not {model.__name__}", where)
            if isinstance(item, Quote | Cluster) and isinstance(item.id, str):
                at = f"{model.__name__.lower()} {item.id}"
            for field in table(model):
                value = getattr(item, field.name)
                if field.required or value is not field.default:
                    _value(field, value, at, where, len(text))
    check_relations(annotations, where)


def document_id(record: Mapping[str, object], where: str) -> str:
    """The document id of a line. Raises DataError."""
    if "id" not in record:
        fail("the line has no id", where)
    return str(_value(_ID, record["id"], "the line", where, None))


def document_text(record: Mapping[str, object], where: str) -> str | None:
    """The text in a line, where it has one. Raises DataError."""
    return _value(_SURFACE, record.get("text"), "the line", where, None)  # type: ignore[no-any-return]


def record(name: str, annotations: Annotations) -> dict[str, Any]:
    """The JSON object of one line; :func:`parse` gives the same annotations back."""
    return {"id": name} | {
        layer: [_write(model, item) for item in getattr(annotations, layer)]
        for layer, model in PARTS.items()
        if layer in MODELS or getattr(annotations, layer)
    }


def _write(model: type, item: object) -> dict[str, object]:
    found: dict[str, object] = {}
    fields, values = _values_of(model)
    for field, value in zip(fields, values(item), strict=True):
        if value is None:
            continue
        if field.kind == "span" and model is Entity:
            place = {"start": value.start, "end": value.end}
            found |= {"spans": _lists(value)} if value.discontinuous else place
        elif field.kind == "span":
            found[field.name] = _lists(value)
        elif field.kind == "spans":
            found[field.name] = [_lists(span) for span in value]
        else:
            found[field.name] = list(value) if field.kind == "names" else value
    return found


@cache
def _values_of(model: type) -> tuple[Sequence[Field], Callable[[object], tuple[Any, ...]]]:
    """The fields in the order of a file, and what gives their values."""
    fields = file_order(model)
    return fields, attrgetter(*(field.name for field in fields))


def _lists(span: Span) -> list[list[int]]:
    return [list(fragment) for fragment in span]


def _read(model: type, item: object, number: int, where: str, size: int | None, text: str | None) -> Any:
    at = f"{model.__name__.lower()} {number}"
    given = _object(item, keys(model), at, where)
    values: dict[str, Any] = {}
    for field in table(model):
        name = field.name
        if model is Entity and name == "span":
            values[name] = _place(given, at, where, size, text)
            continue
        if not field.required and name not in given:
            continue  # the default is sound
        value = given.get(name)
        if field.numbered:
            value = _text(field, value, at, where) or f"{field.numbered}{number}"
        elif field.required and field.kind == "span" and value is None:
            fail(f"{at} has no {name}", where, f"Give {name} as a list of [start, end].")
        elif field.required and name not in given:
            fail(f"{at} has no {name}", where)
        values[name] = _value(field, value, at, where, size)
    return model(**values)


def _place(entity: Mapping[str, object], at: str, where: str, size: int | None, text: str | None) -> Span:
    """The span of an entity, and whether the text there is the one that it names."""
    if "spans" in entity:
        if "start" in entity or "end" in entity:
            fail(f"{at} has both spans and start/end", where, "Give one of the two.")
        span = _span(entity["spans"], f"{at}, spans", where, size)
    else:
        missing = [key for key in ("start", "end") if key not in entity]
        if missing:
            alone = " Words alone can be scored, not read as annotations." * (
                len(missing) == 2 and "text" in entity
            )
            fail(f"{at} has no {' and no '.join(missing)}", where, f"Give start and end, or spans.{alone}")
        span = _span([[entity["start"], entity["end"]]], at, where, size)
    surface = _text(_SURFACE, entity.get("text"), at, where)
    if surface is not None and text is not None and surface != span.text(text):
        _wrong_surface(surface, span, text, at, where)
    return span


def _value(field: Field, value: object, at: str, where: str, size: int | None) -> Any:
    """The value of a field as the model has it, from JSON or from the model. Raises DataError."""
    name, kind = field.name, field.kind
    if kind == "name" or kind == "text":
        text = _text(field, value, at, where)
        if kind == "name" and not text:
            fail(f"{at}: {name} is empty", where)
        if field.known and text is not None and text not in field.known:
            fail(f"{at}: unknown {field.called} {text!r}", where, near(text, field.known, 2))
        return text
    if kind == "span":
        absent = value is None and not field.required
        return None if absent else _span(value, at if name == "span" else f"{at}, {name}", where, size)
    if kind == "number":
        return None if value is None else _number(name, value, at, where)
    if kind == "integer" and (type(value) is not int or not 1 <= value <= LARGEST):
        fail(f"{at}: {name} is {shown(value)}", where, field.hint)
    if kind == "flag" and not isinstance(value, bool):
        fail(f"{at}: {name} is {shown(value)}, not true or false", where)
    if kind in ("names", "spans"):
        items = enumerate(_list(value, name, at, where), 1)
        if kind == "spans":
            return tuple(_span(item, f"{at}, {field.one} {n}", where, size) for n, item in items)
        each = Field(field.one, "name", required=True, default=None)
        return tuple(_value(each, item, f"{at}, {field.one} {n}", where, size) for n, item in items)
    return value


def _text(field: Field, text: object, at: str, where: str) -> str | None:
    if text is None:
        return None
    if not isinstance(text, str):
        fail(f"{at}: {field.name} is {kind_of(text)}, not a string", where)
    if not text.isascii() and (lone := _LONE.search(text)):
        fail(
            f"{at}: {field.name} holds the lone surrogate U+{ord(lone[0]):04X}",
            where,
            "It is half a character: the program that wrote it cut UTF-16 in the middle.",
        )
    return text


def _number(name: str, value: object, at: str, where: str) -> float:
    try:
        # bool is an int to Python.
        number = float(value) if isinstance(value, int | float) and type(value) is not bool else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        fail(f"{at}: {name} is {shown(value)}, not a finite number", where)
    return number


def _span(value: object, at: str, where: str, size: int | None) -> Span:
    items = value.fragments if isinstance(value, Span) else value
    if not isinstance(items, list | tuple) or not items:
        fail(f"{at}: {shown(items)} is no span", where, "A span is a list of [start, end], with one or more.")
    fragments: list[tuple[int, int]] = []
    last, limit = -1, LARGEST if size is None else size
    for fragment in items:
        if not isinstance(fragment, list | tuple) or len(fragment) != 2:
            fail(f"{at}: {shown(fragment)} is not [start, end]", where, "A span is a list of [start, end].")
        start, end = fragment
        # bool is an int to Python, and 3.0 is none to an offset.
        if type(start) is not int or type(end) is not int:
            fail(f"{at}: {shown(fragment)} is not two whole numbers", where, "Offsets count characters.")
        if not last < start < end <= limit:
            faults = (
                (start < 0, "starts before the text", "Offsets count from 0."),
                (start == end, "is empty", "The end is the offset after the last character."),
                (start > end, "is reversed", "The start comes before the end."),
                (end > limit and size is None, "ends where no text does", _UNITS),
                (end > limit, f"ends after the text, which has {size} characters", _UNITS),
                (True, "overlaps, touches or precedes the fragment before it", _SORT),
            )
            what, hint = next((what, hint) for holds, what, hint in faults if holds)
            fail(f"{at}: [{start}, {end}) {what}", where, hint)
        last = end
        fragments.append((start, end))
    return value if isinstance(value, Span) else Span(tuple(fragments))


def check_relations(annotations: Annotations, where: str) -> None:
    """The ids of clusters and quotes are distinct, parents are there and form no circle; heads are in place.

    Raises DataError.
    """
    _check_distinct("cluster", [cluster.id for cluster in annotations.clusters], where)
    parents = {quote.id: quote.parent for quote in annotations.quotes}
    if len(parents) < len(annotations.quotes):
        _check_distinct("quote", [quote.id for quote in annotations.quotes], where)
    for quote in annotations.quotes:
        if quote.parent is None:
            continue
        above = {quote.id}
        parent: str | None = quote.parent
        while parent is not None:
            if parent not in parents:
                fail(f"quote {quote.id}: its parent {parent!r} is no quote of this document", where)
            if parent in above:
                fail(f"quote {quote.id} is nested in itself", where, "Parents must not form a circle.")
            above.add(parent)
            parent = parents[parent]
    _check_heads(annotations, where)


def _check_distinct(kind: str, ids: Sequence[str], where: str) -> None:
    seen: dict[str, int] = {}
    for number, id in enumerate(ids, 1):
        if (first := seen.setdefault(id, number)) != number:
            fail(f"{kind} {number} has the id {id!r} of {kind} {first}", where)


def _check_heads(annotations: Annotations, where: str) -> None:
    """A head is part of its mention, and a mention has one."""
    seen: dict[Span, int] = {}
    for number, one in enumerate(annotations.heads, 1):
        if not one.mention.contains(one.head):
            fail(f"head {number} is not inside its mention", where, "A head is a token of the mention.")
        if (first := seen.setdefault(one.mention, number)) != number:
            fail(f"head {number} is of the mention of head {first}", where, "A mention has one head.")


def _object(value: object, known: Sequence[str], at: str, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        fail(f"{at} is {kind_of(value)}, not an object", where)
    if not all(map(known.__contains__, value)):
        key = next(key for key in value if key not in known)
        fail(f"{at} has an unknown key {key!r}", where, near(str(key), known, 3))
    return value


def _list(items: object, key: str, at: str, where: str) -> Sequence[object]:
    if not isinstance(items, list | tuple):
        fail(f"{at}: {key} is {kind_of(items)}, not a list", where)
    return items


def _check_text(document: Mapping[str, object], text: str | None, where: str) -> None:
    given, digest = (_text(field, document.get(field.name), "the line", where) for field in _TEXTS)
    for key, value, of in (("text", given, str), ("sha256", digest and digest.lower(), text_hash)):
        if text is not None and value is not None and value != of(text):
            same = next((how for how, variant in _variants(text) if of(variant) == value), None)
            fail(
                f"prediction for the wrong text: the {key} of document {document['id']!r} is not that of the "
                "corpus",
                where,
                f"It is the corpus's text {same}: offsets differ. Run the system on the corpus's own text."
                if same
                else "Run the system on this corpus's text.",
            )


def _variants(text: str) -> Iterator[tuple[str, str]]:
    """The text as other programs may have stored it: the difference in words, and the text."""
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        normal = unicodedata.normalize(form, text)
        yield f"in {form}", normal
        yield f"in {form} with CRLF line ends", normal.replace("\n", "\r\n")
        yield f"in {form} with a byte order mark", "\ufeff" + normal
    yield "with CRLF line ends", text.replace("\n", "\r\n")
    yield "with LF line ends", text.replace("\r\n", "\n")
    yield "without the white space around it", text.strip()
    yield "with a line end more", text + "\n"


def _wrong_surface(surface: str, span: Span, text: str, at: str, where: str) -> NoReturn:
    found = span.text(text)
    if unicodedata.normalize("NFC", surface) == unicodedata.normalize("NFC", found):
        hint = (
            "The two are the same under NFC normalisation: the text was given to the system in another form."
        )
    else:
        place = text.find(surface)
        hint = f"{surface!r} stands at [{place}, {place + len(surface)}). " if place >= 0 else ""
        hint += "Offsets count characters (Unicode code points) of the corpus's own text."
    fail(
        f"prediction for the wrong text: {at} at [{span.start}, {span.end}) covers {found!r}, "
        f"its text is {surface!r}",
        where,
        hint,
    )
