"""The model as structs of Arrow, from the table of its fields: the types, and values there and back.

A span is a list of ``{start, end}``, code points, half-open. Where the ``surfaces`` stand beside the offsets,
as in a dataset, each has a ``text`` too, a mention is a struct of its ``spans``, and lists come last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import accumulate, chain, pairwise
from math import isfinite
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from wortlaut.model import Annotations, Span
from wortlaut.model.fields import Field, file_order, table
from wortlaut.records.annotations import MODELS, PARTS, check_relations

if TYPE_CHECKING:
    import pyarrow as pa


def column(field: Field) -> str:
    """What a field is called in a struct: the one span of an entity may have several fragments."""
    return "spans" if field.name == "span" else field.name


@cache
def fragments(surfaces: bool) -> pa.DataType:
    """The type of a span."""
    import pyarrow as pa

    text = {"text": pa.string()} if surfaces else {}
    return pa.list_(pa.struct({"start": pa.int32(), "end": pa.int32()} | text))


@cache
def struct(layer: str, surfaces: bool = False) -> dict[str, pa.DataType]:
    """The fields of an entity, a quote or a cluster with their types."""
    import pyarrow as pa

    span = fragments(surfaces)
    types = {
        "span": span,
        "spans": pa.list_(pa.struct({"spans": span}) if surfaces else span),
        "names": pa.list_(pa.string()),
        "integer": pa.int32(),
        "number": pa.float64(),
        "flag": pa.bool_(),
    }
    return {column(field): types.get(field.kind, pa.string()) for field in _fields(layer, surfaces)}


def _fields(layer: str, surfaces: bool) -> Sequence[Field]:
    """The fields in the order of a struct."""
    if not surfaces:
        return table(PARTS[layer])
    return sorted(file_order(PARTS[layer]), key=lambda field: field.kind in ("spans", "names"))


def columns(surfaces: bool = False) -> dict[str, pa.DataType]:
    """The columns ``entities``, ``quotes``, ``clusters``; without surfaces ``heads``. Lists of structs."""
    import pyarrow as pa

    layers = MODELS if surfaces else PARTS
    return {layer: pa.list_(pa.struct(struct(layer, surfaces))) for layer in layers}


def to_columns(
    found: Sequence[Annotations | None], texts: Sequence[str] | None = None
) -> dict[str, pa.ListArray]:
    """The values of :func:`columns`, null where there are no annotations; with ``texts`` those with surfaces.

    Raises what Arrow or Python raise over a value that a column cannot hold.
    """
    return {
        layer: _lists(
            [None if one is None else getattr(one, layer) for one in found], partial(_structs, layer), texts
        )
        for layer in columns(surfaces=texts is not None)
    }


def _lists(values: Sequence[Sequence[Any] | None], made: Any, texts: Sequence[str] | None) -> pa.ListArray:
    """A list array over what ``made`` makes of all items in a row; much faster than rows of dicts."""
    import pyarrow as pa

    there = list(filter(None, values))
    sizes = map(len, values if len(there) == len(values) else [value or () for value in values])  # type: ignore[arg-type]
    offsets = pa.array([*accumulate(sizes, initial=0)], pa.int32())
    mask = pa.array([value is None for value in values]) if None in values else None
    beside = texts and [text for own, text in zip(values, texts, strict=True) for _ in own or ()]
    return pa.ListArray.from_arrays(offsets, made(list(chain.from_iterable(there)), beside), mask=mask)


def _structs(layer: str, items: Sequence[Any], texts: Sequence[str] | None) -> pa.StructArray:
    import pyarrow as pa

    types, fields = struct(layer, texts is not None), _fields(layer, texts is not None)
    # All fields of an item at once: this runs for each entity and quote that is ever found.
    values = list(zip(*map(attrgetter(*(field.name for field in fields)), items), strict=True))
    made: dict[str, Any] = {"span": _spans, "spans": partial(_lists, made=_mentions)}
    arrays = [
        made[field.kind](own, texts=texts) if field.kind in made else pa.array(own, type_)
        for field, type_, own in zip(fields, types.values(), values or [()] * len(fields), strict=True)
    ]
    return pa.StructArray.from_arrays(arrays, fields=[pa.field(*item) for item in types.items()])


def _spans(values: Sequence[Span | None], texts: Sequence[str] | None) -> pa.ListArray:
    """Those that are not there are null, with surfaces without fragments."""
    absent = None if texts is None else ()
    return _lists([absent if span is None else span.fragments for span in values], _fragments, texts)


def _mentions(spans: Sequence[Span], texts: Sequence[str] | None) -> pa.Array:
    import pyarrow as pa

    found = _spans(spans, texts)
    return found if texts is None else pa.StructArray.from_arrays([found], ["spans"])


def _fragments(pairs: Sequence[tuple[int, int]], texts: Sequence[str] | None) -> pa.StructArray:
    import pyarrow as pa

    arrays = [pa.array(side, pa.int32()) for side in list(zip(*pairs, strict=True)) or [(), ()]]
    if texts is not None:
        covered = [text[start:end] for text, (start, end) in zip(texts, pairs, strict=True)]
        arrays.append(pa.array(covered, pa.string()))
    return pa.StructArray.from_arrays(arrays, ["start", "end", "text"][: len(arrays)])


def from_columns(layers: Mapping[str, pa.ListArray], texts: Sequence[str]) -> list[Annotations]:
    """The annotations of each row of :func:`columns` with surfaces, checked against its text.

    Raises ValueError or DataError where one of them may be unsound; which, and why, :func:`from_structs`
    and :func:`wortlaut.records.annotations.check` say.
    """
    each = [_read_lists(one, partial(_read_structs, layer), texts) for layer, one in layers.items()]
    found = [Annotations(**dict(zip(layers, own, strict=True))) for own in zip(*each, strict=True)]
    for one in found:
        check_relations(one, "")
    return found


def _read_lists(lists: pa.ListArray, read: Any, texts: Sequence[str]) -> list[tuple[Any, ...]]:
    """What ``read`` gives of the items of each list, beside each of which stands its text."""
    import pyarrow.compute as pc

    _no_nulls(lists)
    sizes = pc.list_value_length(lists).to_pylist()
    items = read(
        lists.flatten(), [text for text, size in zip(texts, sizes, strict=True) for _ in range(size)]
    )
    return [tuple(items[a:b]) for a, b in pairwise(accumulate(sizes, initial=0))]


def _read_structs(layer: str, rows: pa.StructArray, texts: Sequence[str]) -> list[Any]:
    _no_nulls(rows)
    read = {
        field.name: _read_values(field, own, texts)
        for field, own in zip(_fields(layer, surfaces=True), rows.flatten(), strict=True)
    }
    return list(map(PARTS[layer], *(read[field.name] for field in table(PARTS[layer]))))


def _read_spans(lists: pa.ListArray, texts: Sequence[str], required: bool = True) -> list[Span | None]:
    found = _read_lists(lists, _read_fragments, texts)
    if required and () in found:
        raise ValueError
    return [Span(fragments) if fragments else None for fragments in found]


def _read_mentions(rows: pa.StructArray, texts: Sequence[str]) -> list[Span | None]:
    _no_nulls(rows)
    (spans,) = rows.flatten()
    return _read_spans(spans, texts)


def _read_fragments(rows: pa.StructArray, texts: Sequence[str]) -> list[tuple[int, int]]:
    start, end, surface = (own.to_pylist() for own in _no_nulls(rows, *rows.flatten())[1:])
    pairs = list(zip(start, end, strict=True))
    for (a, b), text, covered in zip(pairs, texts, surface, strict=True):
        if text[a:b] != covered or b > len(text):
            raise ValueError
    return pairs


def _read_values(field: Field, values: pa.Array, texts: Sequence[str]) -> Sequence[Any]:
    match field.kind:
        case "span":
            return _read_spans(values, texts, field.required)
        case "spans":
            return _read_lists(values, _read_mentions, texts)
        case "names":
            return _read_lists(values, partial(_read_values, replace(field, kind="name")), texts)
        case "text" | "number":
            if values.null_count == len(values):
                return [None] * len(values)
        case _:
            _no_nulls(values)
    found: list[Any] = values.to_pylist()
    match field.kind:
        case "name":
            sound = "" not in found
        case "integer":
            sound = min(found, default=1) >= 1
        case "number":
            sound = all(value is None or isfinite(value) for value in found)
        case _:
            sound = True
    if not sound or (field.known and not {None, *field.known}.issuperset(found)):
        raise ValueError
    return found


def _no_nulls(*arrays: pa.Array) -> tuple[pa.Array, ...]:
    if any(array.null_count for array in arrays):
        raise ValueError
    return arrays


def from_structs(row: Mapping[str, Any], span: Callable[[Any], Span]) -> Annotations:
    """The annotations of a row with :func:`columns`; ``span`` reads the fragments of one.

    Datasets, and shards of earlier versions, have no ``heads``.
    """
    whole = {**row, "heads": row.get("heads") or ()}
    return Annotations(
        **{
            layer: tuple(_from_struct(model, item, span) for item in whole[layer])
            for layer, model in PARTS.items()
        }
    )


def _from_struct(model: Any, item: Mapping[str, Any], span: Callable[[Any], Span]) -> Any:
    values = dict(item)
    for field in (field for field in table(model) if column(field) in values):
        value = values.pop(column(field))
        if field.kind == "span":
            value = span(value) if value or field.required else None
        elif field.kind == "spans":
            value = tuple(span(one["spans"] if isinstance(one, Mapping) else one) for one in value)
        elif field.kind == "names":
            value = tuple(value)
        values[field.name] = value
    return model(**values)
