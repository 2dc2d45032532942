"""Indirect quotations: a cue verb with its clause, or a source phrase with the rest of its sentence."""

from __future__ import annotations

from wortlaut.extractors.quotes_de.clauses import Segment, Sentence
from wortlaut.extractors.quotes_de.cues import Cue
from wortlaut.extractors.quotes_de.drafts import Draft, Range, trimmed
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.nouns import Phrase, noun_phrase, with_apposition
from wortlaut.extractors.quotes_de.verbs import FIN, INF, PART, SUBJ, SUBJ2, cue_forms, verb_readings


def from_cue(sentence: Sentence, cue: Cue, cues: list[Cue]) -> Draft | None:
    """The indirect quotation that the cue verb introduces, follows or interrupts."""
    segment = sentence.segments[cue.segment]
    if segment.kind == "wie":
        return _wie(sentence, cue, segment)
    forward = _forward(sentence, cue, cues)
    if forward:
        return forward
    if cue.segment and _verb_first(sentence, segment, cue):
        return _backward(sentence, cue, segment)
    return None


def _verb_first(sentence: Sentence, segment: Segment, cue: Cue) -> bool:
    lead = segment.start
    if sentence.words.low[lead] == "so" and cue.verb == lead + 1:
        return True
    return cue.verb == lead


def has_subjunctive(sentence: Sentence, start: int, end: int, both: bool = True) -> bool:
    """Whether a finite verb of ``[start, end)`` outside marks is in the subjunctive (I, or I and II)."""
    words = sentence.words
    for i in range(start, end):
        bits = verb_readings(words.low[i])
        if i in sentence.inside and words.low[i] not in WORDS["subjunctive_one"]:
            continue
        if bits & SUBJ and (words.form[i][0].islower() or i == start):
            if words.low[i] in WORDS["subjunctive_one"] or _is_verb_here(sentence, i, end):
                return True
        elif both and bits & SUBJ2:
            return True
    return False


def _is_verb_here(sentence: Sentence, i: int, end: int) -> bool:
    """Whether a form in -e is a verb, not an adjective: no noun follows, no article precedes."""
    words = sentence.words
    before = words.low[i - 1] if i > sentence.start else ""
    if (
        before in WORDS["determiner"]
        or before in WORDS["preposition"]
        or (
            before.endswith(("e", "en", "er"))
            and (before not in WORDS["pronoun"] and before.islower() and words.form[i - 1][0].islower())
        )
    ):
        return False
    if i + 1 >= end:
        return True
    following = words.form[i + 1]
    return not following[0].isupper() or words.form[i - 1][0].isupper() or before in WORDS["pronoun"]


def _forward(sentence: Sentence, cue: Cue, cues: list[Cue]) -> Draft | None:
    """Content behind the cue's clause: dass, ob, an infinitive with zu, or verb second."""
    segments = sentence.segments
    uses = cue.entry.uses
    j = cue.segment + 1
    colon = segments[cue.segment].after == ":"
    while j < len(segments):
        segment = segments[j]
        kind = segment.kind
        clause = "c" in uses or "e" in uses or "q" in uses or "g" in uses
        if segment.start in sentence.inside and segments[j - 1].after == ":":
            return None
        if kind == "dass" and (clause or "n" in uses or "z" in uses):
            return _with_content(sentence, cue, segment.start, "indirect-dass", cues)
        if kind == "question" and ("c" in uses or "g" in uses):
            return _with_content(sentence, cue, segment.start, "indirect-question", cues)
        if kind == "inf" and "z" in uses and not _um_zu(sentence, segment):
            return _with_content(sentence, cue, segment.start, "indirect-infinitive", cues)
        if clause and _conditional(sentence, j):
            return _with_content(sentence, cue, segment.start, "indirect-verb-second", cues)
        if kind in ("main", "first") and (clause or colon):
            if "g" in uses and not has_subjunctive(sentence, segment.start, segment.end):
                return None
            if not colon and sentence.words.low[segment.start] in WORDS["coordinator"]:
                return None
            return _with_content(sentence, cue, segment.start, "indirect-verb-second", cues)
        if kind in ("rel", "sub", "bare", "inf", "wie", "question"):
            j += 1
            continue
        return None
    return None


def _conditional(sentence: Sentence, j: int) -> bool:
    """Whether segment ``j`` is a subordinate clause in front of its main clause in the subjunctive."""
    segments = sentence.segments
    if segments[j].kind != "sub" or j + 1 == len(segments) or segments[j + 1].kind != "first":
        return False
    if sentence.words.low[segments[j].start] in ("weil", "nachdem", "als"):
        return False
    return has_subjunctive(sentence, segments[j].start, segments[j + 1].end)


def _um_zu(sentence: Sentence, segment: Segment) -> bool:
    return sentence.words.low[segment.start] in ("um", "ohne", "statt", "anstatt")


