"""Clauses of a sentence, from punctuation, small word lists and the place of the verb."""

from __future__ import annotations

from dataclasses import dataclass

from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.tokens import Words
from wortlaut.extractors.quotes_de.verbs import AUX, FIN, INF, MAYBE, PART, SUBJ, SUBJ2, ZU, verb_readings

_SEPARATORS = frozenset(",;:–—")
_FINAL = frozenset({".", "!", "?", "…", "..."})
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
    while stop > start and words.form[stop - 1] in _FINAL and stop - 1 not in inside:
        stop -= 1
    segments = _with_inserts(words, _segments(words, start, stop, inside), inside)
    return Sentence(words, start, stop, end, tuple(segments), inside, paragraph)


_INSERTS = frozenset({"bare", "rel", "inf", "sub"})


def _with_inserts(words: Words, segments: list[Segment], inside: frozenset[int]) -> list[Segment]:
    """Joins a clause that an apposition or a relative clause cuts: ``X, der Sprecher, sagte``."""
    joined: list[Segment] = []
    i = 0
    while i < len(segments):
        head = segments[i]
        k = i + 1
        while k < len(segments) and segments[k].kind in _INSERTS and segments[k - 1].after == ",":
            k += 1
        tail = segments[k] if k < len(segments) else None
        cut = (
            head.kind == "bare"
            and tail is not None
            and segments[k - 1].after == ","
            and _starts_clause(words, head)
        )
        if cut and tail and k > i + 1 and tail.kind == "first" and head.end - 1 not in inside:
            kind, insert = _lead_kind(words, head.start), (segments[i + 1].start, tail.start)
            joined.append(Segment(head.start, tail.end, tail.after, kind, tail.verb, insert))
            i = k + 1
        elif (
            cut
            and tail
            and k == i + 1
            and i == 0
            and tail.kind == "main"
            and _apposed(words, head, tail, inside)
        ):
            joined.append(Segment(head.start, tail.end, tail.after, "main", tail.verb))
            i = k + 1
        else:
            joined.append(head)
            i += 1
    return joined


def _starts_clause(words: Words, head: Segment) -> bool:
    """Whether a clause can begin here: with a noun phrase, a preposition, or a subordinator."""
    low = words.low[head.start]
    return words.form[head.start][0].isupper() or low in FUNCTION


def _lead_kind(words: Words, start: int) -> str:
    lead = words.low[start + 1] if words.low[start] in WORDS["coordinator"] else words.low[start]
    if lead in ("dass", "daß", "wie"):
        return "wie" if lead == "wie" else "dass"
    return "sub" if lead in WORDS["subordinator"] - WORDS["preposition"] and lead != "als" else "main"


def _apposed(words: Words, head: Segment, tail: Segment, inside: frozenset[int]) -> bool:
    """``X, Sprecher der Y sagte``: the second comma is missing."""
    if head.end - 1 in inside or not words.form[head.end - 1][0].isupper():
        return False
    if words.low[head.start] in FUNCTION or tail.verb < tail.start + 2:
        return False
    article = words.low[tail.start] in ("der", "die", "ein", "eine")
    return words.form[tail.start][0].isupper() or (article and head.end - head.start > 1)


def _segments(words: Words, start: int, stop: int, inside: frozenset[int]) -> list[Segment]:
    cut, depth = start, 0
    found = []
    for i in range(start, stop):
        word = words.form[i]
        if i in inside:
            continue
        if word in "([":
            depth += 1
        elif word in ")]":
            depth = max(0, depth - 1)
        elif word in _SEPARATORS and not depth:
            if i > cut:
                found.append(_segment(words, cut, i, word, inside))
            cut = i + 1
    if stop > cut:
        found.append(_segment(words, cut, stop, "", inside))
    return found


def _segment(words: Words, start: int, end: int, after: str, inside: frozenset[int]) -> Segment:
    kind, verb = _kind(words, start, end, inside)
    if kind == "rel" and (start == 0 or words.form[start - 1] not in (",", "–", "-")):
        kind = "main"
    return Segment(start, end, after, kind, verb)


