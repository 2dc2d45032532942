"""The model as structs of Arrow, from the table of its fields: the types, and values there and back.

A span is a list of ``{start, end}``, code points, half-open. Where the ``surfaces`` stand beside the offsets,
as in a dataset, each has a ``text`` too, a mention is a struct of its ``spans``, and lists come last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from wortlaut.model import Annotations, Span
from wortlaut.model.fields import Field, file_order, table
from wortlaut.records.annotations import MODELS

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
    fields = table(MODELS[layer])
    if surfaces:
        fields = tuple(sorted(file_order(MODELS[layer]), key=lambda field: field.kind in _NESTED[1:]))
    return {column(field): types.get(field.kind, pa.string()) for field in fields}


def columns(surfaces: bool = False) -> dict[str, pa.DataType]:
    """The columns ``entities``, ``quotes`` and ``clusters``: lists of structs."""
    import pyarrow as pa

    return {layer: pa.list_(pa.struct(struct(layer, surfaces))) for layer in MODELS}


def to_structs(annotations: Annotations, surfaces: Callable[[Span | None], object]) -> dict[str, Any]:
    """The values of :func:`columns` with surfaces, which ``surfaces`` gives for a span."""

    def value(field: Field, found: Any) -> object:
        if field.kind == "span":
            return surfaces(found)
        if field.kind == "spans":
            return [{"spans": surfaces(span)} for span in found]
        return found

    return {
        layer: [
            {column(field): value(field, getattr(item, field.name)) for field in _row_order(model)}
            for item in getattr(annotations, layer)
        ]
        for layer, model in MODELS.items()
    }


@cache
def _row_order(model: type) -> list[Field]:
    # The checksum of a built dataset's rows is over this order: what is no scalar behind what is.
    return sorted(file_order(model), key=lambda field: field.kind in _NESTED and field.name != "span")


def from_structs(row: Mapping[str, Any], span: Callable[[Any], Span]) -> Annotations:
    """The annotations of a row with :func:`columns`; ``span`` reads the fragments of one."""
    return Annotations(
        **{
            layer: tuple(_from_struct(model, item, span) for item in row[layer])
            for layer, model in MODELS.items()
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
