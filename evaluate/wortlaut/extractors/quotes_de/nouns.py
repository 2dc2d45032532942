"""Noun phrases: articles, adjectives, genitives and appositions in, relative clauses out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from wortlaut.extractors.quotes_de.clauses import FUNCTION, Sentence, is_first
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.tokens import Words
from wortlaut.extractors.quotes_de.verbs import AUX, verb_readings

#: A capitalised word with such an end at the start of a sentence is an adverb: Unmissverständlich sagte …
_ADVERBIAL = ("lich", "isch", "haft", "sam", "weise")
_GRADES = frozenset({"sehr", "nicht", "so", "höchst", "ehemals"})
_ATTACHING = frozenset({"von", "vom", "aus", "für", "im", "in", "ohne"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens ``[start, end)`` of a noun phrase and the index of its head."""

    start: int
    end: int
    head: int
    pronoun: bool = False
    oblique: bool = False


def is_noun(words: Words, i: int) -> bool:
    """Whether the word is capitalised and no function word."""
    form = words.form[i]
    if form[0].isupper():
        return words.low[i] not in FUNCTION and not (form.endswith(_ADVERBIAL) and is_first(words, i))
    return "-" in form and any(part[:1].isupper() for part in form.split("-")[1:])


def is_adjective(words: Words, i: int) -> bool:
    """Whether the word can be an attribute by its ending, or is a number."""
    form = words.form[i]
    return form[0].isdigit() or (
        len(form) > 3
        and form.endswith(("e", "er", "en", "es", "em"))
        and words.low[i] not in FUNCTION
        and (not form[0].isupper() or is_first(words, i))
    )


def full_phrase(words: Words, i: int, end: int) -> Phrase | None:
    """As :func:`noun_phrase`, but no pronoun."""
    phrase = noun_phrase(words, i, end)
    return None if phrase is None or phrase.pronoun else phrase


def noun_phrase(words: Words, i: int, end: int) -> Phrase | None:
    """The noun phrase that begins at token ``i``, within ``[i, end)`` and 40 tokens."""
    low, end = words.low, min(end, i + 40)
    if i >= end:
        return None
    while i + 1 < end and low[i] in ("auch", "sogar", "selbst", "nur", "allein"):
        i += 1
    det = low[i] in WORDS["determiner"] or low[i] in ("andere", "anderer", "anderen")
    k = i + det
    k += (
        det
        and k < end
        and low[k] in WORDS["determiner"]
        and low[k] not in ("der", "die", "das", "den", "dem")
    )
    quantity = det and k < end and low[i] in WORDS["quantity"]
    if quantity and low[k] in ("der", "von", "dieser", "ihrer", "seiner"):
        part = full_phrase(words, k + (low[k] == "von"), end)
        return Phrase(i, part.end, i) if part else None
    core = _core(words, _extended_attribute(words, k, end) if det else k, end)
    if core is None:
        return Phrase(i, i + 1, i, pronoun=True) if low[i] in WORDS["pronoun"] else None
    head, k = core
    return Phrase(i, _modifiers(words, head, k, end), head, oblique=low[i] in WORDS["oblique"])


def _extended_attribute(words: Words, k: int, end: int) -> int:
    """Behind an article, the phrase of an attribute: ``der [für die Region] zuständige Sprecher``."""
    at = k
    for _ in range(3):
        if at >= end or words.low[at] not in WORDS["preposition"]:
            break
        inner = noun_phrase(words, at + 1, end)
        if inner is None:
            return k
        at = inner.end
    return at if at > k and at < end and is_adjective(words, at) else k


def _core(words: Words, k: int, end: int) -> tuple[int, int] | None:
    """The head and the end of ``adjectives nouns``, with names, numbers and quoted names."""
    low, form = words.low, words.form
    steps = 0
    while k < end and not is_noun(words, k) and not _site(form[k]) and steps < 6:
        if form[k] in '„"»' and (close := _quoted_name(words, k, end)):
            return k + 1, close
        adjective = is_adjective(words, k)
        linked = (steps and form[k] in (",", "und", "oder")) or low[k] in _GRADES
        if not adjective and not (linked and k + 1 < end and is_adjective(words, k + 1)):
            return None
        ordinal = adjective and k + 1 < end and form[k + 1] == "." and form[k].isdigit()
        k += 2 if ordinal else 1
        steps += 1
    if k >= end or not (is_noun(words, k) or _site(form[k])):
        return None
    head, k = k, k + 1
    while k < end:
        if is_noun(words, k) or _site(form[k]) or (form[k][0].isupper() and low[k] in WORDS["name_particle"]):
            head, k = k, k + 1
        elif (
            (form[k] == "." and form[k - 1] in WORDS["honorific"] | _INITIALS)
            or (form[k] == "." and _roman(form[k - 1]) and k + 1 < end and not form[k + 1][0].isupper())
            or (
                low[k] in WORDS["name_particle"]
                and k + 1 < end
                and is_noun(words, k + 1)
                and _in_name(words, k)
            )
            or (form[k][0].isdigit() and form[k].isdigit() and len(form[k]) < 3)
        ):
            k += 1
        elif form[k] in '„"»' and (close := _quoted_name(words, k, end)):
            k = close
        else:
            break
    return head, k


