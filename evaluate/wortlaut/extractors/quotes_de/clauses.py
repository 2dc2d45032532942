"""Clauses of a sentence, from punctuation, small word lists and the place of the verb."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.tokens import Words
from wortlaut.extractors.quotes_de.verbs import AUX, FIN, INF, MAYBE, PART, SUBJ, SUBJ2, ZU, verb_readings

_SEPARATORS = frozenset(",;:–—")
_CUTS = _SEPARATORS | frozenset("()[]")
FINAL = frozenset({".", "!", "?", "…", "..."})
#: What also leads a clause is no subordinator then.
_PREPOSITIONS = WORDS["preposition"] | {"da", "als"}
#: What an attribute stands behind.
LEADS = WORDS["determiner"] | WORDS["preposition"]
_MARKS = frozenset("„“”\"»«‚‘’'›‹")
FUNCTION = frozenset().union(
    *(
        WORDS[section]
        for section in (
            "determiner", "pronoun", "object", "preposition", "subordinator", "coordinator",
            "adverb", "relative", "auxiliary",
        )
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segment:
    """Tokens ``[start, end)`` between two separators; ``after`` is the separator that follows.

    ``kind``: dass, wie, question, sub(ordinate), rel(ative), inf(initive), first (verb first),
    main (verb second) or bare (no verb). ``insert`` is the apposition or relative clause inside it.
    """

    start: int
    end: int
    after: str
    kind: str
    verb: int
    insert: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens ``[start, end)``.

    ``stop`` is the end without final punctuation, ``inside`` holds the tokens between marks.
    """

    words: Words
    start: int
    stop: int
    end: int
    segments: tuple[Segment, ...]
    inside: frozenset[int]
    paragraph: int


def analyse(words: Words, start: int, end: int, paragraph: int, inside: frozenset[int]) -> Sentence:
    """The clauses of one sentence; what is ``inside`` quotation marks is never split."""
    stop = end
    while stop > start and words.form[stop - 1] in FINAL and stop - 1 not in inside:
        stop -= 1
    segments = _with_inserts(words, _segments(words, start, stop, inside), inside)
    return Sentence(words, start, stop, end, tuple(segments), inside, paragraph)


_INSERTS = frozenset({"bare", "rel", "inf", "sub"})


def _with_inserts(words: Words, segments: list[Segment], inside: frozenset[int]) -> list[Segment]:
    """Joins a clause that an apposition or a relative clause cuts: ``X, der Sprecher, sagte``."""
    joined: list[Segment] = []
    i = 0
    while i < len(segments):
        k = i + 1
        while k < len(segments) and segments[k].kind in _INSERTS and segments[k - 1].after == ",":
            k += 1
        cut = k < len(segments) and segments[i].kind == "bare"
        whole = _whole(words, segments, i, k, inside) if cut else None
        joined.append(whole or segments[i])
        i = k + 1 if whole else i + 1
    return joined


def _whole(words: Words, segments: list[Segment], i: int, k: int, inside: frozenset[int]) -> Segment | None:
    """The clause that segment ``i`` begins and ``k`` ends, with what is inserted between them."""
    head, tail, low = segments[i], segments[k], words.low[segments[i].start]
    # A clause begins with a noun phrase, a preposition or a subordinator.
    begins = words.form[head.start][0].isupper() or low in FUNCTION
    if segments[k - 1].after != "," or head.end - 1 in inside or not begins:
        return None
    if k > i + 1 and tail.kind == "first":
        kind, insert = _lead_kind(words, head.start), (segments[i + 1].start, tail.start)
        return replace(tail, start=head.start, kind=kind, insert=insert)
    apposed = i == 0 and k == 1 and tail.kind == "main" and _apposed(words, head, tail)
    return replace(tail, start=head.start) if apposed else None


_CONJUNCTION = {"dass": "dass", "daß": "dass", "wie": "wie"}


def _lead_kind(words: Words, start: int) -> str:
    lead = words.low[start + (words.low[start] in WORDS["coordinator"])]
    subordinate = lead in WORDS["subordinator"] - WORDS["preposition"] and lead != "als"
    return _CONJUNCTION.get(lead, "sub" if subordinate else "main")


def _apposed(words: Words, head: Segment, tail: Segment) -> bool:
    """``X, Sprecher der Y sagte``, at the beginning of a sentence: the second comma is missing."""
    article = words.low[tail.start] in ("der", "die", "ein", "eine")
    return (
        words.form[head.end - 1][0].isupper()
        and words.low[head.start] not in FUNCTION
        and tail.verb >= tail.start + 2
        and (words.form[tail.start][0].isupper() or (article and head.end - head.start > 1))
    )


def _segments(words: Words, start: int, stop: int, inside: frozenset[int]) -> list[Segment]:
    cuts, depth = [start - 1], 0
    for i in [i for i in range(start, stop) if words.form[i] in _CUTS and i not in inside]:
        depth = max(0, depth + (words.form[i] in "([") - (words.form[i] in ")]"))
        if words.form[i] in _SEPARATORS and not depth:
            cuts.append(i)
    return [
        Segment(
            before + 1, cut, words.form[cut] if cut < stop else "", *_kind(words, before + 1, cut, inside)
        )
        for before, cut in pairwise([*cuts, stop])
        if before + 1 < cut
    ]


