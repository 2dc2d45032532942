"""Offsets in UTF-16 code units, as Java and JavaScript count them, and back to code points."""

from __future__ import annotations

from itertools import accumulate

from wortlaut.errors import DataError


def utf16_offsets(text: str) -> list[int]:
    """The UTF-16 offset of every code point, and of the end.

    >>> utf16_offsets("a🙂b")
    [0, 1, 3, 4]
    """
    return [0, *accumulate(2 if character > "\uffff" else 1 for character in text)]


class Utf16:
    """Turns UTF-16 offsets into one text into code points."""

    def __init__(self, text: str) -> None:
        offsets = utf16_offsets(text)
        self._size = offsets[-1]
        self._points = {unit: point for point, unit in enumerate(offsets)}

    def point(self, unit: int, where: str) -> int:
        """The code point at the offset; a DataError where none starts there."""
        if unit not in self._points:
            what = "lies outside the text" if not 0 <= unit <= self._size else "halves a surrogate pair"
            raise DataError(
                f"the offset {unit} {what}",
                where=where,
                hint=f"Offsets are UTF-16 code units here; the text has {self._size}.",
            )
        return self._points[unit]
