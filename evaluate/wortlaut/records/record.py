"""Dataclasses as JSON: what is written follows from their fields, and so does the JSON Schema of it.

A field is written under its name. ``Annotated`` says what its type does not: a string describes it,
:class:`Must` limits it, and :class:`At`, :data:`OPTIONAL` and :data:`UNWRITTEN` say where it stands. A
property is written where it is marked with :func:`written`, a constant where it is a ``ClassVar``.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from wortlaut.model import LAYERS

_F = TypeVar("_F", bound=Callable[..., Any])
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


class At(tuple[str, ...]):
    """The keys, from the outside in, under which a value stands; without any, its items join the others."""


class Must(dict[str, Any]):
    """Keywords of JSON Schema for what a value must be beyond its type."""

    __hash__ = object.__hash__  # type: ignore[assignment]


#: For a field that is left out where it is None, or where it is empty, and for one that is never written.
OPTIONAL, FILLED, UNWRITTEN = object(), object(), object()
#: For a field of so much plain data that it is written as it is.
PLAIN = object()

Count = Annotated[int, Must(minimum=0)]
Many = Annotated[int, Must(minimum=1)]
Positive = Annotated[float, Must(exclusiveMinimum=0)]
Share = Annotated[float, Must(minimum=0, maximum=1)]
#: Of precision, recall or F1.
Rate = Annotated[Share | None, "null where undefined (0/0)."]
Difference = Annotated[float, Must(minimum=-1, maximum=1)]
Digest = Annotated[str, Must(pattern="^[0-9a-f]{64}$")]
Layers = Annotated[tuple[str, ...], Must(items={"enum": LAYERS})]
Fragments = Annotated[
    tuple[tuple[Count, Count], ...],
    Must(minItems=1),
    "One [start, end) or, for a discontinuous span, several.",
]
#: What is drawn: sentences where there are fewer than ten documents.
Unit = Annotated[str, Must(enum=("document", "sentence"))]


def written(after: str = "") -> Callable[[_F], _F]:
    """Marks the function of a property: it is written behind that field, or last."""

    def mark(function: _F) -> _F:
        function.__dict__["written_after"] = after
        return function

    return mark


def as_dict(record: Any, digits: int | None = None) -> dict[str, Any]:
    """A record as :func:`plain` data."""
    row: dict[str, Any] = {}
    for name, path, _, left_out, as_it_is in _members(record.__class__):
        item = getattr(record, name)
        if any(item is None if where is OPTIONAL else not item for where in left_out):
            continue
        place = row
        for key in path[:-1]:
            place = place.setdefault(key, {})
        data = item if as_it_is else plain(item, digits)
        place |= {path[-1]: data} if path else data
    return row


def plain(value: Any, digits: int | None = None) -> Any:
    """What ``json`` writes: records and mappings as dicts, sequences as lists, NaN as ``None``.

    Floats are rounded to ``digits`` decimals, if any.
    """
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, list | tuple):
        return [plain(item, digits) for item in value]
    if is_dataclass(value):
        return as_dict(value, digits)
    if isinstance(value, Mapping):
        return {key: plain(item, digits) for key, item in value.items()}
    if isinstance(value, float):
        return None if math.isnan(value) else value if digits is None else round(value, digits)
    return value


def json_schema(kind: Any, title: str, description: str, **more: Any) -> dict[str, Any]:
    """The JSON Schema of what :func:`plain` makes of a type; ``more`` are further keywords of the whole."""
    known: dict[str, Any] = {}
    body = _schema(kind, known)
    if is_dataclass(kind):
        body = known.pop(_name(kind))
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    whole = head | body | {"description": description, **more} | ({"$defs": known} if known else {})
    listed: dict[str, Any] = plain(whole)  # tuples are no arrays to validators
    return listed


@cache
def _members(kind: Any) -> list[tuple[str, tuple[str, ...], Any, list[object], bool]]:
    """Name, place, type of what is written of a class, where it is left out, whether as it is; in order."""
    hints = get_type_hints(kind, include_extras=True)
    for base in reversed(kind.__mro__):
        for name, value in vars(base).items():
            after = getattr(getattr(value, "fget", None), "written_after", None)
            if after is not None:
                given = get_type_hints(value.fget, include_extras=True)["return"]
                hint: Any = Annotated[given, _text(value)]
                names = [other for other in hints if other != name]
                at = names.index(after) + 1 if after else len(names)
                hints = {other: hints.get(other, hint) for other in (*names[:at], name, *names[at:])}
    notes = {name: getattr(hint, "__metadata__", ()) for name, hint in hints.items()}
    return [
        (
            name,
            next((note for note in notes[name] if isinstance(note, At)), (name,)),
            hint,
            [note for note in notes[name] if note in (OPTIONAL, FILLED)],
            PLAIN in notes[name],
        )
        for name, hint in hints.items()
        if UNWRITTEN not in notes[name]
    ]


def _text(value: object) -> str:
    """The first paragraph of a docstring, on one line."""
    paragraph = (inspect.getdoc(value) or "").partition("\n\n")[0]
    return " ".join(re.sub(r":\w+:(?=`)", "", paragraph.replace("``", "`")).split())


def _name(kind: Any) -> str:
    return str(kind.__name__).strip("_")


def _schema(hint: Any, known: dict[str, Any]) -> dict[str, Any]:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        found = _schema(parts[0], known)
        if OPTIONAL in parts:  # None is left out, and so refused
            found = next(one for one in found["anyOf"] if one != {"type": "null"})
        texts = [{"description": note} for note in parts[1:] if isinstance(note, str) and note]
        for keywords in (*texts, *(note for note in parts[1:] if isinstance(note, Must))):
            found = {**found, **keywords}
        return found
    if origin is ClassVar:
        return _schema(parts[0], known)
    if origin is Literal:
        return {"enum": parts} if len(parts) > 1 else {"const": parts[0]}
    if origin in (Union, UnionType):
        return {"anyOf": [_schema(part, known) for part in parts]}
    if origin is tuple and parts[-1] is not ...:
        first = [_schema(part, known) for part in parts]
        return {"type": "array", "prefixItems": first, "items": False, "minItems": len(first)}
    if is_dataclass(hint):
        if _name(hint) not in known:
            known[_name(hint)] = {}
            known[_name(hint)] = _object(hint, known)
        return {"$ref": f"#/$defs/{_name(hint)}"}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(parts[1], known)}
    if origin is not None:
        return {"type": "array", "items": _schema(parts[0], known)}
    return {"type": _TYPES[hint]} if hint in _TYPES else {}


def _object(kind: Any, known: dict[str, Any]) -> dict[str, Any]:
    def closed(text: str = "") -> dict[str, Any]:
        said = {"description": text} if text else {}
        return {"type": "object", **said, "required": [], "additionalProperties": False, "properties": {}}

    whole = closed(_text(kind))
    for _, path, hint, left_out, _ in _members(kind):
        if not path:
            keys, item = get_args(get_args(hint)[0])
            whole["properties"] |= {key: _schema(item, known) for key in get_args(keys)}
            continue
        place = whole
        for key in path[:-1]:
            place["required"] = [*dict.fromkeys([*place["required"], key])]
            place = place["properties"].setdefault(key, closed())
        place["required"] += [] if left_out else [path[-1]]
        place["properties"][path[-1]] = _schema(hint, known)
    return whole
