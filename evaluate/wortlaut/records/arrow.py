"""The model as structs of Arrow, from the table of its fields: the types, and values there and back.

A span is a list of ``{start, end}``, code points, half-open. Where the ``surfaces`` stand beside the offsets,
as in a dataset, each has a ``text`` too, a mention is a struct of its ``spans``, and lists come last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from wortlaut.model import Annotations, Span
from wortlaut.model.fields import Field, file_order, table
from wortlaut.records.annotations import MODELS, PARTS

if TYPE_CHECKING:
    import pyarrow as pa

_NESTED = ("span", "spans", "names")


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
    fields = table(PARTS[layer])
    if surfaces:
        fields = tuple(sorted(file_order(PARTS[layer]), key=lambda field: field.kind in _NESTED[1:]))
    return {column(field): types.get(field.kind, pa.string()) for field in fields}


def columns(surfaces: bool = False) -> dict[str, pa.DataType]:
    """The columns ``entities``, ``quotes``, ``clusters``; without surfaces ``heads``. Lists of structs."""
    import pyarrow as pa

    layers = MODELS if surfaces else PARTS
    return {layer: pa.list_(pa.struct(struct(layer, surfaces))) for layer in layers}


def to_columns(annotations: Sequence[Annotations], texts: Sequence[str]) -> dict[str, pa.Array]:
    """The values of :func:`columns` with surfaces: of each text its annotations, in their order."""
    import pyarrow as pa

    found = {}
    for layer, type_ in columns(surfaces=True).items():
        each = [getattr(one, layer) for one in annotations]
        items = [item for own in each for item in own]
        beside = [text for own, text in zip(each, texts, strict=True) for _ in own]
        fields = {column(field): field for field in table(MODELS[layer])}
        arrays = []
        for part in type_.value_type:
            values = [getattr(item, fields[part.name].name) for item in items]
            arrays.append(_column(fields[part.name], values, beside, part.type))
        found[layer] = _lists(each, pa.StructArray.from_arrays(arrays, fields=list(type_.value_type)))
    return found


def _column(field: Field, values: Sequence[Any], texts: Sequence[str], type_: pa.DataType) -> pa.Array:
    import pyarrow as pa

    if field.kind == "span":
        return _fragments(values, texts)
    if field.kind == "spans":
        spans = [span for own in values for span in own]
        beside = [text for own, text in zip(values, texts, strict=True) for _ in own]
        return _lists(values, pa.StructArray.from_arrays([_fragments(spans, beside)], ["spans"]))
    return pa.array(values, type_)


def _fragments(spans: Sequence[Span | None], texts: Sequence[str]) -> pa.Array:
    """Each span with the text that it covers; without fragments where there is none."""
    import pyarrow as pa

    each = [span.fragments if span is not None else () for span in spans]
    pairs = [pair for own in each for pair in own]
    covered = [text[a:b] for own, text in zip(each, texts, strict=True) for a, b in own]
    starts, ends = (pa.array([pair[at] for pair in pairs], pa.int32()) for at in (0, 1))
    parts = pa.StructArray.from_arrays(
        [starts, ends, pa.array(covered, pa.string())], ["start", "end", "text"]
    )
    return _lists(each, parts)


def _lists(each: Sequence[Sequence[Any]], values: pa.Array) -> pa.Array:
    """The values as lists, as long as those of ``each``."""
    import pyarrow as pa

    return pa.ListArray.from_arrays(pa.array(accumulate(map(len, each), initial=0), pa.int32()), values)


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
