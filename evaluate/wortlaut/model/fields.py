"""What the fields of the model are: the table that JSON, Arrow, JSON Schema, native lines and checks follow.

A field is added in one place, its line in the dataclass. Its type says its kind; ``metadata`` says the rest:
``about``, ``known`` (a closed list), ``called`` (in errors), ``one`` (of a list), ``hint``, and ``before``
and ``numbered``, as in :class:`Field`.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any, get_type_hints

from wortlaut.model.document import Span

#: What a value is, by its type. A text may be absent, a name may not, nor be empty.
_KINDS = {
    str: "name",
    str | None: "text",
    tuple[str, ...]: "names",
    Span: "span",
    Span | None: "span",
    tuple[Span, ...]: "spans",
    int: "integer",
    float: "number",
    float | None: "number",
    bool: "flag",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity, a quote, a cluster, or of another line of the native file.

    ``before`` is the field that it precedes in files, where that differs from the dataclass. Where a
    prediction leaves out a ``numbered`` name, it is this text and the place in the list.
    """

    name: str
    kind: str
    required: bool
    default: Any
    about: str = ""
    known: tuple[str, ...] = ()
    called: str = ""
    one: str = ""
    hint: str = ""
    before: str = ""
    numbered: str = ""


@cache
def table(model: type) -> tuple[Field, ...]:
    """The fields of a dataclass, in its order."""
    types = get_type_hints(model)
    return tuple(
        Field(
            field.name,
            required=field.default is dataclasses.MISSING,
            default=None if field.default is dataclasses.MISSING else field.default,
            **{"kind": _KINDS.get(types[field.name]), **field.metadata},
        )
        for field in dataclasses.fields(model)
    )


@cache
def file_order(model: type) -> tuple[Field, ...]:
    """The fields in the order that they have in JSON."""
    own = table(model)
    first = {field.before: field for field in own if field.before}
    return tuple(
        field
        for one in own
        if not one.before
        for field in ([first[one.name], one] if one.name in first else [one])
    )
