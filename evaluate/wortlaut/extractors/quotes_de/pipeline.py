"""From a text to its quotes: marks, words, clauses, rules, speakers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace

from wortlaut.document import Annotations, Cluster, Quote, Span
from wortlaut.extractors.quotes_de.clauses import Sentence, analyse
from wortlaut.extractors.quotes_de.cues import Cue, find_cues
from wortlaut.extractors.quotes_de.direct import Marked, from_marks
from wortlaut.extractors.quotes_de.drafts import Draft, span_of
from wortlaut.extractors.quotes_de.free import free_indirect, reported
from wortlaut.extractors.quotes_de.indirect import from_cue, from_nouns, from_sources
from wortlaut.extractors.quotes_de.marks import find_quoted
from wortlaut.extractors.quotes_de.names import Speakers, full_names
from wortlaut.extractors.quotes_de.nouns import Phrase
from wortlaut.extractors.quotes_de.tokens import Words, split_words


@dataclass(frozen=True, slots=True)
class Found:
    """A draft with the paragraph it stands in."""

    draft: Draft
    sentence: int


def quotes_of(text: str) -> Annotations:
    """Quotes and the clusters of their speakers."""
    quoted = find_quoted(text)
    outer = [(quote.start, quote.end) for quote in quoted if not quote.depth]
    words = split_words(text, outer)
    marked = _token_ranges(words, [(q.start, q.end, q.depth, q.closed) for q in quoted])
    sentences = _sentences(words, marked)
    drafts = find_drafts(sentences, marked)
    return _annotations(words, drafts)


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
        drafts = _sentence_drafts(sentence, here, cues, quoted_before=previous == number - 1)
        if drafts or cues:
            previous = number
        for draft in drafts:
            last = found[-1] if found else None
            same_paragraph = number > 0 and sentences[number - 1].paragraph == sentence.paragraph
            if last and same_paragraph and last.sentence == number - 1 and _continues(last.draft, draft):
                content = ((last.draft.content[0][0], draft.content[-1][1]),)
                found[-1] = Found(replace(last.draft, content=content), number)
            else:
                found.append(Found(draft, number))
    return found


def _continues(before: Draft, draft: Draft) -> bool:
    return draft.rule == before.rule == "free-subjunctive"


def _sentence_drafts(
    sentence: Sentence, marked: list[Marked], cues: list[Cue], quoted_before: bool
) -> list[Draft]:
    drafts = from_sources(sentence)
    for cue in cues:
        draft = from_cue(sentence, cue, cues)
        if draft:
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


def _annotations(words: Words, found: list[Found]) -> Annotations:
    speakers = Speakers(words, full_names(words))
    quotes = []
    mentions: dict[str, set[Span]] = {}
    last: tuple[Phrase | None, str | None] = (None, None)
    for number, item in enumerate(found):
        draft = item.draft
        speaker, attribution, entity = draft.speaker, None, None
        if speaker is not None:
            entity, anaphoric = speakers.resolve(speaker)
            attribution = "anaphoric" if anaphoric else "explicit"
            last = (speaker, entity)
        elif draft.carried and last[0] is not None:
            speaker, entity = last
            attribution = "implicit"
        content = span_of(words, draft.content)
        if content is None:
            continue
        speaker_span = span_of(words, [(speaker.start, speaker.end)]) if speaker else None
        if entity and speaker_span:
            mentions.setdefault(entity, set()).add(speaker_span)
        quotes.append(
            Quote(
                id=f"q{number + 1}",
                type=draft.type,
                content=content,
                medium=draft.medium,
                cue=span_of(words, [(k, k + 1) for k in draft.cue]),
                speaker=speaker_span,
                addressee=span_of(words, [(draft.addressee.start, draft.addressee.end)])
                if draft.addressee
                else None,
                frame=span_of(words, draft.frame),
                speaker_entity=entity,
                attribution=attribution,
                rule=draft.rule,
            )
        )
    return Annotations(quotes=tuple(_nested(quotes)), clusters=tuple(_clusters(mentions)))


def _nested(quotes: list[Quote]) -> Iterable[Quote]:
    """The quotes with the smallest other quote that holds each as its parent."""
    for index, quote in enumerate(quotes):
        holder = None
        for other in quotes[max(0, index - 6) : index + 7]:
            if (
                other.id != quote.id
                and len(other.content) > len(quote.content)
                and other.content.contains(quote.content)
            ) and (holder is None or len(other.content) < len(holder.content)):
                holder = other
        yield replace(quote, parent=holder.id) if holder else quote


def _clusters(mentions: dict[str, set[Span]]) -> Iterable[Cluster]:
    for name in sorted(mentions):
        yield Cluster(id=name, name=name, mentions=tuple(sorted(mentions[name])))
