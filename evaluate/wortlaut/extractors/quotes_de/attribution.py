"""Who says quotations that are given: the found quote at the same place, else the words around it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter, itemgetter

from wortlaut.extractors.quotes_de.assembly import Found, assembled
from wortlaut.extractors.quotes_de.clauses import Sentence
from wortlaut.extractors.quotes_de.cues import find_cues
from wortlaut.extractors.quotes_de.direct import attributed
from wortlaut.extractors.quotes_de.drafts import Draft, Range, required_span
from wortlaut.extractors.quotes_de.marks import Quoted
from wortlaut.extractors.quotes_de.nouns import Phrase
from wortlaut.extractors.quotes_de.participants import find_subject
from wortlaut.extractors.quotes_de.pipeline import Analysis, analyse_text, find_drafts
from wortlaut.extractors.quotes_de.tokens import Words
from wortlaut.model import Quote, Span

#: A found quote is taken for the given one when they share at least this part of their characters.
_SAME = 0.5


def attribute_text(text: str, given: Sequence[Quote]) -> list[Quote]:
    """The given quotes, in order, with the roles, the speaker's name and the rule filled in."""
    analysis = analyse_text(text)
    found = find_drafts(analysis.sentences, analysis.marked)
    matches = [_same_place(analysis.words, quote, found) for quote in given]
    extra = [None if match else _around(analysis, quote) for match, quote in zip(matches, given, strict=True)]
    everything = sorted(
        filter(None, [*found, *extra]),
        key=lambda item: (item.sentence, item.draft.content[0][0] if item.draft else -1),
    )
    drafts = (id(item) for item in everything if item.draft)
    quotes = dict(zip(drafts, assembled(analysis.words, everything), strict=True))
    sources = [quotes.get(id(match or own)) for match, own in zip(matches, extra, strict=True)]
    return [
        replace(source, id=quote.id, type=quote.type, content=quote.content, parent=quote.parent)
        if source
        else quote
        for quote, source in zip(given, sources, strict=True)
    ]


def _same_place(words: Words, quote: Quote, found: list[Found]) -> Found | None:
    """The found quote that shares most with the given one; a found one of the same type first."""
    shares = (
        (
            item,
            _shared(required_span(words, item.draft.content), quote.content),
            item.draft.type == quote.type,
        )
        for item in found
        if item.draft
    )
    same = ((share + alike, item) for item, share, alike in shares if share >= _SAME)
    return max(same, key=itemgetter(0), default=(0, None))[1]


def _shared(one: Span, other: Span) -> float:
    """The part of the characters of two spans that both have."""
    both = one.overlap(other)
    return both / (len(one) + len(other) - both)


def _around(analysis: Analysis, quote: Quote) -> Found | None:
    """A draft for a quote that no rule found, by the cue beside it or the speaker before it."""
    words, sentences = analysis.words, analysis.sentences
    tokens = ((bisect_right(words.end, start), bisect_left(words.start, end)) for start, end in quote.content)
    ranges = tuple((first, last) for first, last in tokens if first < last)
    if not ranges:
        return None
    start, end = ranges[0][0], ranges[-1][1]
    number = bisect_right(sentences, end - 1, key=attrgetter("start")) - 1
    sentence = sentences[number]
    base = Draft(quote.type, "attribution-carried", "speech/writing", ranges, carried=True)
    local = Quoted(max(start, sentence.start), min(end, sentence.end), 0, True)
    cues = [cue for cue in find_cues(sentence) if not _within(cue.verb, ranges)]
    around = replace(base, rule="attribution-around")
    draft = attributed(sentence, around, local, cues)
    if draft is None and (subject := _subject(sentence, quote, ranges)):
        draft = replace(around, speaker=subject, carried=False)
    return Found(draft or base, number)


def _subject(sentence: Sentence, quote: Quote, ranges: tuple[Range, ...]) -> Phrase | None:
    """The subject of the clause that tells of a reported quote, or stands beside another one."""
    reported = quote.type == "reported"
    tells = (s for s in sentence.segments if s.kind in ("main", "first"))
    told = (s for s in tells if reported or not _within(s.verb, ranges))
    subjects = (find_subject(sentence, segment, segment.verb) for segment in told)
    return next((s for s in subjects if s and (reported or not _within(s.head, ranges))), None)


def _within(token: int, ranges: tuple[Range, ...]) -> bool:
    return any(start <= token < end for start, end in ranges)
