"""Indirect quotations: a cue verb with its clause, or a source phrase with the rest of its sentence."""

from __future__ import annotations

from wortlaut.extractors.quotes_de.clauses import Segment, Sentence
from wortlaut.extractors.quotes_de.cues import Cue, find_subject
from wortlaut.extractors.quotes_de.drafts import Draft, Range, trimmed
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.nouns import Phrase, is_adjective, noun_phrase, with_apposition
from wortlaut.extractors.quotes_de.verbs import FIN, INF, PART, SUBJ, SUBJ2, cue_forms, verb_readings

_COMPLETE = frozenset({"main", "first", "dass", "question"})


def from_cue(sentence: Sentence, cue: Cue, cues: list[Cue]) -> Draft | None:
    """The indirect quotation that the cue verb introduces, follows or interrupts."""
    segment = sentence.segments[cue.segment]
    if segment.kind == "wie":
        return _wie(sentence, cue, segment)
    follows = bool(cue.segment) and _verb_first(sentence, segment, cue)
    if follows and any(part.kind in _COMPLETE for part in sentence.segments[: cue.segment]):
        draft = _backward(sentence, cue, segment)
        if draft:
            return draft
    draft = _forward(sentence, cue, cues)
    return draft or (_backward(sentence, cue, segment) if follows else None)


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
        if (
            bits & SUBJ and (words.low[i] in WORDS["subjunctive_one"] or _is_verb_here(sentence, i, end))
        ) or (both and bits & SUBJ2):
            return True
    return False


def _is_verb_here(sentence: Sentence, i: int, end: int) -> bool:
    """Whether a form in -e is a verb: lower-case, and not an attribute between an article and its noun."""
    words = sentence.words
    if words.form[i][0].isupper():
        return False
    if i + 1 >= end or not words.form[i + 1][0].isupper() or i == sentence.start:
        return True
    before = words.low[i - 1]
    if before in WORDS["pronoun"] and before not in WORDS["determiner"]:
        return True
    return words.form[i - 1][0].isupper() and before not in WORDS["determiner"] | WORDS["preposition"]


def _forward(sentence: Sentence, cue: Cue, cues: list[Cue]) -> Draft | None:
    """Content behind the cue's clause: dass, ob, an infinitive with zu, or verb second."""
    segments = sentence.segments
    uses = cue.entry.uses
    j = cue.segment + 1
    colon = segments[cue.segment].after == ":"
    inner = segments[cue.segment].kind in ("rel", "sub", "question")
    clause = not uses.isdisjoint("ceqg")
    while j < len(segments):
        segment = segments[j]
        kind = segment.kind
        if segment.start in sentence.inside and segments[j - 1].after == ":":
            return None
        if kind == "dass" and _takes_dass(sentence, cue, segment):
            return _with_content(sentence, cue, segment.start, "indirect-dass", cues)
        if kind == "question" and _takes_question(sentence, cue, segment):
            return _with_content(sentence, cue, segment.start, "indirect-question", cues)
        if kind == "inf" and not uses.isdisjoint("zcn") and not _um_zu(sentence, segment):
            return _with_content(sentence, cue, segment.start, "indirect-infinitive", cues)
        if clause and _conditional(sentence, j):
            return _with_content(sentence, cue, segment.start, "indirect-verb-second", cues)
        if kind in ("main", "first") and (clause or colon):
            if not colon and not _verb_second(sentence, cue, segment, inner):
                return None
            return _with_content(sentence, cue, segment.start, "indirect-verb-second", cues)
        if kind in ("rel", "sub", "bare", "inf", "wie", "question"):
            j += 1
            continue
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
    if words.low[segment.start] in WORDS["coordinator"]:
        return False
    if segment.kind == "first" and words.low[segment.start] in cue_forms():
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
    for other in cues:
        aside = sentence.segments[other.segment]
        if aside.kind == "wie" and aside.start > start and other.entry.uses & {"c", "e", "n"}:
            return aside.start - 1
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
    whole = any(part.kind in _COMPLETE for part in before)
    if before[0].kind in ("sub", "wie") and not whole:
        return None
    if cue.entry.uses.isdisjoint({"c", "e"}) and not whole:
        return None
    speaker = cue.speaker
    behind = speaker is not None and 0 < speaker.start - cue.verb < 5
    if not behind and "e" not in cue.entry.uses and not (cue.passive and segment.end - segment.start < 5):
        return None
    comma = segment.start - 1
    if before[-1].after != "," or _only_marked(sentence, comma):
        return None
    head = trimmed(sentence.words, sentence.start, comma)
    stop, rest = _frame_end(sentence, cue.segment)
    content = head + rest
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


