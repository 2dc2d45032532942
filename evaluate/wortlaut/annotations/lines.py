"""The lines of the project's own annotation files, and their one spelling.

The first line is the header; then clusters, their mentions, entities, quotes. A fragment is
``[start, end, "surface"]``: code points into the text, half-open, and the text between them. While two layers
are being adjudicated, decisions stand at the end: what both say, what is kept, and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from itertools import islice
from operator import attrgetter, itemgetter, lt
from typing import Any, TypeVar

from wortlaut.annotations.rules import Problem
from wortlaut.model import Annotations, Cluster, Entity, Quote, Span
from wortlaut.model.fields import Field, file_order

FORMAT = "wortlaut-annotations/1"
#: What a decision keeps where neither layer is right.
NOTHING = "none"


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: what is annotated, by whom. ``characters`` counts code points."""

    document: str
    layer: str
    annotator: str
    sha256: str
    characters: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A line of its own in the file; in the model a span of its cluster."""

    cluster: str
    span: Span


Annotation = Cluster | Mention | Entity | Quote


@dataclass(frozen=True, slots=True)
class Decision:
    """A disagreement of two layers: layer → what it says, ``None`` where it says nothing.

    ``keep`` is the layer that is right, or :data:`NOTHING`; empty as long as nobody decided.
    """

    id: str
    # First what a person fills in.
    keep: str = field(metadata={"kind": "words"})
    reason: str = field(metadata={"kind": "words"})
    differs: str
    readings: tuple[tuple[str, Annotation | None], ...] = field(metadata={"kind": "readings"})

    @property
    def open(self) -> str:
        """What is missing for it to be decided; empty when it is."""
        if self.keep not in (NOTHING, *dict(self.readings)):
            known = ", ".join((*dict(self.readings), NOTHING))
            return f"keep is {self.keep!r}, and the readings are {known}" if self.keep else "keep is empty"
        return "" if self.reason.strip() else "the reason is missing"

    @property
    def kept(self) -> Annotation | None:
        return dict(self.readings).get(self.keep)


Value = Header | Annotation | Decision


@dataclass(frozen=True, slots=True)
class Line:
    """One annotation, the line it stands in, and each ``(start, end, surface)`` that it claims."""

    number: int
    value: Value
    surfaces: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """Everything that could be understood of a file, and every problem with the rest."""

    header: Header | None
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]


#: What each kind of line holds, in the order of the file.
KINDS: dict[str, Any] = {
    "document": Header,
    "cluster": Cluster,
    "mention": Mention,
    "entity": Entity,
    "quote": Quote,
    "decision": Decision,
}


@cache
def keys_of(kind: str) -> Mapping[str, Field]:
    """The keys of a kind of line, in canonical order, with what each is."""
    return {field.name: field for field in _fields(kind)}


def _fields(kind: str) -> Iterator[Field]:
    for name in ("kind", "format") if kind == "document" else ("kind",):
        yield Field(name, "name", required=True, default=None)
    for own in file_order(KINDS[kind]):
        # A mention has a line of its own; a level is always written.
        if own.kind != "spans":
            yield replace(own, required=own.required or own.kind == "integer")


_encode = json.JSONEncoder(ensure_ascii=False).encode
#: A string as it stands in such a line.
quoted = json.encoder.encode_basestring


def format_lines(annotations: Annotations, text: str, beside: Sequence[Decision | Mention] = ()) -> list[str]:
    """The canonical lines below the header, in order: equal annotations give equal lines."""
    values: list[Value] = [*annotations.clusters, *annotations.entities, *annotations.quotes, *beside]
    values += [Mention(cluster.id, span) for cluster in annotations.clusters for span in cluster.mentions]
    return [line for _, line in sorted((order(value), dump(to_json(value, text))) for value in values)]


def around_span(label: str, level: int) -> tuple[str, str]:
    """What stands before and behind the fragments in the line of an entity with no more than these."""
    line = dump(to_json(Entity(Span.of(0, 1), label, level), " "))
    before, _, behind = line.partition('[[0, 1, " "]]')
    return before, behind


def in_words(reading: Annotation | None, text: str, differs: str) -> str:
    """What a layer says, as the report of an open decision has it."""
    return says(reading, iter(() if reading is None else surfaces_of(reading, text)), differs)


def to_json(value: Value, text: str) -> dict[str, Any]:
    """The JSON object of a line of the file."""
    return to_record(value, iter(surfaces_of(value, text)))


def canonical(annotations: Annotations) -> Annotations:
    """The same annotations in the order of the file."""
    return Annotations(
        entities=_sorted(annotations.entities),
        quotes=_sorted(annotations.quotes),
        clusters=tuple(
            replace(cluster, mentions=tuple(sorted(cluster.mentions)))
            for cluster in _sorted(annotations.clusters)
        ),
    )


def assemble(values: Iterable[Value]) -> Annotations:
    """The annotations of a file's lines, each mention with the cluster of its id."""
    values = tuple(values)
    mentions: dict[str, list[Span]] = {}
    for value in values:
        if isinstance(value, Mention):
            mentions.setdefault(value.cluster, []).append(value.span)
    clusters = (value for value in values if isinstance(value, Cluster))
    return Annotations(
        entities=tuple(value for value in values if isinstance(value, Entity)),
        quotes=tuple(value for value in values if isinstance(value, Quote)),
        clusters=tuple(replace(one, mentions=tuple(mentions.get(one.id, ()))) for one in clusters),
    )


