"""Direct quotes between quotation marks, a name beside them as the speaker: a row to beat in any language.

No model and no list of names; ``language="en"`` adds English verbs of saying and pronouns. What it does, and
what it does not: ``docs/quotes-simple.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

from wortlaut.extractors.plain import view
from wortlaut.model import Annotations, Quote, Span, Text

#: Which signs close what a sign opened. A text is read with double ones, or with single ones.
DOUBLE = {"“": '”"', "„": '“”"', "”": "”", '"': '"”', "«": "»", "»": "«", "「": "」", "『": "』"}
SINGLE = {"‘": "’'", "‚": "‘’'", "'": "'’", "‹": "›", "›": "‹", "「": "」"}
_MARKS = "".join({*DOUBLE, *SINGLE, *"".join(DOUBLE.values()), *"".join(SINGLE.values())})
#: An apostrophe before these is the end of a word that was parted from its beginning: John 's.
_PARTED = re.compile(r"(?:s|t|d|m|ll|re|ve)\b", re.IGNORECASE)
_PARAGRAPH = re.compile(r"\n\s*\n")
#: A full stop behind one to three letters with a capital is that of Mr. or an initial.
_SENTENCE = re.compile(r"[!?…](?=\s)|(?<!\b[A-Z])(?<!\b[A-Z][a-z])(?<!\b[A-Z][a-z]{2})\.(?=\s)|\n\s*\n")
_PUNCTUATED = re.compile(r"[.,!?…;:—–。、！？-]\s*$")
_WORD = re.compile(r"[^\W\d_]+(?:[-'’.](?=[^\W\d_])[^\W\d_]+)*")
#: How long a quote may be, and how far from it a name or a verb may stand, in characters.
_LONGEST, _NEAR = 5000, 120
#: How far back a pronoun looks for the last name.
_BACK = 1000
#: How many words make a stretch without punctuation at its end a quote and no title, no single word.
_FEWEST = 4

_SAYING = frozenset(
    """say says said saying tell tells told ask asks asked reply replies replied answer answers answered
    add adds added cry cries cried exclaim exclaims exclaimed whisper whispers whispered shout shouts shouted
    mutter muttered murmur murmured remark remarks remarked observe observed return returned continue
    continues continued begin began think thinks thought write writes wrote repeat repeated insist insists
    insisted argue argues argued note notes noted explain explains explained declare declares declared
    announce announces announced warn warns warned state states stated call calls called tweet tweets tweeted
    claim claims claimed suggest suggests suggested admit admits admitted agree agrees agreed demand demanded
    inquire inquired enquire enquired interrupt interrupted sigh sighed scream screamed concede conceded
    acknowledge acknowledged describe describes described recall recalled""".split()
)
_PRONOUNS = frozenset("he she they i we".split())
_DETERMINERS = frozenset("the a an his her their its my our one".split())


@dataclass(frozen=True)
class _Reading:
    """What a text says of its own words: one that is written small somewhere is no name."""

    text: str

    @cached_property
    def small(self) -> frozenset[str]:
        return frozenset(word[0] for word in _WORD.finditer(self.text) if word[0].islower())

    def is_name(self, word: str) -> bool:
        return word[0].isupper() and len(word) > 1 and word.casefold() not in self.small

    def names(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Runs of capitalised words; a full stop behind up to three letters is that of an abbreviation."""
        run: tuple[int, int] | None = None
        for word in _WORD.finditer(self.text, start, end):
            between = self.text[run[1] : word.start()] if run else ""
            joined = run and (between.isspace() or (between.strip() == "." and run[1] - run[0] < 4))
            if self.is_name(word[0]):
                run, done = (
                    ((run[0] if run and joined else word.start()), word.end()),
                    None if joined else run,
                )
            else:
                run, done = None, run
            if done:
                yield done
        if run:
            yield run


