"""A span in one short line: its offsets, and how it stands in its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

#: How many characters are shown around a span, and at either end of a long one.
_AROUND, _INSIDE = 24, 20


def offsets(spans: Iterable[tuple[int, int]], sign: str = ", ") -> str:
    """``[0, 5), [8, 11)``."""
    return sign.join(f"[{start}, {end})" for start, end in spans)


def excerpt(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The spans in ⟦ ⟧ with the text around them in one line; what is long is cut in the middle."""
    if not spans or not text:
        return ""
    begin, end = spans[0][0], spans[-1][1]
    parts = ["…" if begin > _AROUND else "", text[max(0, begin - _AROUND) : begin]]
    last = begin
    for start, stop in spans:
        gap, inside = text[last:start], text[start:stop]
        parts.append(gap if len(gap) <= 2 * _AROUND else f"{gap[:_AROUND]} … {gap[-_AROUND:]}")
        if len(inside) > 2 * _INSIDE + 3:
            inside = f"{inside[:_INSIDE]} … {inside[-_INSIDE:]}"
        parts.append(f"⟦{inside}⟧")
        last = stop
    parts += [text[end : end + _AROUND], "…" if end + _AROUND < len(text) else ""]
    flat = "".join(parts).replace("\n", "⏎")
    return "".join(character if character.isprintable() else "·" for character in flat)