_Sortable = TypeVar("_Sortable", Entity, Quote, Cluster)
#: What values of a kind are sorted by first.
_FIRST = {Entity: attrgetter("span.start"), Quote: attrgetter("content.start"), Cluster: attrgetter("id")}


def _sorted(values: Iterable[_Sortable]) -> tuple[_Sortable, ...]:
    values = tuple(values)
    if len(values) < 2:
        return values
    first = list(map(_FIRST[type(values[0])], values))
    if all(map(lt, first, first[1:])):
        return values
    keys = [order(value) for value in values]
    if len(set(keys)) == len(keys):
        return tuple(value for _, value in sorted(zip(keys, values, strict=True), key=itemgetter(0)))
    # Ties are broken by the spelling of the line, as in the file.
    return tuple(sorted(values, key=lambda v: (order(v), dump(to_json(v, "")))))


def order(value: Value) -> tuple[Any, ...]:
    match value:
        case Header():
            return (0,)
        case Cluster():
            return (1, value.id)
        case Mention():
            return (2, value.cluster, value.span.fragments)
        case Entity():
            return (3, value.span.start, -value.span.end, value.level, value.label)
        case Quote():
            return (4, value.content.start, -value.content.end, value.id)
        case Decision():
            return (5, value.id)


def spans_of(value: Value) -> Iterator[Span]:
    match value:
        case Mention() | Entity():
            yield value.span
        case Quote():
            found = (getattr(value, field.name) for field in file_order(Quote) if field.kind == "span")
            yield from (span for span in found if span is not None)
        case Decision():
            for _, reading in value.readings:
                if reading is not None:
                    yield from spans_of(reading)


def surfaces_of(value: Value, text: str) -> tuple[tuple[int, int, str], ...]:
    return tuple((start, end, text[start:end]) for span in spans_of(value) for start, end in span)


def offsets_of(value: Value) -> tuple[tuple[int, int], ...]:
    return next((span.fragments for span in spans_of(value)), ())


def to_record(value: Value, surfaces: Iterator[tuple[int, int, str]]) -> dict[str, Any]:
    """The JSON object of a line in canonical key order, without what is absent or the default.

    ``surfaces`` are those of its fragments, in their order.
    """
    if isinstance(value, Header):
        return {"kind": "document", "format": FORMAT, **asdict(value)}
    kind = type(value).__name__.lower()
    record: dict[str, Any] = {"kind": kind}
    for key, own in islice(keys_of(kind).items(), 1, None):
        item = getattr(value, key)
        if own.kind == "readings":
            record[key] = {layer: reading and to_record(reading, surfaces) for layer, reading in item}
        elif isinstance(item, Span):
            record[key] = [[start, end, next(surfaces)[2]] for start, end in item]
        elif own.kind == "words" or not (item in (None, (), "") or (own.kind == "flag" and item)):
            record[key] = list(item) if isinstance(item, tuple) else item
    return record


def says(reading: Annotation | None, surfaces: Iterator[tuple[int, int, str]], differs: str) -> str:
    """A reading in a few words: the keys that differ or, where all of it does, what it is."""
    if reading is None:
        return "nothing"
    record = to_record(reading, surfaces)
    keys = [key for key in keys_of(record["kind"]) if key in differs.split(", ")]
    if keys:
        return ", ".join(f"{key} {_shown(record[key]) if key in record else '–'}" for key in keys)
    telling = ("kind", "cluster", "id", "name", "type", "label", "span", "content")
    return ", ".join(_shown(record[key]) for key in telling if key in record)


def _shown(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    return " + ".join(
        f"[{item[0]}, {item[1]}) {short(item[2])}" if isinstance(item, list) else repr(item) for item in value
    )


def dump(record: dict[str, Any]) -> str:
    return _encode(record)


def short(surface: str) -> str:
    return repr(surface if len(surface) <= 40 else f"{surface[:24]} … {surface[-12:]}")
