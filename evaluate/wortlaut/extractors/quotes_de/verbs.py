"""Every form of a German verb, what a word can be as a verb, and which verbs introduce speech.

Strong and mixed verbs come from ``data/strong.txt`` (their stems are listed), everything else is
conjugated by rule. A prefix is passed on to the base verb: what holds for ``geben`` holds for
``angeben`` and ``vergeben``.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from operator import attrgetter

from wortlaut.extractors.quotes_de.lexicon import WORDS, read_lines

#: What a form can be: finite, present subjunctive that differs from the indicative, infinitive, participle,
#: infinitive with zu, finite by its ending alone, auxiliary, subjunctive II that differs from the preterite.
FIN, SUBJ, INF, PART, ZU, MAYBE, AUX, SUBJ2 = (1 << bit for bit in range(8))
_MEDIUM = {"s": "speech", "w": "writing", "t": "thought", "sw": "speech/writing", "st": "speech/thought"}
_PREFIXES = tuple(
    sorted({*read_lines("particles.txt")[0].split(), *WORDS["inseparable"]}, key=len, reverse=True)
)
_NOT_VERBS = frozenset().union(
    *(
        WORDS[section]
        for section in (
            "determiner", "pronoun", "object", "preposition",
            "subordinator", "coordinator", "adverb", "relative",
        )
    )
)  # fmt: skip


#: Forms that are nearly always another word: einige, gestanden (stehen), geraten (the verb itself).
_NOT_CUES = _NOT_VERBS | {"gestanden", "geraten", "gehe", "gelehrt", "bekannt"}


#: Ending → what a word that no list has is by it; the first that fits.
_BY_ENDING = (
    ("ieren", INF | FIN),
    ("iert", FIN | PART),
    (("ierte", "ierten"), FIN),
    ("iere", FIN | SUBJ),
    (("heit", "keit", "schaft", "haft", "icht"), 0),
    (("te", "ten", "t"), MAYBE),
)

_CONSONANTS = frozenset("bcdfghjkpqstvwxyzß")  # warnen, lernen and filmen need no link


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a verb and the bits of what it can be; a particle stands apart from it when ``split``."""

    text: str
    bits: int
    split: bool = False


@cache
def strong_verbs() -> dict[str, tuple[str, ...]]:
    """Present 3sg, preterite, subjunctive II and participle of every strong verb."""
    return {verb: tuple(forms) for verb, *forms in map(str.split, read_lines("strong.txt"))}


def conjugate(lemma: str) -> list[Form]:
    """All third-person and non-finite forms; ``an|geben`` marks a separable prefix.

    >>> sorted(form.text for form in conjugate("an|geben") if form.bits & PART)
    ['angegeben']
    """
    particle, _, verb = lemma.rpartition("|")
    forms = _base_forms(verb)
    joined = [replace(form, text=particle + form.text) for form in forms]
    apart = [replace(form, split=True) for form in forms if form.bits & FIN]
    return [*joined, *apart, Form(f"{particle}zu{verb}", ZU)] if particle else forms


def _base_forms(verb: str) -> list[Form]:
    prefix, base = _strong_base(verb)
    stem = verb[:-2] if verb.endswith("en") else verb.removesuffix("n")
    if base:
        *finite, participle = strong_verbs()[base]
        present, past, unreal = (prefix + form for form in finite)
        participle = prefix + (participle.removeprefix("ge") if prefix else participle)
    else:
        root = stem + "e" * _needs_link(stem)
        present, past, unreal = f"{root}t", f"{root}te", f"{root}te"
        participle = f"{'' if prefix or verb.endswith('ieren') else 'ge'}{root}t"
    past_plural = past + ("n" if past.endswith("e") else "en")
    return [
        Form(verb, INF),
        Form(verb, FIN),
        Form(present, FIN),
        Form((stem[:-2] + "l" if verb.endswith("eln") else stem) + "e", FIN | SUBJ),
        Form(past, FIN),
        Form(past_plural, FIN),
        Form(unreal, FIN if unreal == past else FIN | SUBJ2),
        Form(unreal + "n", FIN if unreal + "n" == past_plural else FIN | SUBJ2),
        Form(participle, PART),
    ]


