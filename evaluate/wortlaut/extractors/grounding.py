"""Finds what a language model quotes from a text: exactly first, then under normalisation.

Offsets that a model gives are never used: it cannot count characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property, lru_cache

from wortlaut.model import Span

_MARKS = str.maketrans(dict.fromkeys("„“”‟»«‚‘’‛›‹'`´", '"') | dict.fromkeys("‐‑‒–—―−", "-") | {"…": "..."})
_Place = tuple[int, int]


class Grounder:
    """One text, prepared for searching.

    >>> Grounder("Er sagte: „Ja –\\nnein“.").find('"Ja - nein"')
    [(10, 21)]
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def find(self, words: str) -> list[_Place]:
        """Every place of ``words``: exact ones, or those that differ in what models change, or in case too.

        What models change is white space, quotation marks, dashes, the ellipsis, invisible characters
        and Unicode normalisation. Places that begin and end with a word are preferred.
        """
        if not words.strip():
            return []
        exact = _places(self.text, words.strip())
        return (
            self._whole_words(exact)
            or self._whole_words(self._normal.find(words))
            or self._whole_words(self._folded.find(words))
            or exact
        )

    def places(self, words: str) -> list[Span]:
        """Every place of ``words`` between words, whatever of them models change but their case."""
        return [Span.of(*place) for place in self._whole_words(self._normal.find(words))]

    def place(self, words: str, context: str | None, after: int, used: Iterable[_Place]) -> _Place | None:
        """The place that is meant: one that is not used, best inside ``context``, best from ``after`` on."""
        taken = set(used)
        free = self._inside([place for place in self.find(words) if place not in taken], context)
        return next((place for place in free if place[0] >= after), free[0] if free else None)

    def choice(self, words: str, context: str | None) -> bool:
        """Whether words with that context could stand at several places."""
        return len(self._inside(self.find(words), context)) > 1

    def _inside(self, places: list[_Place], context: str | None) -> list[_Place]:
        """Those inside of the context; all where none is."""
        around = self.find(context) if context else []
        return [p for p in places if any(a <= p[0] and p[1] <= b for a, b in around)] or places

    def nearest(self, parts: Sequence[str], content: Span, within: Span | None) -> Span | None:
        """The span of a role's parts: each at its place nearest to the content, best inside ``within``."""
        chosen: list[_Place] = []
        for part in parts:
            places = [place for place in self.find(part) if place not in chosen]
            if not places:
                return None

            def distance(place: _Place) -> tuple[bool, bool, int, int]:
                span = Span.of(*place)
                gap = max(content.start - place[1], place[0] - content.end, 0)
                return within is None or not within.contains(span), span.overlap(content) > 0, gap, place[0]

            chosen.append(min(places, key=distance))
        return Span.joined(chosen) if chosen else None

    def _whole_words(self, places: Iterable[_Place]) -> list[_Place]:
        return [(a, b) for a, b in places if not (_inside_word(self.text, a) or _inside_word(self.text, b))]

    @cached_property
    def _normal(self) -> _Normalised:
        return _Normalised(self.text, _normal)

    @cached_property
    def _folded(self) -> _Normalised:
        return _Normalised(self.text, lambda character: _normal(character).casefold())


class _Normalised:
    """A text under a normalisation of single characters, with the way back to its own offsets."""

    def __init__(self, text: str, normal: Callable[[str], str]) -> None:
        self._normal = normal
        self.text, self._origin = self._apply(text)

    def _apply(self, text: str) -> tuple[str, list[int]]:
        characters: list[str] = []
        origin: list[int] = []
        for index, character in enumerate(text):
            for part in self._normal(character):
                # A run of white space is one space, where it begins.
                if part == " " and (not characters or characters[-1] == " "):
                    continue
                characters.append(part)
                origin.append(index)
        return "".join(characters), origin

    def find(self, words: str) -> list[_Place]:
        wanted = self._apply(words)[0].strip()
        found = []
        for start, end in _places(self.text, wanted) if wanted else ():
            inside = start > 0 and self._origin[start - 1] == self._origin[start]
            # Part of a character is no match: neither half of ß, nor an a that carries two dots.
            cut = end < len(self.text) and (
                self._origin[end] == self._origin[end - 1] or unicodedata.combining(self.text[end])
            )
            if not inside and not cut:
                found.append((self._origin[start], self._origin[end - 1] + 1))
        return found


@lru_cache(1 << 16)
def normalised(words: str) -> str:
    """What of words their places depend on: equal where these are the same."""
    return _Normalised(words, _normal).text.strip()


@cache
def _normal(character: str) -> str:
    if character.isspace():
        return " "
    if unicodedata.category(character) == "Cf":
        return ""
    return unicodedata.normalize("NFD", character).translate(_MARKS)


def _places(text: str, words: str) -> list[_Place]:
    return [(m.start(), m.start() + len(words)) for m in re.finditer(f"(?={re.escape(words)})", text)]


def _inside_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()