def _kind(words: Words, start: int, end: int, inside: frozenset[int]) -> tuple[str, int]:
    """The kind of a segment and the index of its finite verb, -1 if it has none."""
    low = words.low
    first = start
    while first < end - 1 and (low[first] in WORDS["coordinator"] or first in inside):
        first += 1
    lead = low[first]
    verb = finite_verb(words, first, end, inside)
    if verb < 0 and {i in inside for i in range(first, end)} == {True, False}:
        verb = finite_verb(words, first, end, frozenset())
    if verb >= 0 and not verb_readings(low[verb]) & FIN and has_infinitive(words, start, end):
        verb = -1
    final = verb >= 0 and verb > first and is_last(words, verb, end)
    if lead in ("dass", "daß"):
        return "dass", verb
    if final and first + 1 < end:
        second = low[first + 1]
        leads = (
            (lead == "wie", "wie"),
            (lead in WORDS["question"], "question"),
            (lead in WORDS["subordinator"], "sub"),
            (lead in WORDS["relative"], "rel"),
            (lead in WORDS["preposition"] and second in WORDS["relative"], "rel"),
            (lead in ("so", "ohne", "auch") and second in WORDS["subordinator"], "sub"),
        )
        if kind := next((kind for holds, kind in leads if holds), ""):
            return kind, verb
    if verb < 0 and lead in ("er", "es", "man") and first + 2 < end:
        return "main", first + 1
    if verb < 0:
        return ("inf" if has_infinitive(words, start, end) else "bare"), -1
    if lead in WORDS["question"] and lead != "wie" and verb > first + 2:
        return "question", verb
    if (
        lead in WORDS["subordinator"]
        and lead not in WORDS["preposition"]
        and verb > first + 1
        and lead not in ("da", "als")
    ):
        return "sub", verb
    return ("first" if verb == first else "main"), verb


def finite_verb(words: Words, start: int, end: int, inside: frozenset[int]) -> int:
    """The finite verb of ``[start, end)``: the surest reading, the first of equals; -1 if there is none."""
    possible = unsure = -1
    for i in range(start, end):
        word = words.form[i]
        if i in inside or (word[0].isupper() and not is_first(words, i)):
            continue
        bits = verb_readings(words.low[i])
        if not bits or _attributive(words, i, end):
            continue
        if bits & FIN:
            if not bits & (INF | PART):
                return i
            if possible < 0 and not (i and words.low[i - 1] == "zu"):
                possible = i
        elif bits & MAYBE and unsure < 0 and word[0].islower() and _may_be_verb(words, i, start, end):
            unsure = i
    return possible if possible >= 0 else unsure


def _may_be_verb(words: Words, i: int, start: int, end: int) -> bool:
    """Whether a word in -t or -te is no attribute without an article (``jüngste Umfragen``), no adverb."""
    ending = words.low[i].endswith(("te", "ten"))
    if ending and (i + 1 >= end or not words.form[i + 1][0].isupper()):
        return True
    return i > start and (not ending or words.form[i - 1][0].isupper())


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
    word = words.low[i]
    if not word.endswith(("e", "en", "er", "es", "em")) or i + 1 >= end or word in WORDS["auxiliary"]:
        return False
    following = words.form[i + 1]
    before = words.low[i - 1] if i else ""
    lead = before in WORDS["determiner"] or before in WORDS["preposition"]
    return lead and (following[0].isupper() or following.endswith(("e", "en", "er", "es", "em")))


def is_last(words: Words, verb: int, end: int) -> bool:
    """Whether only verbs, closing brackets or a coordinated clause follow the verb."""
    i = verb + 1
    while i < end and (verb_readings(words.low[i]) & (INF | PART | FIN | ZU) or words.form[i] in ")]"):
        i += 1
    if i == verb + 2 and verb_readings(words.low[verb]) & AUX and not verb_readings(words.low[i - 1]) & FIN:
        return False  # the auxiliary stands second: der Deich sei gebrochen
    return i >= end or words.low[i] in ("und", "oder", "sowie", "als", "sondern")


def has_infinitive(words: Words, start: int, end: int) -> bool:
    """Whether the segment holds an infinitive with ``zu``."""
    for i in range(start, end):
        bits = verb_readings(words.low[i])
        if bits & ZU and words.form[i][0].islower():
            return True
        if words.low[i] == "zu" and i + 1 < end and words.form[i + 1][0].islower():
            following = verb_readings(words.low[i + 1])
            if following & INF or (words.low[i + 1].endswith(("en", "ern", "eln")) and i + 2 >= end):
                return True
    return False


def has_subjunctive(sentence: Sentence, start: int, end: int, both: bool = True) -> bool:
    """Whether a finite verb of ``[start, end)`` outside marks is in the subjunctive (I, or I and II)."""
    words = sentence.words
    for i in range(start, end):
        bits, sure = verb_readings(words.low[i]), words.low[i] in WORDS["subjunctive_one"]
        if i in sentence.inside and not sure:
            continue
        if (bits & SUBJ and (sure or _is_verb_here(sentence, i, end))) or (both and bits & SUBJ2):
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
