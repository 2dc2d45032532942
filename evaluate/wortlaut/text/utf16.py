"""Offsets in UTF-16 code units, as Java and JavaScript count them, and back to code points."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

from wortlaut.errors import DataError


def utf16_offsets(text: str) -> list[int]:
    """The UTF-16 offset of every code point, and of the end.

    >>> utf16_offsets("a🙂b")
    [0, 1, 3, 4]
    """
    return [0, *accumulate(2 if character > "\uffff" else 1 for character in text)]


def code_points(text: str) -> dict[int, int]:
    """The code point that starts at each UTF-16 offset, and that of the end, which comes last."""
    return {unit: point for point, unit in enumerate(utf16_offsets(text))}


def code_point(points: Mapping[int, int], unit: int, where: str) -> int:
    """The one of :func:`code_points` at the offset; a DataError where none starts there."""
    if unit not in points:
        size = max(points)
        what = "lies outside the text" if not 0 <= unit <= size else "halves a surrogate pair"
        hint = f"Offsets are UTF-16 code units here; the text has {size}."
        raise DataError(f"the offset {unit} {what}", where=where, hint=hint)
    return points[unit]
