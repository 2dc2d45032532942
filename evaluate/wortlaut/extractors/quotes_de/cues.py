"""Verbs of saying in a sentence: which form, which clause, with its particle and auxiliary."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, takewhile

from wortlaut.extractors.quotes_de.clauses import LEADS, Segment, Sentence
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.nouns import Phrase, is_adjective, is_noun
from wortlaut.extractors.quotes_de.participants import participants
from wortlaut.extractors.quotes_de.tokens import Words
from wortlaut.extractors.quotes_de.verbs import (
    AUX,
    FIN,
    INF,
    PART,
    CueVerb,
    cue_forms,
    verb_readings,
)

_APART = frozenset({"bekannt", "klar", "fest", "bereit", "deutlich", "entgegen", "wider"})
_BOUNDS = LEADS | WORDS["pronoun"]
#: No sentence has more verbs of saying; what looks so is a list, and each one looks at the whole sentence.
_MOST_VERBS = 16
_HAVE = frozenset("hat haben hatte hatten habe hätte hätten ist sind war waren sei seien wäre wären".split())
_BECOME = frozenset("wird werden wurde wurden werde würde würden".split())


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue verb in a sentence.

    ``verb`` is the finite verb's token, ``tokens`` all of the cue, ``segment`` the index of its clause.
    """

    entry: CueVerb
    verb: int
    tokens: tuple[int, ...]
    segment: int
    passive: bool
    speaker: Phrase | None
    addressee: Phrase | None


def find_cues(sentence: Sentence) -> list[Cue]:
    """The cue verbs outside quotation marks, in text order."""
    found: list[Cue] = []
    forms = cue_forms()
    tried = 0
    words, low = sentence.words, sentence.words.low
    for index, segment in enumerate(sentence.segments):
        taken = -1
        for i in range(segment.start, segment.end):
            apart = i > 0 and low[i - 1] in _APART
            # Most words are no cue.
            if not apart and low[i] not in forms:
                continue
            if i in sentence.inside or i <= taken or segment.insert[0] <= i < segment.insert[1]:
                continue
            joined = low[i - 1] + low[i] if apart else ""
            readings = forms.get(joined) or forms.get(low[i])
            if readings is None or (words.form[i][0].isupper() and i != sentence.start):
                continue
            if is_attribute(words, i, segment.start, segment.end):
                continue
            if tried == _MOST_VERBS:
                return found
            tried += 1
            if cue := _best(sentence, index, segment, i, readings, bool(joined) and joined in forms):
                found.append(cue)
                taken = max(cue.tokens) if len(cue.tokens) > 1 and max(cue.tokens) - i < 2 else i
    return found


def _best(
    sentence: Sentence,
    index: int,
    segment: Segment,
    i: int,
    readings: tuple[tuple[CueVerb, int, bool], ...],
    joined: bool,
) -> Cue | None:
    """The reading with a split prefix if the prefix is there, else the plain one."""
    low = sentence.words.low
    for entry in (entry for entry, _, split in readings if split):
        if (particle := _particle(sentence, segment, i, entry.particle)) >= 0:
            return _cue(sentence, index, entry, i, (i, particle), False)
    plain = next(((entry, bits) for entry, bits, split in readings if not split), None)
    if plain is None:
        return None
    entry, bits = plain
    own = (i - 1, i) if joined else (i,)
    helper = _helper(sentence, segment, i)
    if bits & PART and helper >= 0 and low[helper] in _HAVE | _BECOME:
        worden = tuple(k for k in range(i + 1, min(i + 2, segment.end)) if low[k] in ("worden", "haben"))
        passive = low[helper] in _BECOME or "worden" in (low[k] for k in worden)
        return _cue(sentence, index, entry, helper, (*own, *worden, helper), passive)
    if bits & FIN and not (bits & INF and helper >= 0):
        return _cue(sentence, index, entry, i, own, False)
    if bits & INF and helper >= 0 and low[helper] not in _HAVE and low[i - 1] != "zu":
        return _cue(sentence, index, entry, helper, (*own, helper), False)
    return None


def is_attribute(words: Words, i: int, start: int, end: int) -> bool:
    """Whether a verb form stands before a noun as its attribute: ``die bereits erwähnten Pläne``."""
    low = words.low
    if not low[i].endswith(("te", "ten", "ene", "enen")) or i + 1 >= end:
        return False
    near = range(i - 1, max(start, i - 5) - 1, -1)
    bounds = (k for k in near if low[k] in _BOUNDS or is_noun(words, k))
    led = next((low[k] in LEADS for k in bounds), False)
    return led and (is_noun(words, i + 1) or is_adjective(words, i + 1))


def _particle(sentence: Sentence, segment: Segment, i: int, particle: str) -> int:
    """Where the separated prefix of the verb at ``i`` stands: at the end of a clause."""
    low, inside = sentence.words.low, sentence.inside
    if i and low[i - 1] == particle and segment.start <= i - 1:
        return i - 1
    parts = (part for part in sentence.segments if segment.start <= part.start <= segment.end + 20)
    own = takewhile(
        lambda part: part.start == segment.start or part.kind not in ("dass", "main", "first"), parts
    )
    ends = (
        k
        for part in own
        for k in range(max(i + 1, part.start), part.end)
        if low[k] == particle and k not in inside
        if k + 1 >= part.end or k + 1 in inside or low[k + 1] in ("und", "aber")
    )
    return next(ends, -1)


def _helper(sentence: Sentence, segment: Segment, i: int) -> int:
    """The auxiliary of a non-finite form at ``i`` in its clause; -1 if there is none."""
    low = sentence.words.low
    back = segment.start - 2
    before = range(back, max(sentence.start, back - 40) - 1, -1) if segment.kind == "bare" else ()
    helpers = (k for k in (*range(segment.start, segment.end), *before) if verb_readings(low[k]) & AUX)
    return next((k for k in helpers if k != i and k not in sentence.inside), -1)


def _cue(
    sentence: Sentence, index: int, entry: CueVerb, verb: int, tokens: tuple[int, ...], passive: bool
) -> Cue | None:
    low, segment = sentence.words.low, sentence.segments[index]
    own = next((part for part in sentence.segments if part.start <= verb < part.end), segment)
    near = range(max(segment.start, min(tokens) - 1), min(segment.end, verb + 4))
    sich = [k for k in near if low[k] == "sich" and entry.uses & {"r", "R"}][:1]
    places = range(segment.start, segment.end) if entry.adverb else ()
    adverbs = (k for k in places if low[k] == entry.adverb and k not in sentence.inside)
    beside = ((verb + 1, verb + 1 < segment.end), (verb - 1, verb > segment.start))
    es = [k for k, there in beside if there and low[k] == "es" and entry.lemma == "heißen"][:1]
    holds = entry.lemma == "fest|halten" and any(
        low[k] in ("an", "am", "daran") for k in range(verb, segment.end)
    )
    if holds or ("R" in entry.uses and not sich) or (entry.lemma == "heißen" and not es):
        return None
    speaker, addressee = participants(sentence, own, entry, verb, passive)
    tokens = tuple(sorted({*tokens, *sich, *islice(adverbs, 1), *es}))
    return Cue(entry, verb, tokens, index, passive, speaker, addressee)
