"""Indirect quotations by a cue verb: behind it, before it, or around it."""

from __future__ import annotations

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
    inner = segments[cue.segment].kind in ("rel", "sub", "question")
    clause = not uses.isdisjoint("ceqg")
    for j, segment in enumerate(segments[cue.segment + 1 :], cue.segment + 1):
        kind = segment.kind
        if segment.start in sentence.inside and segments[j - 1].after == ":":
            return None
        if kind == "dass" and _takes_dass(sentence, cue, segment):
            return _with_content(sentence, cue, segment.start, "indirect-dass", cues)
        if kind == "question" and _takes_question(sentence, cue, segment):
            return _with_content(sentence, cue, segment.start, "indirect-question", cues)
        if kind == "inf" and not uses.isdisjoint("zcn") and not is_purpose(sentence, segment):
            return _with_content(sentence, cue, segment.start, "indirect-infinitive", cues)
        if clause and _conditional(sentence, j):
            return _with_content(sentence, cue, segment.start, "indirect-verb-second", cues)
        if kind in ("main", "first") and (clause or colon):
            if not colon and not _verb_second(sentence, cue, segment, inner):
                return None
            return _with_content(sentence, cue, segment.start, "indirect-verb-second", cues)
        if kind not in ("rel", "sub", "bare", "inf", "wie", "question"):
            return None
    return None


def _takes_dass(sentence: Sentence, cue: Cue, segment: Segment) -> bool:
    uses = cue.entry.uses
    if "D" in uses and cue.entry.adverb not in [sentence.words.low[k] for k in cue.tokens]:
        return False
    return not uses.isdisjoint("cezn") or has_subjunctive(sentence, segment.start, sentence.stop)


def _takes_question(sentence: Sentence, cue: Cue, segment: Segment) -> bool:
    """An indirect question is a quotation behind a verb of asking, or by its subjunctive."""
    if cue.entry.uses.isdisjoint("cg"):
        return False
    if cue.entry.lemma in ("fragen", "nach|fragen", "berichten", "schildern", "beschreiben", "dar|legen"):
        return sentence.words.low[segment.start] not in ("was", "welche", "welcher", "welches")
    return has_subjunctive(sentence, segment.start, segment.end, both=False)


def _verb_second(sentence: Sentence, cue: Cue, segment: Segment, inner: bool) -> bool:
    """Whether a clause without a conjunction is what the cue introduces: by its mood, or right behind it."""
    words = sentence.words
    lead = words.low[segment.start]
    if lead in WORDS["coordinator"] or (segment.kind == "first" and lead in cue_forms()):
        return False
    if has_subjunctive(sentence, segment.start, segment.end):
        return segment.kind == "main" or not inner
    if segment.kind == "first" or inner or "c" not in cue.entry.uses:
        return False
    own = sentence.segments[cue.segment]
    last = max(cue.tokens) if cue.speaker is None else max(*cue.tokens, cue.speaker.end - 1)
    return own.end - last <= 3 and (not cue.entry.adverb or len(cue.tokens) > 1)


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


def _with_content(sentence: Sentence, cue: Cue, start: int, rule: str, cues: list[Cue]) -> Draft | None:
    content = trimmed(sentence.words, start, content_end(sentence, start, cues))
    if not content:
        return None
    lead = _frame_start(sentence, cue, cues)
    return Draft(
        "indirect", rule, cue.entry.medium, content, cue.tokens, cue.speaker, cue.addressee, ((lead, start),)
    )


def _frame_start(sentence: Sentence, cue: Cue, cues: list[Cue]) -> int:
    """The beginning of the cue's main clause: behind a coordinated clause, else of the sentence."""
    segment = sentence.segments[cue.segment]
    for other in cues:
        if other.verb < cue.verb and other.segment == cue.segment:
            for k in range(cue.verb - 1, other.verb, -1):
                if sentence.words.low[k] in ("und", "aber", "sowie"):
                    return k
        elif (
            other.segment < cue.segment
            and segment.kind in ("main", "first")
            and sentence.words.low[segment.start] in WORDS["coordinator"]
        ):
            return segment.start
    return segment.start if segment.kind == "dass" else sentence.start


