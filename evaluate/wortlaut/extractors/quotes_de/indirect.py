"""Indirect quotations by a cue verb: behind it, before it, or around it."""

from __future__ import annotations

from itertools import chain

from wortlaut.extractors.quotes_de.clauses import Segment, Sentence, has_subjunctive
from wortlaut.extractors.quotes_de.cues import Cue
from wortlaut.extractors.quotes_de.drafts import Draft, Range, trimmed
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.verbs import FIN, INF, PART, SUBJ, SUBJ2, cue_forms, verb_readings

_COMPLETE = frozenset({"main", "first", "dass", "question"})


def from_cue(sentence: Sentence, cue: Cue, cues: list[Cue]) -> Draft | None:
    """The indirect quotation that the cue verb introduces, follows or interrupts."""
    segment = sentence.segments[cue.segment]
    if segment.kind == "wie":
        return _wie(sentence, cue, segment)
    lead = segment.start + (sentence.words.low[segment.start] == "so")
    follows = bool(cue.segment) and cue.verb in (segment.start, lead)
    before = _backward(sentence, cue, segment) if follows else None
    if before and any(part.kind in _COMPLETE for part in sentence.segments[: cue.segment]):
        return before
    return _forward(sentence, cue, cues) or before


def _forward(sentence: Sentence, cue: Cue, cues: list[Cue]) -> Draft | None:
    """Content behind the cue's clause: dass, ob, an infinitive with zu, or verb second."""
    segments, uses = sentence.segments, cue.entry.uses
    colon = segments[cue.segment].after == ":"
    clause = not uses.isdisjoint("ceqg")
    for j, segment in enumerate(segments[cue.segment + 1 :], cue.segment + 1):
        kind, start = segment.kind, segment.start
        if start in sentence.inside and segments[j - 1].after == ":":
            return None
        asserted = kind in ("main", "first") and (colon or (clause and _verb_second(sentence, cue, segment)))
        rules = (
            (kind == "dass" and _takes_dass(sentence, cue, segment), "indirect-dass"),
            (kind == "question" and _takes_question(sentence, cue, segment), "indirect-question"),
            (
                kind == "inf" and not uses.isdisjoint("zcn") and not is_purpose(sentence, segment),
                "indirect-infinitive",
            ),
            (asserted or (clause and _conditional(sentence, j)), "indirect-verb-second"),
        )
        if rule := next((rule for holds, rule in rules if holds), ""):
            content = trimmed(sentence.words, start, content_end(sentence, start, cues))
            return _by_cue(cue, rule, content, (_frame_start(sentence, cue, cues), start))
        if kind not in ("rel", "sub", "bare", "inf", "wie", "question"):
            return None
    return None


def _by_cue(cue: Cue, rule: str, content: tuple[Range, ...], frame: Range) -> Draft | None:
    roles = cue.tokens, cue.speaker, cue.addressee
    return Draft("indirect", rule, cue.entry.medium, content, *roles, (frame,)) if content else None


def _takes_dass(sentence: Sentence, cue: Cue, segment: Segment) -> bool:
    uses = cue.entry.uses
    adverb = "D" not in uses or cue.entry.adverb in [sentence.words.low[k] for k in cue.tokens]
    told = not uses.isdisjoint("cezn") or has_subjunctive(sentence, segment.start, sentence.stop)
    return adverb and told


def _takes_question(sentence: Sentence, cue: Cue, segment: Segment) -> bool:
    """An indirect question is a quotation behind a verb of asking, or by its subjunctive."""
    if cue.entry.lemma in ("fragen", "nach|fragen", "berichten", "schildern", "beschreiben", "dar|legen"):
        asked = sentence.words.low[segment.start] not in ("was", "welche", "welcher", "welches")
    else:
        asked = has_subjunctive(sentence, segment.start, segment.end, both=False)
    return asked and not cue.entry.uses.isdisjoint("cg")


def _verb_second(sentence: Sentence, cue: Cue, segment: Segment) -> bool:
    """Whether a clause without a conjunction is what the cue introduces: by its mood, or right behind it."""
    lead, own = sentence.words.low[segment.start], sentence.segments[cue.segment]
    inner = own.kind in ("rel", "sub", "question")
    if lead in WORDS["coordinator"] or (segment.kind == "first" and lead in cue_forms()):
        return False
    if has_subjunctive(sentence, segment.start, segment.end):
        return segment.kind == "main" or not inner
    last = max(cue.tokens) if cue.speaker is None else max(*cue.tokens, cue.speaker.end - 1)
    beside = own.end - last <= 3 and (not cue.entry.adverb or len(cue.tokens) > 1)
    return segment.kind == "main" and not inner and "c" in cue.entry.uses and beside