def _kind(words: Words, start: int, end: int, inside: frozenset[int]) -> tuple[str, int]:
    """The kind of a segment and the index of its finite verb, -1 if it has none."""
    low = words.low
    first = start
    while first < end - 1 and (low[first] in WORDS["coordinator"] or first in inside):
        first += 1
    lead, second = low[first], low[first + 1] if first + 1 < end else ""
    verb = finite_verb(words, first, end, inside)
    if verb < 0 and inside and {i in inside for i in range(first, end)} == {True, False}:
        verb = finite_verb(words, first, end, frozenset())
    if verb >= 0 and not verb_readings(low[verb]) & FIN and has_infinitive(words, start, end):
        verb = -1
    final = verb > first and is_last(words, verb, end)
    if verb < 0 and lead in ("er", "es", "man") and first + 2 < end:
        verb = first + 1
    question, sub = lead in WORDS["question"], lead in WORDS["subordinator"]
    relative = lead in WORDS["relative"] or (lead in WORDS["preposition"] and second in WORDS["relative"])
    behind = final and (
        (lead == "wie", "wie"),
        (question, "question"),
        (sub, "sub"),
        (relative, "rel" if start and words.form[start - 1] in (",", "–", "-") else "main"),
        (lead in ("so", "ohne", "auch") and second in WORDS["subordinator"], "sub"),
    )
    kinds = (
        (lead in ("dass", "daß"), "dass"),
        *(behind or ()),
        (verb < 0, "inf" if verb < 0 and has_infinitive(words, start, end) else "bare"),
        (question and lead != "wie" and verb > first + 2, "question"),
        (sub and verb > first + 1 and lead not in _PREPOSITIONS, "sub"),
        (verb == first, "first"),
    )
    return next((kind for holds, kind in kinds if holds), "main"), verb


def finite_verb(words: Words, start: int, end: int, inside: frozenset[int]) -> int:
    """The finite verb of ``[start, end)``: the surest reading, the first of equals; -1 if there is none."""
    possible = unsure = -1
    for i in range(start, end):
        bits = 0 if i in inside else verb_readings(words.low[i])
        noun = bits and words.form[i][0].isupper() and not is_first(words, i)
        if not bits or noun or _attributive(words, i, end):
            continue
        if bits & FIN and not bits & (INF | PART):
            return i
        if bits & FIN and possible < 0 and not (i and words.low[i - 1] == "zu"):
            possible = i
        if bits & (FIN | MAYBE) == MAYBE and unsure < 0 and _may_be_verb(words, i, start, end):
            unsure = i
    return possible if possible >= 0 else unsure


def _may_be_verb(words: Words, i: int, start: int, end: int) -> bool:
    """Whether a word in -t or -te is no attribute without an article (``jüngste Umfragen``), no adverb."""
    ending = words.low[i].endswith(("te", "ten"))
    alone = i + 1 >= end or not words.form[i + 1][0].isupper()
    after = i > start and (not ending or words.form[i - 1][0].isupper())
    return words.form[i][0].islower() and ((ending and alone) or after)


def is_first(words: Words, i: int) -> bool:
    """Whether nothing but a mark or nothing stands before the word in its sentence or line."""
    return (
        i == 0
        or words.form[i - 1] in ".!?:"
        or words.form[i - 1] in _MARKS
        or "\n" in words.text[words.end[i - 1] : words.start[i]]
    )


def _attributive(words: Words, i: int, end: int) -> bool:
    """Whether the word stands before a noun as its attribute (``der gesuchte Mann``)."""
    word, endings = words.low[i], ("e", "en", "er", "es", "em")
    if not word.endswith(endings) or i + 1 >= end or word in WORDS["auxiliary"]:
        return False
    lead = bool(i) and words.low[i - 1] in LEADS
    return lead and (words.form[i + 1][0].isupper() or words.form[i + 1].endswith(endings))


def is_last(words: Words, verb: int, end: int) -> bool:
    """Whether only verbs, closing brackets or a coordinated clause follow the verb."""
    i = verb + 1
    while i < end and (verb_readings(words.low[i]) & (INF | PART | FIN | ZU) or words.form[i] in ")]"):
        i += 1
    # The auxiliary stands second: der Deich sei gebrochen.
    second = (
        i == verb + 2 and verb_readings(words.low[verb]) & AUX and not verb_readings(words.low[i - 1]) & FIN
    )
    return not second and (i >= end or words.low[i] in ("und", "oder", "sowie", "als", "sondern"))


def has_infinitive(words: Words, start: int, end: int) -> bool:
    """Whether the segment holds an infinitive with ``zu``."""
    low, form = words.low, words.form
    for i in range(start, end):
        if verb_readings(low[i]) & ZU and form[i][0].islower():
            return True
        if low[i] == "zu" and i + 1 < end and form[i + 1][0].islower():
            last = i + 2 >= end and low[i + 1].endswith(("en", "ern", "eln"))
            if last or verb_readings(low[i + 1]) & INF:
                return True
    return False


def has_subjunctive(sentence: Sentence, start: int, end: int, both: bool = True) -> bool:
    """Whether a finite verb of ``[start, end)`` outside marks is in the subjunctive (I, or I and II)."""
    low, sure = sentence.words.low, WORDS["subjunctive_one"]
    wanted = SUBJ | SUBJ2 if both else SUBJ
    return any(
        bits & SUBJ2 or low[i] in sure or _is_verb_here(sentence, i, end)
        for i in range(start, end)
        if (bits := verb_readings(low[i]) & wanted) and (i not in sentence.inside or low[i] in sure)
    )


def _is_verb_here(sentence: Sentence, i: int, end: int) -> bool:
    """Whether a form in -e is a verb: lower-case, and not an attribute between an article and its noun."""
    form, before = sentence.words.form, sentence.words.low[i - 1]
    free = i + 1 >= end or not form[i + 1][0].isupper() or i == sentence.start
    pronoun = before in WORDS["pronoun"] and before not in WORDS["determiner"]
    named = form[i - 1][0].isupper() and before not in LEADS
    return not form[i][0].isupper() and (free or pronoun or named)
