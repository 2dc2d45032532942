"""Whether plain data is what its JSON Schema says: where a file was written by another hand."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

#: JSON's names of types, without the numbers that are no integers.
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list, tuple),
    "object": (dict,),
}


def misfit(value: Any, schema: Mapping[str, Any], known: Mapping[str, Any], place: str = "") -> str | None:
    """Where a value is of another type or beyond its bounds, and what it should be; ``None`` if it fits.

    ``known`` are the schema's ``$defs``. What is missing, or more than the schema knows, is no misfit: files
    of other versions have that.
    """
    if "$ref" in schema:
        return misfit(value, known[schema["$ref"].rpartition("/")[2]], known, place)
    if "anyOf" in schema:
        found = [(one, misfit(value, one, known, place)) for one in schema["anyOf"]]
        # Of what it may be, null says least about what it is not.
        told = [what for one, what in found if one.get("type") != "null"]
        return None if any(what is None for _, what in found) else told[0]
    kind = schema.get("type")
    if kind is not None and not _is(value, kind):
        return f"{place or 'it'} is {value!r:.40}, not {kind}"
    if bound := next((f"{name} {own}" for name, own in schema.items() if _beyond(value, name, own)), None):
        return f"{place or 'it'} is {value!r:.40}, against its {bound}"
    if isinstance(value, dict):
        fields, other = schema.get("properties", {}), schema.get("additionalProperties")
        members = ((name, one, fields.get(name, other)) for name, one in value.items())
    elif isinstance(value, list | tuple):
        heads, rest = schema.get("prefixItems", ()), schema.get("items")
        if len(value) < len(heads):
            return f"{place} has {len(value)} members, not {len(heads)}"
        members = ((f"{i}", one, heads[i] if i < len(heads) else rest) for i, one in enumerate(value))
    else:
        return None
    for name, one, own in members:
        if isinstance(own, Mapping) and (
            found_in := misfit(one, own, known, f"{place}, {name}".lstrip(", "))
        ):
            return found_in
    return None


def _is(value: Any, kind: str) -> bool:
    if kind in ("integer", "number"):
        number = isinstance(value, int if kind == "integer" else int | float) and not isinstance(value, bool)
        return number and math.isfinite(value)
    return isinstance(value, _TYPES[kind])


def _beyond(value: Any, keyword: str, bound: Any) -> bool:
    """Whether a keyword of JSON Schema bounds values of this type, and this one does not keep to it."""
    if keyword == "enum":
        return value not in bound
    if isinstance(value, str):
        # `$` of JSON Schema is the end; Python's is also before a last line break.
        return keyword == "pattern" and re.search(re.sub(r"\$$", r"\\Z", bound), value) is None
    if not isinstance(value, int | float):
        return False
    return (
        (keyword == "minimum" and value < bound)
        or (keyword == "maximum" and value > bound)
        or (keyword == "exclusiveMinimum" and value <= bound)
        or (keyword == "exclusiveMaximum" and value >= bound)
    )
