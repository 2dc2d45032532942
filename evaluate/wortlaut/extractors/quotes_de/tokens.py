"""Words, sentences and paragraphs of a text, as columns of equal length."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from itertools import accumulate, pairwise

from wortlaut.extractors.quotes_de.lexicon import WORDS

_TOKEN = re.compile(r"\w+(?:[-–'’&/:+]\w+|\.[a-zäöüß0-9]\w*|,(?=\d)\w+)*|\.{2,}|[^\w\s]")
_FINAL = frozenset({".", "!", "?", "…", "...", "...."})
_CLOSING = frozenset("“”\"»«’‘'›‹)]")
_ENDING = _FINAL | _CLOSING
_OPENING = frozenset("„“”\"»«‚‘'›‹([")
#: No sentence has more words outside quotation marks; what looks longer is a list, and rules look far.
_LONGEST = 200
#: Behind every text.
_FAR = sys.maxsize
_NO_QUOTE = _FAR, _FAR
_STARTERS = frozenset(
    word.capitalize()
    for section in ("determiner", "pronoun", "preposition", "adverb", "subordinator", "coordinator")
    for word in WORDS[section]
)


@dataclass(frozen=True, slots=True)
class Words:
    """Tokens as columns, and the half-open token ranges of the sentences.

    ``paragraph`` holds for each sentence the number of the paragraph it is in.
    """

    text: str
    form: list[str]
    low: list[str]
    start: list[int]
    end: list[int]
    sentences: list[tuple[int, int]]
    paragraph: list[int]


def split_words(text: str, quoted: list[tuple[int, int]]) -> Words:
    """Tokens and sentences; a sentence never ends inside one of the ``quoted`` character ranges."""
    matches = list(_TOKEN.finditer(text))
    form = [match.group() for match in matches]
    start, end = map(list, zip(*(match.span() for match in matches), strict=True)) if matches else ([], [])
    breaks = _sentence_ends(text, form, start, end, quoted)
    sentences = list(pairwise([0, *(last for last, _ in breaks)]))
    paragraph = list(accumulate((ends for _, ends in breaks), initial=0))[:-1]
    return Words(text, form, [word.lower() for word in form], start, end, sentences, paragraph)


def _sentence_ends(
    text: str, form: list[str], start: list[int], end: list[int], quoted: list[tuple[int, int]]
) -> list[tuple[int, bool]]:
    """Token indices after which a sentence ends, each with whether a paragraph ends there, too."""
    ends: list[tuple[int, bool]] = []
    outside, line = 0, text.find("\n", *start[:1])
    quotes = iter(quoted)
    opens, closes = next(quotes, _NO_QUOTE)
    for i, (word, begin, stop, following) in enumerate(
        zip(form, start, end, [*start[1:], _FAR], strict=False)
    ):
        line_end = 0 <= line < following or following == _FAR
        if line_end:
            line = text.find("\n", following)
        while closes < stop:
            opens, closes = next(quotes, _NO_QUOTE)
        if opens <= begin and stop < closes:
            continue
        outside += 1
        if line_end or outside > _LONGEST or (word in _ENDING and _ends_sentence(form, i, start, end)):
            ends.append((i + 1, line_end))
            outside = 0
    return ends


_ORDINAL_LEADS = frozenset(
    "der des dem den die das am zum zur im seines seinem ihres ihrem jeder vom beim".split()
)


def _ends_sentence(form: list[str], i: int, start: list[int], end: list[int]) -> bool:
    word, following = form[i], form[i + 1]
    starts = following[0].isupper() or following[0].isdigit() or following in _OPENING
    if word in _CLOSING:
        return i > 0 and form[i - 1] in _FINAL and start[i + 1] != end[i] and starts
    if word in _FINAL and start[i + 1] == end[i]:
        return i > 0 and following[0].isupper() and form[i - 1].islower() and len(form[i - 1]) > 3
    if not starts or (word == "..." and following not in _STARTERS):
        return False
    if word == "." and i and end[i - 1] == start[i]:
        if form[i - 1].isdigit() and i > 1 and form[i - 2].lower() in _ORDINAL_LEADS:
            return following in _STARTERS
        return not _is_abbreviated(form[i - 1], following)
    return True


def _is_abbreviated(word: str, following: str) -> bool:
    if word in WORDS["abbreviation"]:
        return following not in _STARTERS or word in WORDS["honorific"]
    if len(word) == 1:
        return word.isalpha()
    number = (word.isdigit() and len(word) < 3) or (word.isupper() and set(word) <= set("IVXL"))
    return number and following not in _STARTERS and following not in _OPENING
