"""From a text to drafts of its quotes: marks, words, clauses, rules."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace

from wortlaut.extractors.quotes_de.announced import from_nouns
from wortlaut.extractors.quotes_de.assembly import Found, assemble
from wortlaut.extractors.quotes_de.clauses import Sentence, analyse
from wortlaut.extractors.quotes_de.cues import Cue, find_cues
from wortlaut.extractors.quotes_de.direct import from_marks
from wortlaut.extractors.quotes_de.drafts import Draft
from wortlaut.extractors.quotes_de.free import free_indirect, reported
from wortlaut.extractors.quotes_de.indirect import from_cue
from wortlaut.extractors.quotes_de.marks import Quoted, find_quoted
from wortlaut.extractors.quotes_de.nouns import Phrase
from wortlaut.extractors.quotes_de.participants import able_subject
from wortlaut.extractors.quotes_de.sources import from_sources
from wortlaut.extractors.quotes_de.tokens import Words, split_words
from wortlaut.model import Annotations


@dataclass(frozen=True, slots=True)
class Analysis:
    """A text in words, marked stretches and sentences."""

    words: Words
    marked: list[Quoted]
    sentences: list[Sentence]


def analyse_text(text: str) -> Analysis:
    """What the rules look at; time and space grow with the length of the text only."""
    quoted = find_quoted(text)
    words = split_words(text, [(quote.start, quote.end) for quote in quoted if not quote.depth])
    marked = _in_tokens(words, quoted)
    inside = frozenset(k for quote in marked if not quote.depth for k in range(quote.start, quote.end))
    sentences = [
        analyse(words, start, end, paragraph, inside)
        for (start, end), paragraph in zip(words.sentences, words.paragraph, strict=True)
    ]
    return Analysis(words, marked, sentences)


def quotes_of(text: str) -> Annotations:
    """Quotes and the clusters of their speakers."""
    analysis = analyse_text(text)
    return assemble(analysis.words, find_drafts(analysis.sentences, analysis.marked))


def _in_tokens(words: Words, quoted: list[Quoted]) -> list[Quoted]:
    """The stretches of characters as such of tokens, where they begin and end with one."""
    ranges = []
    for quote in quoted:
        first, last = bisect_left(words.start, quote.start), bisect_right(words.end, quote.end)
        if first < last and words.start[first] == quote.start and words.end[last - 1] == quote.end:
            ranges.append(replace(quote, start=first, end=last))
    return ranges


def find_drafts(sentences: list[Sentence], marked: list[Quoted]) -> list[Found]:
    """The drafts of all sentences, in text order."""
    found: list[Found] = []
    previous = -2
    starts = [quote.start for quote in marked]
    for number, sentence in enumerate(sentences):
        here = marked[bisect_left(starts, sentence.start) : bisect_left(starts, sentence.end)]
        cues = find_cues(sentence)
        same_paragraph = number > 0 and sentences[number - 1].paragraph == sentence.paragraph
        drafts = _sentence_drafts(sentence, here, cues, same_paragraph and previous == number - 1)
        if drafts or cues:
            previous = number
        if not drafts and (heard := _speaker_without_quote(sentence, cues)):
            found.append(Found(None, number, heard))
        for draft in drafts:
            last = found[-1].draft if found and found[-1].sentence == number - 1 else None
            if last and same_paragraph and _adjoins(last, draft):
                content = (last.content[0][0], draft.content[0][1])
                found[-1] = Found(replace(draft, content=(content, *draft.content[1:])), number)
            elif last and same_paragraph and draft.rule == last.rule == "free-subjunctive":
                whole = ((last.content[0][0], draft.content[-1][1]),)
                found[-1] = Found(replace(last, content=whole), number)
            else:
                silent = draft.carried and same_paragraph and not (found and found[-1].sentence >= number - 1)
                if silent and (heard := _able_subject(sentences[number - 1])):
                    found.append(Found(None, number - 1, heard))
                found.append(Found(draft, number))
    return found


def _speaker_without_quote(sentence: Sentence, cues: list[Cue]) -> Phrase | None:
    """Who speaks in a sentence that holds no quotation: what follows may be theirs."""
    telling = (cue for cue in cues if sentence.segments[cue.segment].kind in ("main", "first"))
    return next(
        (cue.speaker for cue in telling if cue.speaker and not cue.entry.uses.isdisjoint("cno")), None
    )


def _able_subject(before: Sentence) -> Phrase | None:
    """The subject of a sentence in which nobody was heard, if it can speak."""
    main = next((segment for segment in before.segments if segment.kind in ("main", "first")), None)
    return able_subject(before, main) if main else None


def _adjoins(before: Draft, draft: Draft) -> bool:
    """Whether nothing stands between two marked stretches: „…“ „…“, sagte X."""
    return (
        before.rule == "direct-alone"
        and draft.type == "direct"
        and before.content[-1][1] == draft.content[0][0]
    )


def _sentence_drafts(
    sentence: Sentence, marked: list[Quoted], cues: list[Cue], quoted_before: bool
) -> list[Draft]:
    if sentence.end - sentence.start == 1:  # a word alone quotes nothing
        return from_marks(sentence, marked, cues, [])
    drafts = from_sources(sentence)
    for cue in cues:
        draft = from_cue(sentence, cue, cues)
        if draft:  # of two verbs of one speaker the nearer one announces the clause
            drafts = [one for one in drafts if (one.content, one.speaker) != (draft.content, draft.speaker)]
            drafts.append(draft)
    drafts += from_nouns(sentence, drafts)
    if not drafts and (free := free_indirect(sentence, quoted_before) or reported(sentence, cues)):
        drafts = [free]
    direct = from_marks(sentence, marked, cues, drafts)
    whole = {draft.content for draft in direct}
    drafts = [draft for draft in drafts if draft.content not in whole and not _covered(draft, direct)]
    return sorted(drafts + direct, key=lambda draft: (draft.content[0][0], -draft.content[-1][1]))


def _covered(draft: Draft, direct: list[Draft]) -> bool:
    """Whether direct quotes with the same cue make up all of an indirect draft."""
    if not draft.cue:
        return False
    own = {k for start, end in draft.content for k in range(start, end)}
    return len(own.difference(*(range(*quote.content[0]) for quote in direct))) < 3