def _with_content(sentence: Sentence, cue: Cue, start: int, rule: str, cues: list[Cue]) -> Draft | None:
    end = content_end(sentence, start, cue, cues)
    content = trimmed(sentence.words, start, end)
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
    if segment.kind in ("dass", "sub", "rel", "question"):
        return segment.start if segment.kind == "dass" else sentence.start
    return sentence.start


def content_end(sentence: Sentence, start: int, cue: Cue, cues: list[Cue]) -> int:
    """The end of the content: the sentence's, or where the narrator's main clause goes on."""
    words = sentence.words
    subjunctive = has_subjunctive(sentence, start, sentence.stop, both=False)
    for segment in sentence.segments:
        if segment.start <= start or segment.kind not in ("main", "first") or not subjunctive:
            continue
        goes_on = words.low[segment.start] in ("und", "aber", "doch", "jedoch")
        if goes_on and not has_subjunctive(sentence, segment.start, segment.end):
            return segment.start - 1
    for k in range(start + 2, sentence.stop - 1):
        if words.low[k] in ("und", "aber") and k not in sentence.inside:
            following = words.low[k + 1]
            bits = verb_readings(following)
            if following in cue_forms() and bits & FIN and not bits & (PART | INF | SUBJ | SUBJ2):
                return k
    return sentence.stop


def _backward(sentence: Sentence, cue: Cue, segment: Segment) -> Draft | None:
    """Content before the cue's clause: ``…, sagte X`` and ``…, sagte X, …``."""
    before = sentence.segments[: cue.segment]
    if not cue.entry.uses & {"c", "e", "q", "n", "z"}:
        return None
    if all(part.kind in ("sub", "wie", "rel", "bare", "inf") for part in before) and before[0].kind in (
        "sub",
        "wie",
    ):
        return None
    if cue.entry.uses.isdisjoint({"c", "e"}) and not any(
        part.kind in ("main", "first", "dass") for part in before
    ):
        return None
    if before[0].kind == "bare" and cue.speaker and cue.speaker.start < segment.start:
        return None
    comma = segment.start - 1
    head = trimmed(sentence.words, sentence.start, comma)
    stop, rest = _frame_end(sentence, cue.segment)
    content = head + rest
    if not content:
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


def _frame_end(sentence: Sentence, index: int) -> tuple[int, tuple[Range, ...]]:
    """Where an inserted frame ends and what of the content follows it."""
    before = sentence.segments[:index]
    following = sentence.segments[index + 1 :]
    complete = any(part.verb >= 0 for part in before)
    for part in following:
        if part.kind in ("rel", "bare") and complete:
            continue
        if complete and part.kind not in ("main", "first", "dass"):
            continue
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
        following = sentence.segments[cue.segment + 1 :]
        rest: tuple[Range, ...] = ()
        stop = sentence.stop
        for part in following:
            if part.kind not in ("rel", "bare"):
                rest = trimmed(words, part.start, sentence.stop)
                stop = part.start
                break
        content = trimmed(words, sentence.start, comma) + rest
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


def from_sources(sentence: Sentence) -> list[Draft]:
    """Quotations by a source phrase: laut X, X zufolge, nach Angaben von X, so X, demnach."""
    words = sentence.words
    found = []
    for i in range(sentence.start, sentence.stop):
        word = words.low[i]
        if word not in _TRIGGERS or i in sentence.inside:
            continue
        draft = _TRIGGERS[word](sentence, i)
        if draft:
            found.append(draft)
    return found


def _rest(sentence: Sentence, start: int, end: int) -> tuple[Range, ...]:
    """The sentence without the frame ``[start, end)``."""
    words = sentence.words
    return trimmed(words, sentence.start, start) + trimmed(words, end, sentence.stop)


def _source(
    sentence: Sentence, rule: str, start: int, end: int, cue: tuple[int, ...], speaker: Phrase, medium: str
) -> Draft | None:
    content = _rest(sentence, start, end)
    if not content or sum(b - a for a, b in content) < 3:
        return None
    return Draft("indirect", rule, medium, content, cue, speaker, None, ((start, end),))


def is_source(word: str) -> bool:
    """Whether a noun names what somebody said or wrote (``Angaben``, ``Polizeiangaben``)."""
    if word in WORDS["source"]:
        return True
    tail = word.lower()
    return any(tail.endswith(end) for end in WORDS["source_tail"])


def _laut(sentence: Sentence, i: int) -> Draft | None:
    words = sentence.words
    phrase = noun_phrase(words, i + 1, sentence.stop)
    if phrase is None or phrase.pronoun:
        return None
    phrase = with_apposition(sentence, phrase)
    medium = "speech/writing"
    return _source(sentence, "indirect-laut", i, phrase.end, (i,), phrase, medium)


