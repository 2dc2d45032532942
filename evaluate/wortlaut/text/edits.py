"""Edits of a text, and the map of offsets between what stood before and what stands after."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from wortlaut.errors import DataError
from wortlaut.model import Span


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """``text`` in place of ``[start, end)``; an insertion where the two are equal."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """``[start, end)`` of the old text became ``[new_start, new_end)``, character by character if copied."""

    start: int
    end: int
    new_start: int
    new_end: int
    copied: bool


@dataclass(frozen=True)
class OffsetMap:
    """Pieces in the order of the new text; they cover both texts, each character once.

    The map is monotone unless pieces were moved. Inside a piece it always is.
    """

    pieces: tuple[Piece, ...]

    @property
    def monotone(self) -> bool:
        """Whether what stood earlier still stands earlier."""
        starts = [piece.start for piece in self.pieces]
        return starts == sorted(starts)

    def inverse(self) -> OffsetMap:
        """The map back: from offsets of the new text to those of the old one."""
        swapped = [Piece(p.new_start, p.new_end, p.start, p.end, p.copied) for p in self.pieces]
        return OffsetMap(tuple(sorted(swapped, key=lambda piece: (piece.new_start, piece.new_end))))

    @cached_property
    def _by_start(self) -> tuple[list[int], list[int], list[Piece]]:
        pieces = sorted(self.pieces, key=lambda piece: (piece.start, piece.end))
        return [piece.start for piece in pieces], [piece.end for piece in pieces], pieces

    def crossed(self, span: Span) -> bool:
        """Whether an edit replaces text on both sides of one of the span's boundaries."""
        starts, _, pieces = self._by_start
        # Insertions of the same start stand before the piece that has an extent.
        before = ((bisect_left(starts, at) - 1, at) for fragment in span for at in fragment)
        return any(i >= 0 and not pieces[i].copied and pieces[i].end > at for i, at in before)

    def span(self, span: Span) -> Span | None:
        """Where the span's characters are now; ``None`` if nothing of them is left.

        What is inserted inside a fragment belongs to it, what is inserted at its edge does not. An edit that
        crosses a boundary counts as inside: ask :meth:`crossed` where that matters.
        """
        starts, ends, pieces = self._by_start
        ranges = []
        for start, end in span:
            for index in range(bisect_right(ends, start), bisect_left(starts, end)):
                piece = pieces[index]
                if piece.copied:
                    shift = piece.new_start - piece.start
                    ranges.append((max(start, piece.start) + shift, min(end, piece.end) + shift))
                elif piece.new_start < piece.new_end:
                    ranges.append((piece.new_start, piece.new_end))
        return Span.joined(ranges) if ranges else None

    def position(self, position: int) -> int:
        """Where ``position`` is now; what is inserted there comes behind it."""
        starts, _, pieces = self._by_start
        index = bisect_left(starts, position)
        if index < len(pieces) and starts[index] == position:
            return pieces[index].new_start
        if index == 0:
            return 0
        piece = pieces[index - 1]
        return piece.new_start + (min(position, piece.end) - piece.start if piece.copied else 0)


def apply(text: str, edits: Iterable[Edit]) -> tuple[str, OffsetMap]:
    """The edited text with its map. Raises DataError for edits that overlap or lie outside of the text."""
    pieces: list[Piece] = []
    parts: list[str] = []
    old = new = 0

    def copy(until: int) -> None:
        nonlocal old, new
        if until > old:
            pieces.append(Piece(old, until, new, new + until - old, True))
            parts.append(text[old:until])
            old, new = until, new + until - old

    last: Edit | None = None
    for edit in sorted(edits):
        if not 0 <= edit.start <= edit.end <= len(text):
            raise DataError(f"an edit of [{edit.start}, {edit.end}) in {len(text)} characters")
        if last is not None and (edit.start < last.end or (edit.start, edit.end) == (last.start, last.end)):
            raise DataError(f"the edits of [{last.start}, {last.end}) and [{edit.start}, {edit.end}) overlap")
        last = edit
        if text[edit.start : edit.end] == edit.text:
            continue
        copy(edit.start)
        pieces.append(Piece(edit.start, edit.end, new, new + len(edit.text), False))
        parts.append(edit.text)
        old, new = edit.end, new + len(edit.text)
    copy(len(text))
    return "".join(parts), OffsetMap(tuple(pieces))


#: What is compared, from large to small: lines, sentences or so, words with what stands between them.
_PARTS = tuple(map(re.compile, (r"[^\n]*\n|[^\n]+", r"[^.!?:;]*[.!?:;]+\s*|[^.!?:;]+", r"\w+|\s+|[^\w\s]")))
#: Parts of both sides, multiplied, beyond which what differs is not compared: it was replaced.
_MOST = 4_000_000


def difference(old: str, new: str) -> list[Edit]:
    """Edits of whole words that make ``new`` of ``old``; what has moved is deleted and inserted."""
    return list(_difference(old, new, 0, _PARTS))


def _difference(old: str, new: str, at: int, parts: Sequence[re.Pattern[str]]) -> Iterator[Edit]:
    before, after = (parts[0].findall(text) if parts else [] for text in (old, new))
    if not before or not after or len(before) * len(after) > _MOST:
        if old != new:
            yield Edit(at, at + len(old), new)
        return
    from difflib import SequenceMatcher

    starts, ends = (list(accumulate(map(len, side), initial=0)) for side in (before, after))
    for tag, i, j, k, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from _difference(
                old[starts[i] : starts[j]], new[ends[k] : ends[end]], at + starts[i], parts[1:]
            )


def arranged(text: str, ranges: Sequence[tuple[int, int]]) -> tuple[str, OffsetMap]:
    """The ranges, which cover the text, in another order, with the map."""
    kept = [(start, end) for start, end in ranges if end > start]
    places = accumulate((end - start for start, end in kept), initial=0)
    pieces = [Piece(s, e, new, new + e - s, True) for (s, e), new in zip(kept, places, strict=False)]
    return "".join(text[piece.start : piece.end] for piece in pieces), OffsetMap(tuple(pieces))


def characters(text: str) -> Iterator[tuple[int, int]]:
    """Each letter with the marks that combine with it, a Korean syllable with all of its letters."""
    starts = [
        at
        for at, character in enumerate(text)
        if at == 0 or not (unicodedata.combining(character) or "\u1160" <= character <= "\u11ff")
    ]
    return pairwise([*starts, len(text)])
