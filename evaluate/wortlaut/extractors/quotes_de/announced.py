"""Indirect quotations that a noun or an adjective announces: die Behauptung, dass …"""

from __future__ import annotations

from itertools import pairwise

from wortlaut.extractors.quotes_de.clauses import Segment, Sentence, has_subjunctive
from wortlaut.extractors.quotes_de.drafts import Draft
from wortlaut.extractors.quotes_de.indirect import is_purpose
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.nouns import is_adjective, noun_phrase
from wortlaut.extractors.quotes_de.participants import find_subject
from wortlaut.extractors.quotes_de.verbs import FIN, INF, PART, verb_readings

#: What a clause that is announced can be.
_ANNOUNCED = frozenset({"dass", "main", "inf"})


def from_nouns(sentence: Sentence, taken: list[Draft]) -> list[Draft]:
    """Quotations that a noun announces: ``die Behauptung, dass …``, ``ist der Meinung, …``."""
    starts = {start for draft in taken for start, _ in draft.content}
    places = (
        index
        for index, (segment, following) in enumerate(pairwise(sentence.segments))
        if following.kind in _ANNOUNCED and segment.after in ",:"
        if following.start not in starts and following.start not in sentence.inside
    )
    drafts = (_by_noun(sentence, index) or _by_attitude(sentence, index) for index in places)
    return [draft for draft in drafts if draft]


def _by_attitude(sentence: Sentence, index: int) -> Draft | None:
    """``X ist sicher, dass …``, ``X hält es für möglich, dass …``."""
    low = sentence.words.low
    segment, following = sentence.segments[index : index + 2]
    verb = segment.verb
    last = segment.end - 1 - (low[segment.end - 1] == "an")
    holds = verb >= 0 and low[verb] in WORDS["attitude_verb"] and low[last] in WORDS["attitude"]
    speaker = find_subject(sentence, segment, verb) if holds and _is_told(sentence, following) else None
    if speaker is None or low[speaker.head] in ("es", "das", "dies"):
        return None
    own = {k for k in range(verb, segment.end) if low[k] in ("sich", "es")}
    lead = last - (low[last - 1] in ("für", "als"))
    cue = tuple(sorted({verb, *own, *range(lead, segment.end)}))
    frame = ((sentence.start, following.start),)
    content = ((following.start, sentence.stop),)
    return Draft("indirect", "indirect-attitude", "speech/thought", content, cue, speaker, None, frame)


def _announcing(sentence: Sentence, segment: Segment) -> int:
    """The claim noun whose phrase ends the segment; -1 if there is none."""
    words = sentence.words
    last = segment.end - 1
    while last > max(segment.start, segment.end - 4) and verb_readings(words.low[last]) & (PART | INF | FIN):
        last -= 1
    near = range(last, max(segment.start, last - 6) - 1, -1)
    k = next((k for k in near if words.form[k] in WORDS["claim"] and k not in sentence.inside), -1)
    phrase = noun_phrase(words, k, segment.end) if k >= 0 else None
    return k if k == last or (phrase and phrase.end == last + 1) else -1


def _announced(sentence: Sentence, following: Segment, noun: int) -> bool:
    if following.kind == "inf":
        return sentence.words.form[noun] in WORDS["directive"] and not is_purpose(sentence, following)
    return _is_told(sentence, following)


def _is_told(sentence: Sentence, clause: Segment) -> bool:
    """Whether the clause says what somebody says or thinks: by ``dass``, or by its mood."""
    return clause.kind == "dass" or (
        clause.kind == "main" and has_subjunctive(sentence, clause.start, clause.end, both=False)
    )


def _by_noun(sentence: Sentence, index: int) -> Draft | None:
    words, low = sentence.words, sentence.words.low
    segment, following = sentence.segments[index : index + 2]
    noun, verb, start = _announcing(sentence, segment), segment.verb, following.start
    if noun < 0 or not _announced(sentence, following, noun):
        return None
    ends = (
        part.start - 1
        for part in sentence.segments[index + 2 :]
        if (part.kind == "first" and verb < 0)
        or (part.kind == "bare" and part.end - part.start < 4 and verb_readings(low[part.end - 1]) & PART)
    )
    end = next(ends, sentence.stop)
    lead = noun
    while lead > segment.start and (low[lead - 1] in WORDS["determiner"] or is_adjective(words, lead - 1)):
        lead -= 1
    light = verb >= 0 and (low[verb] in WORDS["light_verb"] or low[verb] in WORDS["passive"])
    speaker = None
    if light:
        lead -= lead > segment.start and low[lead - 1] in ("zu", "zum", "zur")
        speaker = find_subject(sentence, segment, verb)
    elif noun + 1 < segment.end and low[noun + 1] in ("der", "des", "von", "vom", "eines", "einer"):
        speaker = noun_phrase(words, noun + 1, segment.end)
    if speaker and speaker.start <= noun < speaker.end:
        speaker = None
    cue = tuple(sorted([*range(lead, noun + 1), *[verb] * light]))
    frame = ((sentence.start, start), (end, sentence.stop))
    medium = "speech/thought" if words.form[noun] in WORDS["opinion"] else "speech"
    return Draft("indirect", "indirect-noun", medium, ((start, end),), cue, speaker, None, frame)
