"""What a word can be as a verb, and which verbs introduce speech."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

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
    forms: dict[str, int] = {}
    weak = " ".join(read_lines("weak.txt")).split()
    for lemma in (*strong_verbs(), *weak, *(verb.lemma.rpartition("|")[2] for verb in cue_verbs())):
        for form in conjugate(lemma):
            forms[form.text] = forms.get(form.text, 0) | _KIND[form.kind]
    for word in WORDS["auxiliary"]:
        forms[word] = forms.get(word, 0) | FIN | AUX
    for word in WORDS["subjunctive_one"]:
        forms[word] = forms.get(word, 0) | FIN | SUBJ
    for word in WORDS["subjunctive_two"]:
        forms[word] = forms.get(word, 0) | FIN | SUBJ2
    for word in ("gewesen", "worden", "geworden", "gehabt", "gekonnt", "gewollt"):
        forms[word] = PART
    for word in ("sein", "haben", "werden", "können", "müssen", "sollen", "dürfen", "wollen", "mögen"):
        forms[word] = forms.get(word, 0) | INF
    return forms


_READINGS: dict[str, int] = {}


def verb_readings(word: str) -> int:
    """Bits of what the lower-case word can be: FIN, SUBJ, INF, PART, ZU, AUX; MAYBE by its ending."""
    bits = _READINGS.get(word)
    if bits is None:
        bits = _readings(word)
        if len(_READINGS) < 200_000:
            _READINGS[word] = bits
    return bits


def _readings(word: str) -> int:
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
        known = forms.get(rest, 0) & ~AUX
        if known:
            return known
        if prefix in WORDS["inseparable"] and forms.get("ge" + rest, 0) & PART:
            return PART
    if word.endswith("ieren"):
        return INF | FIN
    if word.endswith(("iert", "ierte", "ierten")):
        return FIN | PART if word.endswith("iert") else FIN
    if word.endswith("iere"):
        return FIN | SUBJ
    if word.endswith(("te", "ten", "t")) and not word.endswith(("heit", "keit", "schaft", "haft", "icht")):
        return MAYBE
    return 0


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