def content_end(sentence: Sentence, start: int, cues: list[Cue]) -> int:
    """The end of the content: the sentence's, or where the narrator's main clause goes on."""
    words = sentence.words
    subjunctive = has_subjunctive(sentence, start, sentence.stop, both=False)
    for segment in sentence.segments:
        if segment.start <= start or segment.kind not in ("main", "first") or not subjunctive:
            continue
        goes_on = words.low[segment.start] in ("und", "aber", "doch", "jedoch")
        if goes_on and not has_subjunctive(sentence, segment.start, segment.end):
            return segment.start - 1
    for other in cues:
        aside = sentence.segments[other.segment]
        if aside.kind == "wie" and aside.start > start and other.entry.uses & {"c", "e", "n"}:
            return aside.start - 1
    for k in range(start + 2, sentence.stop - 1):
        if words.low[k] in ("und", "aber") and k not in sentence.inside:
            bits = verb_readings(words.low[k + 1])
            if words.low[k + 1] in cue_forms() and bits & FIN and not bits & (PART | INF | SUBJ | SUBJ2):
                return k
    return sentence.stop


def _backward(sentence: Sentence, cue: Cue, segment: Segment) -> Draft | None:
    """Content before the cue's clause: ``…, sagte X`` and ``…, sagte X, …``."""
    before, uses, speaker = sentence.segments[: cue.segment], cue.entry.uses, cue.speaker
    whole = any(part.kind in _COMPLETE for part in before)
    if not whole and (before[0].kind in ("sub", "wie") or uses.isdisjoint("ce")):
        return None
    behind = speaker is not None and 0 < speaker.start - cue.verb < 5
    near = behind or "e" in uses or (cue.passive and segment.end - segment.start < 5)
    comma = segment.start - 1
    if uses.isdisjoint("ceqnz") or not near or before[-1].after != "," or _only_marked(sentence, comma):
        return None
    stop, rest = frame_end(sentence, cue.segment)
    content = trimmed(sentence.words, sentence.start, comma) + rest
    if not content or not (whole or (rest and cue.speaker)):
        return None
    return Draft(
        "indirect",
        "indirect-cue-after",
        cue.entry.medium,
        content,
        cue.tokens,
        cue.speaker,
        cue.addressee,
        ((comma, stop),),
    )


def _only_marked(sentence: Sentence, end: int) -> bool:
    """Whether all before ``end``, back to the start or a colon, lies in quotation marks."""
    k = end - 1
    while k >= sentence.start and k in sentence.inside:
        k -= 1
    return k < end - 1 and (k < sentence.start or sentence.words.form[k] == ":")


def frame_end(sentence: Sentence, index: int) -> tuple[int, tuple[Range, ...]]:
    """Where an inserted frame ends and what of the content follows it."""
    before, own = sentence.segments[:index], sentence.segments[index]
    complete = any(part.verb >= 0 for part in before) or own.start - 2 in sentence.inside
    for part in sentence.segments[index + 1 :]:
        if not complete or part.kind in ("main", "first", "dass"):
            return part.start, trimmed(sentence.words, part.start, sentence.stop)
    return sentence.stop, ()


def _wie(sentence: Sentence, cue: Cue, segment: Segment) -> Draft | None:
    if not cue.entry.uses & {"c", "e", "g", "n", "q"}:
        return None
    words = sentence.words
    if cue.segment == 0:
        content = trimmed(words, segment.end, sentence.stop)
        frame = (segment.start, min(segment.end + 1, sentence.stop))
    else:
        comma = segment.start - 1
        following = (p for p in sentence.segments[cue.segment + 1 :] if p.kind not in ("rel", "bare"))
        stop = next((part.start for part in following), sentence.stop)
        content = trimmed(words, sentence.start, comma) + trimmed(words, stop, sentence.stop)
        frame = (comma, stop)
    if not content:
        return None
    return Draft(
        "indirect",
        "indirect-wie",
        cue.entry.medium,
        content,
        cue.tokens,
        cue.speaker,
        cue.addressee,
        (frame,),
    )
