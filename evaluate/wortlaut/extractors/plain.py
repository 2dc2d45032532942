"""A text as its reader sees it: composed letters, nothing invisible, plain spaces, sentences in one line.

An extractor reads :attr:`View.text`; :meth:`View.back` leads what it found there to the text as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from wortlaut.model import ROLES, Annotations, Head, Quote, Span
from wortlaut.text.edits import Edit, OffsetMap, apply, characters

#: Soft hyphen, zero-width spaces and joiners, marks of direction, byte order mark: not seen, in runs; but a
#: soft hyphen at the end of a line is.
_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_UNSEEN = re.compile(rf"(\u00ad(?=[\r\n]))|(?:(?!\u00ad[\r\n])[{_INVISIBLE}])+")
#: No-break, figure, thin and other spaces of one character, and hyphens, with what they are read as.
_SIGNS = (
    (re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]"), " "),
    (re.compile("[\u2010\u2011]"), "-"),
)
#: A line that begins in lower case: whoever wraps German text makes some.
_GOES_ON = re.compile(r"\n[ \t]*[a-zäöüß]")
_LINE = re.compile(r"[^\r\n]+")
_ENDED = re.compile(r"[.!?…:][\"“”«»’‘)]*$")
_DIVIDED = re.compile(r"[^\W\d_]-$")
#: Words before which a hyphen at a line end is one: Ein- und Ausfuhr.
_BESIDE = frozenset("und oder bis sowie bzw bzw. beziehungsweise als wie noch statt".split())
#: What is narrower than a column of a newspaper is a list or a poem, what is wider was not wrapped.
_NARROWEST, _WIDEST = 30, 150
#: Justified lines are as wide as each other on paper only: the part of the width that fills them.
_RAGGED = 0.85


@dataclass(frozen=True)
class View:
    """``text`` is what a reader sees; the maps lead there one after another, none where nothing changes."""

    text: str
    maps: tuple[OffsetMap, ...] = ()

    @cached_property
    def _inverse(self) -> tuple[OffsetMap, ...]:
        return tuple(one.inverse() for one in reversed(self.maps))

    def back(self, found: Annotations) -> Annotations:
        """Annotations of the view as such of the text; names of speakers stay as they are read."""
        if not self.maps:
            return found
        return Annotations(
            tuple(replace(entity, span=self._back(entity.span)) for entity in found.entities),
            tuple(self.quote_back(quote) for quote in found.quotes),
            tuple(
                replace(cluster, mentions=tuple(map(self._back, cluster.mentions)))
                for cluster in found.clusters
            ),
            heads=tuple(Head(self._back(one.mention), self._back(one.head)) for one in found.heads),
        )

    def quote_back(self, quote: Quote) -> Quote:
        spans = {role: span for role in ("content", *ROLES) if (span := quote.role(role))}
        moved: dict[str, Any] = {role: self._back(span) for role, span in spans.items()}
        return replace(quote, **moved)

    def seen(self, span: Span) -> Span | None:
        """A span of the text in the view; ``None`` if a reader sees nothing of it."""
        moved: Span | None = span
        for one in self.maps:
            moved = one.span(moved) if moved else None
        return moved

    def _back(self, span: Span) -> Span:
        for one in self._inverse:
            # Each character of a view stands for one or more of the text.
            span = one.span(span) or span
        return span


def view(text: str) -> View:
    """The view of ``text``; the text itself, at next to no cost, where it is plain already."""
    maps = []
    for signs, read in _SIGNS:
        text = signs.sub(read, text)  # As long as they were: no offset changes.
    for edits in (_unseen, _letters, _lines):
        if made := list(edits(text)):
            text, offsets = apply(text, made)
            maps.append(offsets)
    return View(text, tuple(maps))


def _unseen(text: str) -> Iterator[Edit]:
    """No signs that a reader takes for nothing; one may part a letter from its mark."""
    for match in _UNSEEN.finditer(text):
        yield Edit(*match.span(), "-" if match[1] else "")


def _letters(text: str) -> Iterator[Edit]:
    """Composed letters."""
    if not unicodedata.is_normalized("NFC", text):
        for start, end in characters(text):
            yield Edit(start, end, unicodedata.normalize("NFC", text[start:end]))


class _Break(NamedTuple):
    """The line end ``[start, end)`` between two lines, white space around it included."""

    start: int
    end: int
    #: The length of the line before, and what it would be with the first word of the next one.
    length: int
    longer: int
    divided: bool
    ended: bool
    following: str

    @property
    def inside(self) -> bool:
        """Whether a sentence goes on in lower case; behind a full stop that can be text without capitals."""
        return self.following[0].islower() and not self.ended

    def full(self, width: int) -> bool:
        """Whether the next word had no place; in a ragged line that ends a sentence, this stays open."""
        return self.longer > (width if self.ended else _RAGGED * width)


def _lines(text: str) -> Iterator[Edit]:
    """Sentences in one line, where lines were wrapped: see :func:`_width`."""
    breaks = list(_breaks(text)) if _GOES_ON.search(text) else []
    width = _width(breaks)
    for one in breaks:
        lower, upper = one.following[0].islower(), one.following[0].isupper()
        if one.divided and lower and one.following not in _BESIDE:
            # US-\namerikanisch keeps its hyphen.
            kept = text[one.start - 2].isupper()
            yield Edit(one.start - (not kept), one.end, "")
        elif width is not None and one.length <= _WIDEST and (one.inside or one.full(width)):
            yield Edit(one.start, one.end, "" if one.divided and upper else " ")


def _breaks(text: str) -> Iterator[_Break]:
    """The line ends that no blank line stands beside."""
    before: tuple[int, int] | None = None
    for line in _LINE.finditer(text):
        content = line.group().strip()
        if not content:
            before = None
            continue
        start = line.start() + line.group().index(content[0])
        if before is not None and text.count("\n", before[1], start) <= 1:
            length = before[1] - before[0]
            following = content.split(None, 1)[0]
            divided = _DIVIDED.search(text, before[0], before[1]) is not None
            ended = _ENDED.search(text, before[0], before[1]) is not None
            yield _Break(before[1], start, length, length + 1 + len(following), divided, ended, following)
        before = start, start + len(content)


def _width(breaks: list[_Break]) -> int | None:
    """The width to which the lines were wrapped; ``None`` if they were not.

    Where lines were wrapped, sentences go on in lower case behind lines that their next word did not fit in.
    """
    breaks = [one for one in breaks if one.length <= _WIDEST]
    # Not the longest one: an address or a table reaches over the edge.
    width = sorted(one.length for one in breaks)[9 * len(breaks) // 10] if breaks else 0
    inside = [one for one in breaks if one.inside]
    full = sum(one.divided or one.longer > _RAGGED * width for one in inside)
    return width if width >= _NARROWEST and full >= 2 and 3 * full >= 2 * len(inside) else None
