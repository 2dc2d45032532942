"""Line breaks, hyphenation, and spaces that are not the plain one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from random import Random

from wortlaut.annotations.carry import Transformed, edited
from wortlaut.errors import DataError
from wortlaut.model import Document
from wortlaut.stress.registry import Transformation, check_rate
from wortlaut.text.edits import Edit

_LETTERS = re.compile(r"[^\W\d_]+")
#: A place to divide a word: behind a vowel and before a consonant that a vowel follows.
_DIVISION = re.compile(r"(?<=[aeiouäöüyn])(?=(?:sch|ch|ck|ph|th|[bcdfghjklmnpqrstvwxzß])[aeiouäöüy])", re.I)
#: A prefix that keeps its consonant before a vowel: ver|antworten, never ve|rantworten.
_PREFIX = re.compile("(?:ver|zer|her|hin|vor)(?=[aeiouäöü])", re.I)


def broken_lines(document: Document, random: Random, *, hyphens: bool, width: int = 60) -> Transformed:
    """Lines of at most ``width`` characters, broken at spaces, also inside sentences.

    With ``hyphens``, words that reach over the edge are divided.
    """
    return edited(document, _breaks(document.text, width, hyphens))


def _breaks(text: str, width: int, hyphens: bool) -> Iterator[Edit]:
    if width < 10:
        raise DataError(f"lines of {width} characters", hint="The width is 10 or more.")
    for line in re.finditer(r"[^\r\n]+", text):
        begin, end = line.span()
        while end - begin > width:
            space = text.rfind(" ", begin + 1, begin + width + 1)
            place = _division(text, space + 1, begin + width) if hyphens and space > 0 else None
            if place is not None:
                yield Edit(place, place, "-\n")
                begin = place
            elif space > 0:
                if text[space - 1 : space + 2].strip() == text[space - 1 : space + 2]:
                    yield Edit(space, space + 1, "\n")
                begin = space + 1
            else:  # a word longer than the line
                space = text.find(" ", begin + width, end)
                begin = end if space < 0 else space


def _division(text: str, start: int, limit: int) -> int | None:
    """The last place to divide the word at ``start`` before ``limit``; two letters stay on either side."""
    word = _LETTERS.match(text, start)
    places = divisions(text, *word.span()) if word else []
    return max((place for place in places if place < limit), default=None)


def divisions(text: str, start: int, end: int) -> list[int]:
    """Where a word can be divided, roughly as spoken, ``Prä|si|den|ten``; compounds may be cut wrong."""
    prefix = _PREFIX.match(text, start, end)
    first = (prefix.end() if prefix else start) + 2
    return [m.start() for m in _DIVISION.finditer(text, first, end) if m.start() <= end - 2]


def soft_hyphens(document: Document, random: Random, *, length: int = 8) -> Transformed:
    """A soft hyphen (U+00AD) wherever a word of ``length`` letters or more can be divided."""
    edits = [
        Edit(place, place, "\u00ad")
        for word in _LETTERS.finditer(document.text)
        if len(word.group()) >= length
        for place in divisions(document.text, *word.span())
    ]
    return edited(document, edits)


def spaced(document: Document, random: Random, *, space: str, rate: float = 0.5) -> Transformed:
    """Another kind of space in place of plain ones."""
    check_rate(rate)
    places = [match.start() for match in re.finditer(" ", document.text)]
    return edited(document, [Edit(at, at + 1, space) for at in places if random.random() < rate])


TRANSFORMATIONS = (
    Transformation(
        "line-breaks", "lines broken at spaces (width=60)", "same", partial(broken_lines, hyphens=False)
    ),
    Transformation(
        "hyphenation",
        "lines broken, words divided by hyphens (width=60)",
        "same",
        partial(broken_lines, hyphens=True),
    ),
    Transformation(
        "nbsp", "no-break spaces for plain ones (rate=0.5)", "same", partial(spaced, space="\u00a0")
    ),
    Transformation(
        "thin-spaces", "thin spaces for plain ones (rate=0.5)", "same", partial(spaced, space="\u2009")
    ),
    Transformation("soft-hyphens", "soft hyphens inside long words (length=8)", "same", soft_hyphens),
)