def _site(word: str) -> bool:
    """Whether a lower-case word is a name by its dot: ``ver.di``, ``ndr.de``."""
    return "." in word and word[0].isalpha()


_INITIALS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _roman(word: str) -> bool:
    return bool(word) and set(word) <= set("IVX")


def _in_name(words: Words, k: int) -> bool:
    """Whether ``von`` belongs to a name: a bare first name stands before it, no article."""
    if words.low[k] == "von":
        return words.form[k - 1] in WORDS["first_female"] | _NOBLE_FIRST
    return words.low[k] not in ("der", "zu", "zur", "den", "da", "du")


_NOBLE_FIRST = frozenset(
    [
        "Ursula",
        "Hermann",
        "Karl",
        "Richard",
        "Carl",
        "Otto",
        "Klaus",
        "Peter",
        "Hans",
        "Friedrich",
        "Wilhelm",
        "Graf",
        "Freiherr",
    ]
)


def _quoted_name(words: Words, k: int, end: int) -> int:
    """The end of a short quoted name that opens at ``k``; 0 if it is none."""
    return next((i + 1 for i in range(k + 2, min(end, k + 8)) if words.form[i] in '“”"«'), 0)


def _modifiers(words: Words, head: int, k: int, end: int) -> int:
    """The end of the phrase with brackets, genitives and attached prepositional phrases."""
    while k < end and (inner := _modifier(words, head, k, end)):
        k = inner.end
    return k


def _modifier(words: Words, head: int, k: int, end: int) -> Phrase | None:
    """What follows at ``k`` and belongs to the phrase, without what attaches it."""
    low, form = words.low, words.form
    if form[k] == "(":
        close = next((i for i in range(k + 1, min(end, k + 12)) if form[i] == ")"), 0)
        return Phrase(k, close + 1, k) if close else None
    if low[k] in WORDS["genitive"]:
        return full_phrase(words, k, end)
    if form[k].endswith("er") and form[k].islower() and low[k] not in FUNCTION and k + 1 < end:
        return noun_phrase(words, k, end) if is_noun(words, k + 1) and not verb_readings(low[k]) else None
    if low[k] in _ATTACHING and form[head] not in WORDS["month"]:
        named = low[k] in ("in", "im", "aus") and head and is_noun(words, head - 1)
        inner = None if named else full_phrase(words, k + 1, end)
        return inner if inner and not _detached(words, inner) else None
    inner = full_phrase(words, k + 1, end) if low[k] in ("und", "sowie") and k + 1 < end else None
    next_clause = inner and inner.oblique and inner.end < end and not verb_readings(low[inner.end]) & AUX
    return None if next_clause else inner


def _detached(words: Words, inner: Phrase) -> bool:
    """Whether the prepositional phrase says when or where something was said, not who says it."""
    nouns = words.form[inner.start : inner.end]
    return nouns[0][0].isdigit() or any(
        word in WORDS["circumstance"] or word in WORDS["weekday"] or word.endswith("interview")
        for word in nouns
    )


_LOOSE = WORDS["preposition"] | WORDS["adverb"]


def with_apposition(sentence: Sentence, phrase: Phrase) -> Phrase:
    """The phrase with the apposition that follows its comma: no verb in it, and closed by a comma."""
    for segment, following in pairwise(sentence.segments):
        if segment.end == phrase.end and segment.after == "," and segment.end + 1 not in sentence.inside:
            inner = full_phrase(sentence.words, following.start, following.end)
            whole = inner and (inner.end == following.end or sentence.words.low[inner.end] in _LOOSE)
            if following.kind == "bare" and inner and whole:
                return Phrase(phrase.start, inner.end, phrase.head, oblique=phrase.oblique)
    return phrase