def _frame_end(sentence: Sentence, index: int) -> tuple[int, tuple[Range, ...]]:
    """Where an inserted frame ends and what of the content follows it."""
    before = sentence.segments[:index]
    following = sentence.segments[index + 1 :]
    complete = any(part.verb >= 0 for part in before) or sentence.segments[index].start - 2 in sentence.inside
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
    for segment in sentence.segments:
        if segment.kind == "rel" and segment.start < start and end <= segment.end:
            content = trimmed(sentence.words, segment.start, start) + trimmed(
                sentence.words, end, sentence.stop
            )
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
        if verb_readings(words.low[start]) & FIN:
            continue
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
    words = sentence.words
    if i != sentence.start and (words.form[i - 1] == "," or words.low[i - 1] in ("ist", "sind", "und")):
        return None
    content = trimmed(words, sentence.start, i) + trimmed(words, i + 1, sentence.stop)
    if not content or words.form[i + 1] == ",":
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
    if verb < 0 or words.low[verb] not in WORDS["attitude_verb"]:
        return None
    if following.kind == "main" and not has_subjunctive(sentence, following.start, following.end, both=False):
        return None
    last = segment.end - 1
    if words.low[last] == "an":
        last -= 1
    if words.low[last] not in WORDS["attitude"]:
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
    steps = 0
    while last > segment.start and steps < 3 and verb_readings(words.low[last]) & (PART | INF | FIN):
        last -= 1
        steps += 1
    for k in range(last, max(segment.start, last - 6) - 1, -1):
        if words.form[k] in WORDS["claim"] and k not in sentence.inside:
            phrase = noun_phrase(words, k, segment.end)
            return k if k == last or (phrase and phrase.end == last + 1) else -1
    return -1


def _announced(sentence: Sentence, following: Segment, noun: int) -> bool:
    if following.kind == "dass":
        return True
    if following.kind == "inf":
        return sentence.words.form[noun] in WORDS["directive"] and not _um_zu(sentence, following)
    return following.kind == "main" and has_subjunctive(sentence, following.start, following.end, both=False)


def _by_noun(sentence: Sentence, index: int, noun: int) -> Draft:
    words = sentence.words
    segment = sentence.segments[index]
    start = sentence.segments[index + 1].start
    end = sentence.stop
    for part in sentence.segments[index + 2 :]:
        goes_on = part.kind == "first" and segment.verb < 0
        closes = (
            part.kind == "bare"
            and part.end - part.start < 4
            and verb_readings(words.low[part.end - 1]) & PART
        )
        if goes_on or closes:
            end = part.start - 1
            break
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
    else:
        owner = noun_phrase(words, noun + 1, segment.end)
        if (
            owner
            and noun + 1 < segment.end
            and words.low[noun + 1] in ("der", "des", "von", "vom", "eines", "einer")
        ):
            speaker = owner
    frame: tuple[Range, ...] = ((sentence.start, start),)
    if end < sentence.stop:
        frame = (*frame, (end, sentence.stop))
    thought = words.form[noun] in WORDS["opinion"]
    medium = "speech/thought" if thought else "speech"
    return Draft(
        "indirect", "indirect-noun", medium, ((start, end),), tuple(sorted(cue)), speaker, None, frame
    )
