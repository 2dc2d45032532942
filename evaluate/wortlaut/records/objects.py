"""One JSON object a line, read strictly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

import msgspec

from wortlaut.errors import DataError
from wortlaut.io.reading import json_fault

#: What msgspec raises for a line that it does not take.
UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def loads(line: bytes | str, where: str) -> dict[str, object]:
    """The JSON object in ``line``: UTF-8, no key twice, no NaN. Raises DataError."""
    try:
        data = line if isinstance(line, bytes) else line.encode()
        found = _decode(data)
        if type(found) is dict and distinct_keys(data, found):
            return found
    except (*UNREADABLE, OverflowError):
        pass
    return _slowly(line, where)


def distinct_keys(data: bytes, found: object) -> bool:
    """Whether certainly no object in the data, which were decoded to ``found``, has a key twice.

    Of such keys one is dropped: its colon is missing when what was found is written again, unless an escape
    has written another one.
    """
    return data.count(b":") == _encode(found).count(b":") and b"\\u003" not in data


def _slowly(line: bytes | str, where: str) -> dict[str, object]:
    """The same by Python's own decoder, which says what is wrong, and takes what the other refuses: a lone
    surrogate, a number beyond those of a float."""
    try:
        text = line.decode("utf-8") if isinstance(line, bytes) else line
        value = json.loads(text, **STRICT)
    except UnicodeDecodeError as error:
        fail(f"not UTF-8: {error.reason} at byte {error.start + 1} of the line", where, "Save it as UTF-8.")
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, json.JSONDecodeError) else json_fault(error, text)[0]
        fail(f"broken JSON: {what}", where, "Each line must be one complete JSON object.")
    if not isinstance(value, dict):
        fail(f"expected a JSON object, found {kind_of(value)}", where, 'Each line is {"id": …, …}.')
    return value


def kind_of(value: object) -> str:
    """What the value is in the words of JSON, for an error."""
    names = {
        type(None): "null",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
    }
    return names.get(type(value), "an object" if isinstance(value, Mapping) else type(value).__name__)


def shown(value: object) -> str:
    """The value as JSON, cut to what fits into a message."""
    text = json.dumps(value, default=repr)
    return text if len(text) <= 60 else text[:57] + "…"


def near(name: str, known: Iterable[str], n: int) -> str:
    """Which of the known is meant, as a hint."""
    known = list(known)
    found = get_close_matches(name, known, n=n, cutoff=0.6)
    return f"Did you mean {' or '.join(found)}?" if found else f"Known: {', '.join(known)}."


def fail(what: str, where: str, hint: str = "") -> NoReturn:
    raise DataError(what, where=where, hint=hint)


def _distinct_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


#: What makes Python's decoder refuse a key that stands twice, and NaN.
STRICT: dict[str, Any] = {"parse_constant": _no_constant, "object_pairs_hook": _distinct_keys}
