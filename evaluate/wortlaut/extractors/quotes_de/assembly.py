"""From drafts to quotes: spans, speakers and what is nested in what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from wortlaut.extractors.quotes_de.drafts import Draft, required_span, span_of
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.names import Speakers, full_names
from wortlaut.extractors.quotes_de.nouns import Phrase
from wortlaut.extractors.quotes_de.tokens import Words
from wortlaut.model import Annotations, Cluster, Quote, Span


@dataclass(frozen=True, slots=True)
class Found:
    """A draft and the number of its sentence; without a draft, only somebody who is ``heard`` there."""

    draft: Draft | None
    sentence: int
    heard: Phrase | None = None


def assemble(words: Words, found: list[Found]) -> Annotations:
    """The quotes of the drafts, and a cluster for each speaker."""
    quotes = list(_nested(assembled(words, found)))
    mentions: dict[str, set[Span]] = defaultdict(set)
    for quote in quotes:
        if quote.speaker_entity and quote.speaker:
            mentions[quote.speaker_entity].add(quote.speaker)
    clusters = (Cluster(name, name, mentions=tuple(sorted(mentions[name]))) for name in sorted(mentions))
    return Annotations(quotes=tuple(quotes), clusters=tuple(clusters))


def assembled(words: Words, found: list[Found]) -> list[Quote]:
    """One quote for each draft, in order, its speaker resolved or carried over."""
    speakers = Speakers(words, full_names(words))
    quotes: list[Quote] = []
    last: tuple[Phrase | None, str | None] = (None, None)
    for item in found:
        draft = item.draft
        if item.heard:
            last = item.heard, speakers.resolve(item.heard)[0]
        if draft is None:
            continue
        speaker, entity, attribution = draft.speaker, None, None
        if speaker is not None:
            entity, anaphoric = speakers.resolve(speaker)
            attribution = "anaphoric" if anaphoric else "explicit"
            if draft.rule != "indirect-demnach":
                last = speaker, entity
        elif draft.carried and last[0] is not None:
            (speaker, entity), attribution = last, "implicit"
        quotes.append(
            Quote(
                id=f"q{len(quotes) + 1}",
                type=draft.type,
                content=required_span(words, draft.content),
                medium=_medium(words, draft, speaker, quotes),
                cue=span_of(words, [(k, k + 1) for k in draft.cue]),
                speaker=_phrase_span(words, speaker),
                addressee=_phrase_span(words, draft.addressee),
                frame=span_of(words, draft.frame),
                speaker_entity=entity,
                attribution=attribution,
                rule=draft.rule,
            )
        )
    return quotes


def _phrase_span(words: Words, phrase: Phrase | None) -> Span | None:
    return span_of(words, [(phrase.start, phrase.end)]) if phrase else None


def _medium(words: Words, draft: Draft, speaker: Phrase | None, before: list[Quote]) -> str:
    """What the cue says, writing where a text speaks, and as before where there is no cue."""
    if draft.carried and not draft.cue and before and before[-1].medium:
        return before[-1].medium
    nouns = words.form[speaker.start : speaker.end][:3] if speaker and "thought" not in draft.medium else []
    written = any(noun in WORDS["written"] or noun in WORDS["media"] for noun in nouns)
    return "writing" if written else draft.medium


def _nested(quotes: list[Quote]) -> Iterable[Quote]:
    """The quotes with the smallest other quote that holds each as its parent."""
    for index, quote in enumerate(quotes):
        holders = (
            other
            for other in quotes[max(0, index - 6) : index + 7]
            if len(other.content) > len(quote.content) and other.content.contains(quote.content)
        )
        holder = min(holders, key=lambda other: len(other.content), default=None)
        yield replace(quote, parent=holder.id) if holder else quote