class QuotesSimple:
    """The extractor; ``language`` is ``en``, or empty for what needs no language."""

    finds = ("quotes",)

    def __init__(self, language: Literal["", "en"] = "") -> None:
        self.english = language == "en"

    def extract(self, texts: Sequence[Text]) -> Iterable[Annotations]:
        for text in texts:
            seen = view(text)
            reading, quotes = _Reading(seen.text), list[Quote]()
            marked = find_marked(seen.text)
            ends = [0, *(end for _, end in marked)], [*(start for start, _ in marked[1:]), len(seen.text)]
            for (start, end), low, high in zip(marked, *ends, strict=False):
                quote = Quote(f"q{len(quotes) + 1}", "direct", Span.of(start, end))
                quote = self._attributed(reading, quote, low, high)
                inner = seen.text[start:end].strip(_MARKS)
                if quote.cue or _PUNCTUATED.search(inner) or len(_WORD.findall(inner)) >= _FEWEST:
                    quotes.append(quote)
            yield seen.back(Annotations(quotes=tuple(quotes)))

    def attribute(
        self, texts: Sequence[Text], quotes: Sequence[Sequence[Quote]]
    ) -> Iterable[Sequence[Quote]]:
        """The given quotes with cue and speaker, by the words beside them."""
        for text, given in zip(texts, quotes, strict=True):
            reading = _Reading(text)
            pieces = sorted(piece for quote in given for piece in quote.content)
            after = {one: other[0] for one, other in pairwise(pieces)}
            before = {other: one[1] for one, other in pairwise(pieces)}
            found = []
            for quote in given:
                answer = quote
                for piece in quote.content:
                    low, high = before.get(piece, 0), after.get(piece, len(text))
                    own = self._attributed(reading, replace(quote, content=Span.of(*piece)), low, high)
                    answer = replace(own, content=quote.content)
                    if answer.speaker:
                        break
                found.append(answer)
            yield found

    def _attributed(self, reading: _Reading, quote: Quote, low: int, high: int) -> Quote:
        """With cue and speaker from the sentence behind the quote, else from that before it."""
        text, (start, end) = reading.text, (quote.content.start, quote.content.end)
        stop = _SENTENCE.search(text, end, min(high, end + _NEAR))
        behind = end, stop.start() if stop else max(end, min(high, end + _NEAR))
        begin = max(low, start - _NEAR, 0)
        starts = [
            one.end() for one in _SENTENCE.finditer(text, begin, start) if text[one.end() : start].strip()
        ]
        ahead = min(start, max([begin, *starts])), start
        for place, forward in ((behind, True), (ahead, False)):
            found = self._near(reading, *place, forward)
            if found is not None:
                cue, speaker = (Span.of(*one) if one else None for one in found)
                who = self._who(reading, speaker, start) if speaker else None
                return replace(quote, cue=cue, speaker=speaker, speaker_entity=who)
        return quote

    def _near(
        self, reading: _Reading, start: int, end: int, forward: bool
    ) -> tuple[tuple[int, int] | None, tuple[int, int] | None] | None:
        """The cue and the speaker in a stretch beside a quote, those next to the quote first."""
        text = reading.text
        words = list(_WORD.finditer(text, start, end))
        names = list(reading.names(start, end))
        if self.english:
            verbs = [word.span() for word in words if word[0].casefold() in _SAYING]
            if not verbs:
                return None
            cue = verbs[0 if forward else -1]
            subjects = [*names, *_others(words)]
            gaps = sorted(
                (max(a - cue[1], cue[0] - b), (a, b)) for a, b in subjects if b <= cue[0] or a >= cue[1]
            )
            near = [place for gap, place in gaps if gap <= _NEAR // 4]
            return cue, near[0] if near else None
        if not names:
            return None
        name = names[0 if forward else -1]
        before = [word.span() for word in words if word.end() <= name[0]]
        behind = [word.span() for word in words if word.start() >= name[1]]
        # What stands between the quote and the name, else beyond the name.
        beside = before[:1] or behind[:1] if forward else behind[-1:] or before[-1:]
        return beside[0] if beside and text[beside[0][0]].islower() else None, name

    def _who(self, reading: _Reading, speaker: Span, quote: int) -> str | None:
        """The name; of a pronoun or a phrase the last one before it, outside of the quote."""
        name: tuple[int, int] | None = speaker.fragments[0]
        words, before = speaker.text(reading.text), min(speaker.start, quote)
        if words[0].islower() or words.casefold() in _PRONOUNS:
            *_, name = (None, *reading.names(max(0, before - _BACK), before))
        return name and re.sub(r"['’]s?$", "", " ".join(reading.text[slice(*name)].split()))


def _others(words: Sequence[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """English subjects that are no names: pronouns, and phrases of up to four words: ``the old man``."""
    for place, word in enumerate(words):
        if word[0].casefold() in _PRONOUNS:
            yield word.span()
        elif word[0].casefold() in _DETERMINERS:
            phrase = word
            for follower in words[place + 1 : place + 4]:
                beyond = follower.start() != phrase.end() + 1 or follower[0][0].isupper()
                if beyond or follower[0].casefold() in _SAYING:
                    break
                phrase = follower
            if phrase is not word:
                yield word.start(), phrase.end()


def find_marked(text: str) -> list[tuple[int, int]]:
    """The outermost stretches between quotation marks, marks included.

    A stretch ends at a blank line unless the next paragraph begins with the same mark.
    """
    pairs = max((DOUBLE, SINGLE), key=lambda kind: sum(_opens(text, i, kind) for i in _signs(text, kind)))
    breaks = [one.start() for one in _PARAGRAPH.finditer(text)]
    found, start, passed = [], -1, 0
    for at in _signs(text, pairs):
        while passed < len(breaks) and breaks[passed] < at:
            if start >= 0 and text[at] == text[start] and not text[breaks[passed] : at].strip():
                found.append((start, breaks[passed]))
            start, passed = -1, passed + 1
        if start >= 0 and text[at] in pairs[text[start]] and _closes(text, at) and at - start < _LONGEST:
            found.append((start, at + 1))
            start = -1
        elif _opens(text, at, pairs) and (start < 0 or text[at] == text[start]):
            start = at
    return [(start, end) for start, end in found if text[start + 1 : end - 1].strip()]


def _signs(text: str, pairs: dict[str, str]) -> list[int]:
    signs = "".join(pairs) + "".join(pairs.values())
    return [one.start() for one in re.finditer(f"[{re.escape(signs)}]", text)]


def _opens(text: str, at: int, pairs: dict[str, str]) -> bool:
    """Whether it may open: not at the end of a word, nor, if it is an apostrophe, in one."""
    before, after = text[at - 1 : at] or " ", text[at + 1 : at + 2] or " "
    if text[at] in "„‚「『«»‹›":
        return text[at] in pairs
    free = not before.isalnum() and (not after.isspace() or before.isspace())
    return text[at] in pairs and free and not (text[at] in "'’" and _PARTED.match(text, at + 1))


def _closes(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at + 1 : at + 2] or " "
    if text[at] not in "\"'’":
        return True
    return (not before.isspace() or after.isspace()) and not (text[at] in "'’" and after.isalnum())


def create(language: Literal["", "en"] = "") -> QuotesSimple:
    """The extractor, for any language or for English."""
    return QuotesSimple(language)
