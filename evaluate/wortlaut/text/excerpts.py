"""A span in one short line: its offsets, and how it stands in its text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count


def offsets(spans: Iterable[tuple[int, int]], sign: str = ", ") -> str:
    """``[0, 5), [8, 11)``."""
    return sign.join(f"[{start}, {end})" for start, end in spans)


def excerpt(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The spans in ⟦ ⟧ with the text around them in one line; what is long is cut in the middle."""
    return "".join(part for part, _ in excerpt_parts(text, spans)) if text else ""


def excerpt_parts(
    text: str, spans: Sequence[tuple[int, int]], around: int = 24, inside: int = 20
) -> Iterator[tuple[str, bool]]:
    """The parts of an excerpt, and whether each is a span.

    ``around`` characters are shown beside a span, ``inside`` at either end of a long one.
    """
    if not spans:
        return
    last = max(0, spans[0][0] - around)
    yield "…" if last else "", False
    for start, end in spans:
        yield _flat(text[last:start], around, 2 * around), False
        yield f"⟦{_flat(text[start:end], inside, 2 * inside + 3)}⟧", True
        last = end
    yield _flat(text[last : last + around], around, around), False
    yield "…" if last + around < len(text) else "", False


def _flat(text: str, kept: int, most: int) -> str:
    """On one line, in the middle cut where it is longer than ``most``."""
    shown = text if len(text) <= most else f"{text[:kept]} … {text[-kept:]}"
    return "".join(c if c.isprintable() else "·" for c in shown.replace("\n", "⏎"))


def slugs(names: Iterable[str]) -> list[str]:
    """A part of a file's name for each, all different."""
    found: list[str] = []
    for name in names:
        slug = re.sub(r"[^\w-]+", "-", name).strip("-")[:60] or "system"
        numbered = chain([slug], (f"{slug}-{number}" for number in count(2)))
        found.append(next(one for one in numbered if one not in found))
    return found