def _conditional(sentence: Sentence, j: int) -> bool:
    """Whether segment ``j`` is a subordinate clause in front of its main clause in the subjunctive."""
    segments = sentence.segments
    return (
        segments[j].kind == "sub"
        and j + 1 < len(segments)
        and segments[j + 1].kind == "first"
        and sentence.words.low[segments[j].start] not in ("weil", "nachdem", "als")
        and has_subjunctive(sentence, segments[j].start, segments[j + 1].end)
    )


def is_purpose(sentence: Sentence, segment: Segment) -> bool:
    return sentence.words.low[segment.start] in ("um", "ohne", "statt", "anstatt")


def _frame_start(sentence: Sentence, cue: Cue, cues: list[Cue]) -> int:
    """The beginning of the cue's main clause: behind a coordinated clause, else of the sentence."""
    low, segment = sentence.words.low, sentence.segments[cue.segment]
    coordinated = segment.kind in ("main", "first") and low[segment.start] in WORDS["coordinator"]
    if coordinated and any(other.segment < cue.segment for other in cues):
        return segment.start
    before = (other.verb for other in cues if other.segment == cue.segment)
    joints = (
        k for verb in before for k in range(cue.verb - 1, verb, -1) if low[k] in ("und", "aber", "sowie")
    )
    return next(joints, segment.start if segment.kind == "dass" else sentence.start)


def content_end(sentence: Sentence, start: int, cues: list[Cue]) -> int:
    """The end of the content: the sentence's, or where the narrator's main clause goes on."""
    low = sentence.words.low
    subjunctive = has_subjunctive(sentence, start, sentence.stop, both=False)
    clauses = (
        part.start - 1
        for part in sentence.segments
        if part.start > start and part.kind in ("main", "first") and subjunctive
        if low[part.start] in ("und", "aber", "doch", "jedoch")
        if not has_subjunctive(sentence, part.start, part.end)
    )
    asides = (sentence.segments[other.segment] for other in cues if other.entry.uses & {"c", "e", "n"})
    inserted = (part.start - 1 for part in asides if part.kind == "wie" and part.start > start)
    verbs = (
        k
        for k in range(start + 2, sentence.stop - 1)
        if low[k] in ("und", "aber") and k not in sentence.inside and low[k + 1] in cue_forms()
        if verb_readings(low[k + 1]) & (FIN | PART | INF | SUBJ | SUBJ2) == FIN
    )
    return next(chain(clauses, inserted, verbs), sentence.stop)


def _backward(sentence: Sentence, cue: Cue, segment: Segment) -> Draft | None:
    """Content before the cue's clause: ``…, sagte X`` and ``…, sagte X, …``."""
    before, uses, speaker = sentence.segments[: cue.segment], cue.entry.uses, cue.speaker
    whole = any(part.kind in _COMPLETE for part in before)
    opened = whole or (before[0].kind not in ("sub", "wie") and not uses.isdisjoint("ce"))
    behind = speaker is not None and 0 < speaker.start - cue.verb < 5
    near = behind or "e" in uses or (cue.passive and segment.end - segment.start < 5)
    comma = segment.start - 1
    told = opened and near and not uses.isdisjoint("ceqnz") and before[-1].after == ","
    stop, rest = frame_end(sentence, cue.segment)
    if not told or _only_marked(sentence, comma) or not (whole or (rest and speaker)):
        return None
    content = trimmed(sentence.words, sentence.start, comma) + rest
    return _by_cue(cue, "indirect-cue-after", content, (comma, stop))


def _only_marked(sentence: Sentence, end: int) -> bool:
    """Whether all before ``end``, back to the start or a colon, lies in quotation marks."""
    k = end - 1
    while k >= sentence.start and k in sentence.inside:
        k -= 1
    return k < end - 1 and (k < sentence.start or sentence.words.form[k] == ":")


def frame_end(sentence: Sentence, index: int) -> tuple[int, tuple[Range, ...]]:
    """Where an inserted frame ends and what of the content follows it."""
    before, own, following = (
        sentence.segments[:index],
        sentence.segments[index],
        sentence.segments[index + 1 :],
    )
    complete = any(part.verb >= 0 for part in before) or own.start - 2 in sentence.inside
    ends = (part.start for part in following if not complete or part.kind in ("main", "first", "dass"))
    end = next(ends, sentence.stop)
    return end, trimmed(sentence.words, end, sentence.stop)


def _wie(sentence: Sentence, cue: Cue, segment: Segment) -> Draft | None:
    if not cue.entry.uses & {"c", "e", "g", "n", "q"}:
        return None
    words, comma = sentence.words, segment.start - 1
    if cue.segment == 0:
        content = trimmed(words, segment.end, sentence.stop)
        frame = (segment.start, min(segment.end + 1, sentence.stop))
    else:
        following = (p for p in sentence.segments[cue.segment + 1 :] if p.kind not in ("rel", "bare"))
        stop = next((part.start for part in following), sentence.stop)
        content = trimmed(words, sentence.start, comma) + trimmed(words, stop, sentence.stop)
        frame = (comma, stop)
    return _by_cue(cue, "indirect-wie", content, frame)
