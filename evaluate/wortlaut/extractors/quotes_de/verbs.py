"""What a word can be as a verb, and which verbs introduce speech."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache

from wortlaut.extractors.quotes_de.conjugation import (
    FINITE,
    INFINITIVE,
    PARTICIPLE,
    SUBJUNCTIVE,
    UNREAL,
    ZU_INFINITIVE,
    conjugate,
    strong_verbs,
)
from wortlaut.extractors.quotes_de.lexicon import WORDS, read_lines

FIN, SUBJ, INF, PART, ZU, MAYBE, AUX, SUBJ2 = (1 << bit for bit in range(8))
_KIND = {
    FINITE: FIN,
    SUBJUNCTIVE: FIN | SUBJ,
    UNREAL: FIN | SUBJ2,
    INFINITIVE: INF,
    PARTICIPLE: PART,
    ZU_INFINITIVE: ZU,
}
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
            forms[form.text] |= _KIND[form.kind]
    for section, bits in (("auxiliary", AUX), ("subjunctive_one", SUBJ), ("subjunctive_two", SUBJ2)):
        for word in WORDS[section]:
            forms[word] |= FIN | bits
    forms |= dict.fromkeys(("gewesen", "worden", "geworden", "gehabt", "gekonnt", "gewollt"), PART)
    for word in ("sein", "haben", "werden", "können", "müssen", "sollen", "dürfen", "wollen", "mögen"):
        forms[word] |= INF
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
    for prefix in _PREFIXES:
        rest = word.removeprefix(prefix)
        if rest == word or len(rest) < 3:
            continue
        if rest.startswith("zu") and forms.get(rest[2:], 0) & INF:
            return ZU
        if known := forms.get(rest, 0) & ~AUX:
            return known
        if prefix in WORDS["inseparable"] and forms.get("ge" + rest, 0) & PART:
            return PART
    return next((bits for end, bits in _BY_ENDING if word.endswith(end)), 0)


@cache
def cue_verbs() -> tuple[CueVerb, ...]:
    """The lexicon of cue verbs, in the order of its file."""
    verbs = []
    for line in read_lines("cues.tsv"):
        lemma, medium, uses, adverb = [*line.split("\t"), ""][:4]
        particle = lemma.rpartition("|")[0]
        verbs.append(CueVerb(lemma, particle, _MEDIUM[medium], frozenset(uses), adverb))
    return tuple(verbs)


@cache
def cue_forms() -> dict[str, tuple[tuple[CueVerb, int, bool], ...]]:
    """For each form: the cue verbs it can be, as (verb, readings, whether the prefix stands apart)."""
    forms: dict[str, dict[tuple[str, bool], tuple[CueVerb, int]]] = {}
    for verb in cue_verbs():
        for form in conjugate(verb.lemma):
            if form.text in _NOT_CUES and not (form.split and form.text == "gestanden"):
                continue
            at = forms.setdefault(form.text, {})
            key = (verb.lemma, form.split)
            at[key] = (verb, at[key][1] | _KIND[form.kind] if key in at else _KIND[form.kind])
    return {
        text: tuple((verb, bits, split) for (_, split), (verb, bits) in sorted(readings.items()))
        for text, readings in forms.items()
    }
