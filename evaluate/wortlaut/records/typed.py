"""Lines of JSON decoded at once by their types, and what is sound of them as objects of the model.

It says of no line what is wrong: that does :func:`wortlaut.records.annotations.parse`, which takes every
line that is taken here, and makes the same of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import accumulate, pairwise
from operator import attrgetter, gt
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import UNSET, Meta, UnsetType

from wortlaut.model import Annotations, Entity, Span
from wortlaut.model.fields import Field, table
from wortlaut.records.annotations import LARGEST, MODELS, check_relations
from wortlaut.records.objects import UNREADABLE, distinct_keys

_Name = Annotated[str, Meta(min_length=1)]
_Offset = Annotated[int, Meta(ge=0, le=LARGEST)]
_Fragments = Annotated[tuple[tuple[_Offset, _Offset], ...], Meta(min_length=1)]
_TYPES: dict[str, Any] = {
    "name": _Name,
    "text": str,
    "names": tuple[_Name, ...],
    "span": _Fragments,
    "spans": tuple[_Fragments, ...],
    "integer": Annotated[int, Meta(ge=1, le=LARGEST)],
    "number": float,
    "flag": bool,
}
_TEXT: Any = str | None, None
#: What is not there is None, or :data:`UNSET` where the model has another default; ``start``, ``end``: -1.
_STRUCT: dict[str, Any] = {"forbid_unknown_fields": True, "omit_defaults": True, "kw_only": True, "gc": False}
_decode = msgspec.json.Decoder().decode


def rows(lines: Sequence[bytes]) -> list[Any]:
    """Each line as a row with ``id``, ``text``, ``sha256`` and the layers; None for what may be unsound."""
    found = [_row(line) for line in lines]
    good = lines if None not in found else [line for line, row in zip(lines, found, strict=True) if row]
    if distinct_keys(b"".join(good), [row for row in found if row]):
        return found
    # A null is not written again, so each is counted in what stands there.
    pairs = zip(lines, found, strict=True)
    return [row if row and distinct_keys(line, _decode(line)) else None for line, row in pairs]


def _row(line: bytes) -> Any:
    try:
        return _decoder()(line)
    except UNREADABLE:
        return None


@cache
def _decoder() -> Callable[[bytes], Any]:
    layers = [(layer, tuple[_struct(model), ...] | UnsetType, UNSET) for layer, model in MODELS.items()]  # type: ignore[misc]
    fields: Any = [("id", _Name), ("text", *_TEXT), ("sha256", *_TEXT), *layers]
    return msgspec.json.Decoder(msgspec.defstruct("Line", fields, **_STRUCT)).decode


def _struct(model: Any) -> Any:
    own = (field for field in table(model) if model is not Entity or field.name != "span")
    fields = [(field.name, *_typed(field)) for field in own]
    if model is Entity:
        fields += [("start", _Offset, -1), ("end", _Offset, -1)]
        fields += [("spans", _Fragments | UnsetType, UNSET), ("text", *_TEXT)]
    return msgspec.defstruct(model.__name__, fields, **_STRUCT)


def _typed(field: Field) -> tuple[Any, ...]:
    """The type, and the default of one that may be absent."""
    kind = Literal[field.known] if field.known else _TYPES[field.kind]
    if field.numbered:
        return cast(tuple[Any, ...], _TEXT)
    if field.required:
        return (kind,)
    return (kind | None, None) if field.default is None else (kind | UnsetType, UNSET)


def has(row: Any, layer: str) -> bool:
    """Whether the line speaks of the layer, if only to say that nothing was found."""
    return getattr(row, layer) is not UNSET


_IN_COLUMNS = ("span", "label", "level", "score")
_beside = attrgetter("spans", *(field.name for field in table(Entity) if field.name not in _IN_COLUMNS))
_NOTHING = (UNSET, *[None] * (len(table(Entity)) - len(_IN_COLUMNS)))


def plain(entity: Any) -> bool:
    """Whether there is no more of it than a fragment with its label, level, score and text."""
    return bool(_beside(entity) == _NOTHING)


def read(rows: Sequence[Any], sizes: Sequence[int]) -> list[Annotations]:
    """Those of each row. Raises ValueError or DataError where one of them may be unsound.

    ``sizes`` are the lengths of the texts. The ``text`` of an entity is for the caller to check.
    """
    layers = (
        _read(model, [getattr(row, layer) or () for row in rows], sizes) for layer, model in MODELS.items()
    )
    found = list(map(Annotations, *layers))
    for one in found:
        check_relations(one, "")
    return found


def _read(model: Any, each: Sequence[Sequence[Any]], sizes: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    items = [item for own in each for item in own]
    beside = [size for own, size in zip(each, sizes, strict=True) for _ in own]
    numbers = [number for own in each for number in range(1, len(own) + 1)]
    names = [field.name for field in table(model) if model is not Entity or field.name != "span"]
    values = dict(zip(names, zip(*map(attrgetter(*names), items), strict=True), strict=bool(items)))
    if model is Entity:
        values["span"] = tuple(
            [((one.start, one.end),) if one.spans is UNSET else one.spans for one in items]
        )
    columns = (_values(field, values.get(field.name, ()), beside, numbers) for field in table(model))
    found = list(map(model, *columns))
    return (tuple(found[a:b]) for a, b in pairwise(accumulate(map(len, each), initial=0)))


def _values(
    field: Field, values: Sequence[Any], sizes: Sequence[int], numbers: Sequence[int]
) -> Sequence[Any]:
    """The values of a field as the model has them, of items beside whose text's size each stands."""
    if field.kind == "span":
        if any(map(gt, [own[-1][1] if own else 0 for own in values], sizes)):
            raise ValueError
        return [own and Span(own) for own in values]
    if field.numbered:
        return [own or f"{field.numbered}{number}" for own, number in zip(values, numbers, strict=True)]
    if field.default is None:
        return values
    values = [field.default if own is UNSET else own for own in values]
    if field.kind == "spans":
        return [
            tuple(_values(replace(field, kind="span"), own, [size] * len(own), ()))
            for own, size in zip(values, sizes, strict=True)
        ]
    return values