def _strong_base(verb: str) -> tuple[str, str]:
    """The inseparable prefix and the strong verb behind it; ``""`` as the verb for a regular one."""
    strong = strong_verbs()
    inseparable = sorted(WORDS["inseparable"], key=len, reverse=True)
    prefixes = (prefix for prefix in inseparable if verb.startswith(prefix) and len(verb) - len(prefix) > 4)
    prefix = "" if verb in strong else next(prefixes, "")
    base = verb.removeprefix(prefix)
    return prefix, base if base in strong else ""


def _needs_link(stem: str) -> bool:
    nasal = len(stem) > 2 and stem[-1] in "mn" and stem[-2] in _CONSONANTS
    return stem.endswith(("t", "d")) or (nasal and (stem[-2] != "h" or stem[-3] == "c"))


@dataclass(frozen=True, slots=True)
class CueVerb:
    """A verb of saying, thinking or writing: ``uses`` are the letters of ``data/cues.tsv``."""

    lemma: str
    particle: str
    medium: str
    uses: frozenset[str]
    adverb: str


@cache
def _verb_forms() -> dict[str, int]:
    forms: dict[str, int] = defaultdict(int)
    weak = " ".join(read_lines("weak.txt")).split()
    for lemma in (*strong_verbs(), *weak, *(verb.lemma.rpartition("|")[2] for verb in cue_verbs())):
        for form in conjugate(lemma):
            forms[form.text] |= form.bits
    for bits, words in (
        (FIN | AUX, WORDS["auxiliary"]),
        (FIN | SUBJ, WORDS["subjunctive_one"]),
        (FIN | SUBJ2, WORDS["subjunctive_two"]),
        (PART, ("gewesen", "worden", "geworden", "gehabt", "gekonnt", "gewollt")),
        (INF, ("sein", "haben", "werden", "können", "müssen", "sollen", "dürfen", "wollen", "mögen")),
    ):
        for word in words:
            forms[word] |= bits
    return dict(forms)


@lru_cache(200_000)
def verb_readings(word: str) -> int:
    """Bits of what the lower-case word can be: FIN, SUBJ, INF, PART, ZU, AUX; MAYBE by its ending."""
    if word in _NOT_VERBS and word not in WORDS["auxiliary"]:
        return 0
    forms = _verb_forms()
    bits = forms.get(word, 0)
    if bits or not word.isalpha() or len(word) < 4:
        return bits
    for prefix in filter(word.startswith, _PREFIXES):
        rest = word.removeprefix(prefix)
        if rest.startswith("zu") and forms.get(rest[2:], 0) & INF:
            return ZU
        known = forms.get(rest, 0) & ~AUX if len(rest) > 2 else 0
        if known or (prefix in WORDS["inseparable"] and forms.get("ge" + rest, 0) & PART):
            return known or PART
    return next((bits for end, bits in _BY_ENDING if word.endswith(end)), 0)


@cache
def cue_verbs() -> tuple[CueVerb, ...]:
    """The lexicon of cue verbs, in the order of its file."""
    rows = ([*line.split("\t"), ""][:4] for line in read_lines("cues.tsv"))
    return tuple(
        CueVerb(lemma, lemma.rpartition("|")[0], _MEDIUM[medium], frozenset(uses), adverb)
        for lemma, medium, uses, adverb in rows
    )


@cache
def cue_forms() -> dict[str, tuple[tuple[CueVerb, int, bool], ...]]:
    """For each form: the cue verbs it can be, as (verb, readings, whether the prefix stands apart)."""
    forms: dict[str, dict[tuple[CueVerb, bool], int]] = defaultdict(lambda: defaultdict(int))
    for verb in sorted(cue_verbs(), key=attrgetter("lemma")):
        for form in sorted(conjugate(verb.lemma), key=attrgetter("split")):
            if form.text not in _NOT_CUES or (form.split and form.text == "gestanden"):
                forms[form.text][verb, form.split] |= form.bits
    return {
        text: tuple((verb, bits, split) for (verb, split), bits in readings.items())
        for text, readings in forms.items()
    }
