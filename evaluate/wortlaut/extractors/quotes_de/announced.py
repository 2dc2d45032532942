"""Indirect quotations that a noun or an adjective announces: die Behauptung, dass …"""

from __future__ import annotations

from wortlaut.extractors.quotes_de.clauses import Segment, Sentence, has_subjunctive
from wortlaut.extractors.quotes_de.drafts import Draft, Range
from wortlaut.extractors.quotes_de.indirect import is_purpose
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.nouns import is_adjective, noun_phrase
from wortlaut.extractors.quotes_de.participants import find_subject
from wortlaut.extractors.quotes_de.verbs import FIN, INF, PART, verb_readings


def from_nouns(sentence: Sentence, taken: list[Draft]) -> list[Draft]:
    """Quotations that a noun announces: ``die Behauptung, dass …``, ``ist der Meinung, …``."""
    found = []
    starts = {start for draft in taken for start, _ in draft.content}
    for index, segment in enumerate(sentence.segments[:-1]):
        following = sentence.segments[index + 1]
        if segment.after not in ",:" or following.start in starts or following.start in sentence.inside:
            continue
        noun = _announcing(sentence, segment)
        if noun >= 0 and _announced(sentence, following, noun):
            found.append(_by_noun(sentence, index, noun))
        elif following.kind in ("dass", "main") and (draft := _by_attitude(sentence, index)):
            found.append(draft)
    return found


def _by_attitude(sentence: Sentence, index: int) -> Draft | None:
    """``X ist sicher, dass …``, ``X hält es für möglich, dass …``."""
    words = sentence.words
    segment, following = sentence.segments[index], sentence.segments[index + 1]
    verb = segment.verb
    last = segment.end - 1 - (words.low[segment.end - 1] == "an")
    if (
        verb < 0
        or words.low[verb] not in WORDS["attitude_verb"]
        or words.low[last] not in WORDS["attitude"]
        or (following.kind == "main" and not _is_reported(sentence, following))
    ):
        return None
    speaker = find_subject(sentence, segment, verb)
    if speaker is None or words.low[speaker.head] in ("es", "das", "dies"):
        return None
    own = {k for k in range(verb, segment.end) if words.low[k] in ("sich", "es")}
    lead = last - 1 if words.low[last - 1] in ("für", "als") else last
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
    for k in range(last, max(segment.start, last - 6) - 1, -1):
        if words.form[k] in WORDS["claim"] and k not in sentence.inside:
            phrase = noun_phrase(words, k, segment.end)
            return k if k == last or (phrase and phrase.end == last + 1) else -1
    return -1


def _announced(sentence: Sentence, following: Segment, noun: int) -> bool:
    if following.kind == "inf":
        return sentence.words.form[noun] in WORDS["directive"] and not is_purpose(sentence, following)
    return following.kind == "dass" or (following.kind == "main" and _is_reported(sentence, following))


def _is_reported(sentence: Sentence, following: Segment) -> bool:
    return has_subjunctive(sentence, following.start, following.end, both=False)


def _by_noun(sentence: Sentence, index: int, noun: int) -> Draft:
    words = sentence.words
    segment, start = sentence.segments[index], sentence.segments[index + 1].start
    ends = (
        part.start - 1
        for part in sentence.segments[index + 2 :]
        if (part.kind == "first" and segment.verb < 0)
        or (
            part.kind == "bare"
            and part.end - part.start < 4
            and verb_readings(words.low[part.end - 1]) & PART
        )
    )
    end = next(ends, sentence.stop)
    lead = noun
    while lead > segment.start and (
        words.low[lead - 1] in WORDS["determiner"] or is_adjective(words, lead - 1)
    ):
        lead -= 1
    verb = segment.verb
    light = verb >= 0 and (words.low[verb] in WORDS["light_verb"] or words.low[verb] in WORDS["passive"])
    cue = tuple(range(lead, noun + 1))
    speaker = None
    if light:
        if lead > segment.start and words.low[lead - 1] in ("zu", "zum", "zur"):
            lead -= 1
        cue = (verb, *range(lead, noun + 1))
        speaker = find_subject(sentence, segment, verb)
        if speaker and speaker.start <= noun < speaker.end:
            speaker = None
    elif noun + 1 < segment.end and words.low[noun + 1] in ("der", "des", "von", "vom", "eines", "einer"):
        speaker = noun_phrase(words, noun + 1, segment.end)
    frame: tuple[Range, ...] = ((sentence.start, start),)
    if end < sentence.stop:
        frame = (*frame, (end, sentence.stop))
    medium = "speech/thought" if words.form[noun] in WORDS["opinion"] else "speech"
    return Draft(
        "indirect", "indirect-noun", medium, ((start, end),), tuple(sorted(cue)), speaker, None, frame
    )
