"""A quote in the making: token ranges, before they become character spans."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wortlaut.extractors.quotes_de.nouns import Phrase
from wortlaut.extractors.quotes_de.tokens import Words
from wortlaut.model import Span

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Draft:
    """Half-open token ranges of a quote and its roles; ``carried`` when the speaker is the one before."""

    type: str
    rule: str
    medium: str
    content: tuple[Range, ...]
    cue: tuple[int, ...] = ()
    speaker: Phrase | None = None
    addressee: Phrase | None = None
    frame: tuple[Range, ...] = ()
    carried: bool = False


def span_of(words: Words, ranges: Iterable[Range]) -> Span | None:
    """The characters of the token ranges; ``None`` when there is no token in them."""
    filled = [(start, end) for start, end in ranges if start < end]
    return required_span(words, filled) if filled else None


def required_span(words: Words, ranges: Iterable[Range]) -> Span:
    """The characters of the token ranges; neighbouring ranges become one fragment."""
    return Span.joined((words.start[start], words.end[end - 1]) for start, end in Span.joined(ranges))


def trimmed(words: Words, start: int, end: int) -> tuple[Range, ...]:
    """The range without commas, colons and dashes at its ends; nothing when nothing is left."""
    while start < end and words.form[start] in ",;:–—-":
        start += 1
    while start < end and words.form[end - 1] in ",;:–—-":
        end -= 1
    return ((start, end),) if start < end else ()
