"""From a text to drafts of its quotes: marks, words, clauses, rules."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace

from wortlaut.extractors.quotes_de.announced import from_nouns
from wortlaut.extractors.quotes_de.assembly import Found, assemble
from wortlaut.extractors.quotes_de.clauses import Sentence, analyse
from wortlaut.extractors.quotes_de.cues import Cue, find_cues
from wortlaut.extractors.quotes_de.direct import Marked, from_marks
from wortlaut.extractors.quotes_de.drafts import Draft
from wortlaut.extractors.quotes_de.free import free_indirect, reported
from wortlaut.extractors.quotes_de.indirect import from_cue
from wortlaut.extractors.quotes_de.marks import find_quoted
from wortlaut.extractors.quotes_de.names import can_speak
from wortlaut.extractors.quotes_de.nouns import Phrase
from wortlaut.extractors.quotes_de.participants import find_subject
from wortlaut.extractors.quotes_de.sources import from_sources
from wortlaut.extractors.quotes_de.tokens import Words, split_words
from wortlaut.model import Annotations


@dataclass(frozen=True, slots=True)
class Analysis:
    """A text in words, marked stretches and sentences."""

    words: Words
    marked: list[Marked]
    sentences: list[Sentence]


def analyse_text(text: str) -> Analysis:
    """What the rules look at; time and space grow with the length of the text only."""
    quoted = find_quoted(text)
    outer = [(quote.start, quote.end) for quote in quoted if not quote.depth]
    words = split_words(text, outer)
    marked = _token_ranges(words, [(q.start, q.end, q.depth, q.closed) for q in quoted])
    return Analysis(words, marked, _sentences(words, marked))


def quotes_of(text: str) -> Annotations:
    """Quotes and the clusters of their speakers."""
    analysis = analyse_text(text)
    return assemble(analysis.words, find_drafts(analysis.sentences, analysis.marked))


def _token_ranges(words: Words, quoted: list[tuple[int, int, int, bool]]) -> list[Marked]:
    ranges = []
    for start, end, depth, closed in quoted:
        first = bisect_left(words.start, start)
        last = bisect_right(words.end, end)
        if first < last and words.start[first] == start and words.end[last - 1] == end:
            ranges.append(Marked(first, last, depth, closed))
    return ranges


def _sentences(words: Words, marked: list[Marked]) -> list[Sentence]:
    inside: set[int] = set()
    for quote in marked:
        if not quote.depth:
            inside.update(range(quote.start, quote.end))
    frozen = frozenset(inside)
    return [
        analyse(words, start, end, paragraph, frozen)
        for (start, end), paragraph in zip(words.sentences, words.paragraph, strict=True)
    ]


def find_drafts(sentences: list[Sentence], marked: list[Marked]) -> list[Found]:
    """The drafts of all sentences, in text order."""
    found: list[Found] = []
    at = 0
    previous = -2
    for number, sentence in enumerate(sentences):
        here = []
        while at < len(marked) and marked[at].start < sentence.end:
            here.append(marked[at])
            at += 1
        cues = find_cues(sentence)
        same_paragraph = number > 0 and sentences[number - 1].paragraph == sentence.paragraph
        quoted_before = same_paragraph and previous == number - 1
        drafts = _sentence_drafts(sentence, here, cues, quoted_before)
        if drafts or cues:
            previous = number
        if not drafts and (heard := _heard(sentence, cues)):
            found.append(Found(None, number, heard))
        for draft in drafts:
            last = found[-1].draft if found and found[-1].sentence == number - 1 else None
            if last and same_paragraph and _adjoins(last, draft):
                content = (last.content[0][0], draft.content[0][1])
                found[-1] = Found(replace(draft, content=(content, *draft.content[1:])), number)
            elif last and same_paragraph and _continues(last, draft):
                whole = ((last.content[0][0], draft.content[-1][1]),)
                found[-1] = Found(replace(last, content=whole), number)
            else:
                silent = draft.carried and same_paragraph and not (found and found[-1].sentence >= number - 1)
                if silent and (heard := _likely(sentences[number - 1])):
                    found.append(Found(None, number - 1, heard))
                found.append(Found(draft, number))
    return found


def _heard(sentence: Sentence, cues: list[Cue]) -> Phrase | None:
    """Who speaks in a sentence that holds no quotation: what follows may be theirs."""
    for cue in cues:
        kind = sentence.segments[cue.segment].kind
        if kind in ("main", "first") and cue.speaker and not cue.entry.uses.isdisjoint("cno"):
            return cue.speaker
    return None


def _likely(before: Sentence) -> Phrase | None:
    """The subject of a sentence in which nobody was heard, if it can speak."""
    for segment in before.segments:
        if segment.kind in ("main", "first"):
            subject = find_subject(before, segment, segment.verb)
            return subject if subject and can_speak(before.words, subject) else None
    return None


def _continues(before: Draft, draft: Draft) -> bool:
    return draft.rule == before.rule == "free-subjunctive"


def _adjoins(before: Draft, draft: Draft) -> bool:
    """Whether nothing stands between two marked stretches: „…“ „…“, sagte X."""
    return (
        before.rule == "direct-alone"
        and draft.type == "direct"
        and before.content[-1][1] == draft.content[0][0]
    )


def _sentence_drafts(
    sentence: Sentence, marked: list[Marked], cues: list[Cue], quoted_before: bool
) -> list[Draft]:
    drafts = from_sources(sentence)
    for cue in cues:
        draft = from_cue(sentence, cue, cues)
        if draft:  # of two verbs of one speaker the nearer one announces the clause
            drafts = [one for one in drafts if (one.content, one.speaker) != (draft.content, draft.speaker)]
            drafts.append(draft)
    drafts += from_nouns(sentence, drafts)
    if not drafts:
        free = free_indirect(sentence, quoted_before) or reported(sentence, cues)
        if free:
            drafts.append(free)
    direct = from_marks(sentence, marked, cues, drafts)
    whole = {draft.content for draft in direct}
    drafts = [draft for draft in drafts if draft.content not in whole and not _covered(draft, direct)]
    return sorted(drafts + direct, key=lambda draft: (draft.content[0][0], -draft.content[-1][1]))


def _covered(draft: Draft, direct: list[Draft]) -> bool:
    """Whether direct quotes with the same cue make up all of an indirect draft."""
    if not draft.cue:
        return False
    own = {k for start, end in draft.content for k in range(start, end)}
    for quote in direct:
        own -= set(range(quote.content[0][0], quote.content[0][1]))
    return len(own) < 3
