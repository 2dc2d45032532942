"""Every form of a German verb, from its infinitive.

Strong and mixed verbs come from ``data/strong.txt`` (their stems are listed), everything else is
conjugated by rule. A prefix is passed on to the base verb: what holds for ``geben`` holds for
``angeben`` and ``vergeben``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from wortlaut.extractors.quotes_de.lexicon import WORDS, read_lines

FINITE = "finite"
SUBJUNCTIVE = "subjunctive"  # present subjunctive that differs from the indicative
UNREAL = "unreal"  # subjunctive II that differs from the preterite
INFINITIVE = "infinitive"
PARTICIPLE = "participle"
ZU_INFINITIVE = "zu"

_CONSONANTS = frozenset("bcdfghjkpqstvwxyzß")  # warnen, lernen and filmen need no link


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a verb: ``particle`` stands apart from it when ``split``."""

    text: str
    kind: str
    plural: bool = False
    split: bool = False


@cache
def strong_verbs() -> dict[str, tuple[str, str, str, str]]:
    """Present 3sg, preterite, subjunctive II and participle of every strong verb."""
    rows = (line.split() for line in read_lines("strong.txt"))
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}


def conjugate(lemma: str) -> list[Form]:
    """All third-person and non-finite forms; ``an|geben`` marks a separable prefix.

    >>> sorted(form.text for form in conjugate("an|geben") if form.kind == "participle")
    ['angegeben']
    """
    particle, _, verb = lemma.rpartition("|")
    forms = _base_forms(verb)
    if not particle:
        return forms
    joined = []
    for form in forms:
        if form.kind == INFINITIVE:
            joined.append(Form(f"{particle}zu{form.text}", ZU_INFINITIVE))
        joined.append(Form(particle + form.text, form.kind, form.plural))
        if form.kind in (FINITE, SUBJUNCTIVE, UNREAL):
            joined.append(Form(form.text, form.kind, form.plural, split=True))
    return joined


def _base_forms(verb: str) -> list[Form]:
    prefix, base = _strong_base(verb)
    if base:
        present, past, unreal, participle = strong_verbs()[base]
        if prefix:
            participle = participle.removeprefix("ge")
        past_plural = past + ("n" if past.endswith("e") else "en")
        stem = _stem(verb)
        return [
            Form(verb, INFINITIVE),
            Form(verb, FINITE, plural=True),
            Form(prefix + present, FINITE),
            Form(stem + "e", SUBJUNCTIVE),
            Form(prefix + past, FINITE),
            Form(prefix + past_plural, FINITE, plural=True),
            Form(prefix + unreal, FINITE if unreal == past else UNREAL),
            Form(prefix + unreal + "n", FINITE if unreal + "n" == past_plural else UNREAL, plural=True),
            Form(prefix + participle, PARTICIPLE),
        ]
    stem = _stem(verb)
    link = "e" if _needs_link(stem) else ""
    no_ge = prefix or verb.endswith("ieren")
    return [
        Form(verb, INFINITIVE),
        Form(verb, FINITE, plural=True),
        Form(f"{stem}{link}t", FINITE),
        Form((stem[:-2] + "l" if verb.endswith("eln") else stem) + "e", SUBJUNCTIVE),
        Form(f"{stem}{link}te", FINITE),
        Form(f"{stem}{link}ten", FINITE, plural=True),
        Form(f"{'' if no_ge else 'ge'}{stem}{link}t", PARTICIPLE),
    ]


def _strong_base(verb: str) -> tuple[str, str]:
    """The inseparable prefix and the strong verb behind it; ``""`` as the verb for a regular one."""
    strong = strong_verbs()
    if verb in strong:
        return "", verb
    for prefix in sorted(WORDS["inseparable"], key=len, reverse=True):
        rest = verb.removeprefix(prefix)
        if rest != verb and len(rest) > 4:
            return prefix, rest if rest in strong else ""
    return "", ""


def _stem(verb: str) -> str:
    return verb[:-2] if verb.endswith("en") else verb.removesuffix("n")


def _needs_link(stem: str) -> bool:
    nasal = len(stem) > 2 and stem[-1] in "mn" and stem[-2] in _CONSONANTS
    return stem.endswith(("t", "d")) or (nasal and (stem[-2] != "h" or stem[-3] == "c"))