def _nach(sentence: Sentence, i: int) -> Draft | None:
    words = sentence.words
    phrase = noun_phrase(words, i + 1, sentence.stop)
    if phrase and not phrase.pronoun and _has_source_head(sentence, phrase):
        if i and words.low[i - 1] == "je":
            return None
        return _source(sentence, "indirect-nach", i, phrase.end, (i,), phrase, _nach_medium(sentence, phrase))
    before = _phrase_before(sentence, i)
    if before and any(w in WORDS["source"] for w in words.form[before.start : before.end]):
        return _source(
            sentence, "indirect-nach", before.start, i + 1, (i,), before, _nach_medium(sentence, before)
        )
    return None


def _nach_medium(sentence: Sentence, phrase: Phrase) -> str:
    thought = {"Meinung", "Ansicht", "Auffassung", "Einschätzung", "Überzeugung", "Schätzung", "Schätzungen"}
    return (
        "speech/thought"
        if thought & set(sentence.words.form[phrase.start : phrase.end])
        else "speech/writing"
    )


def _has_source_head(sentence: Sentence, phrase: Phrase) -> bool:
    """Whether the first noun of the phrase, before its genitives, is a source noun."""
    words = sentence.words
    for k in range(phrase.start, phrase.end):
        if words.form[k][0].isupper() and words.low[k] not in WORDS["determiner"]:
            return is_source(words.form[k]) or (k < phrase.head and is_source(words.form[phrase.head]))
    return False


def _phrase_before(sentence: Sentence, i: int) -> Phrase | None:
    """The longest noun phrase that ends right before token ``i``."""
    words = sentence.words
    best = None
    for start in range(i - 1, max(sentence.start, i - 14) - 1, -1):
        if words.form[start] in ",;:":
            break
        phrase = noun_phrase(words, start, i)
        if (
            phrase
            and phrase.end == i
            and not (
                start > sentence.start
                and words.low[start - 1] in WORDS["preposition"]
                and words.low[start] not in ("den",)
            )
        ):
            best = phrase
    return best


def _zufolge(sentence: Sentence, i: int) -> Draft | None:
    phrase = _phrase_before(sentence, i)
    if phrase is None:
        return None
    return _source(sentence, "indirect-zufolge", phrase.start, i + 1, (i,), phrase, "speech/writing")


def _gemaess(sentence: Sentence, i: int) -> Draft | None:
    phrase = noun_phrase(sentence.words, i + 1, sentence.stop)
    if phrase is None or phrase.pronoun or not _has_source_head(sentence, phrase):
        return None
    return _source(sentence, "indirect-gemäß", i, phrase.end, (i,), phrase, "speech/writing")


def _so(sentence: Sentence, i: int) -> Draft | None:
    words = sentence.words
    for index, segment in enumerate(sentence.segments):
        if segment.start != i or not index:
            continue
        phrase = noun_phrase(words, i + 1, segment.end)
        if phrase is None or (segment.kind not in ("bare", "inf") and segment.verb < phrase.end):
            return None
        if phrase.oblique or words.low[phrase.start] in ("viele", "viel"):
            return None
        if (
            phrase.end < segment.end
            and segment.verb >= 0
            and words.low[phrase.end] not in WORDS["preposition"]
        ):
            return None
        phrase = with_apposition(sentence, phrase)
        stop, rest = _frame_end(sentence, index)
        content = trimmed(words, sentence.start, i - 1) + rest
        if not content:
            return None
        return Draft(
            "indirect", "indirect-so", "speech/writing", content, (i,), phrase, None, ((i - 1, stop),)
        )
    return None


def _demnach(sentence: Sentence, i: int) -> Draft | None:
    if i != sentence.start:
        return None
    content = trimmed(sentence.words, i + 1, sentence.stop)
    if not content or sentence.words.form[i + 1] == ",":
        return None
    speaker = Phrase(i, i + 1, i)
    return Draft(
        "indirect", "indirect-demnach", "speech/writing", content, (i,), speaker, None, ((i, i + 1),)
    )


def _wonach(sentence: Sentence, i: int) -> Draft | None:
    words = sentence.words
    if i == sentence.start or words.form[i - 1] != ",":
        return None
    content = trimmed(words, i + 1, sentence.stop)
    if not content:
        return None
    before = _phrase_before(sentence, i - 1)
    return Draft(
        "indirect",
        "indirect-wonach",
        "speech/writing",
        content,
        (i,),
        before,
        None,
        ((sentence.start, i + 1),),
    )


_TRIGGERS = {
    "laut": _laut,
    "nach": _nach,
    "zufolge": _zufolge,
    "gemäß": _gemaess,
    "so": _so,
    "demnach": _demnach,
    "wonach": _wonach,
}
