"""Whether a clause is in the subjunctive of reported speech."""

from __future__ import annotations

from wortlaut.extractors.quotes_de.clauses import Sentence
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.verbs import SUBJ, SUBJ2, verb_readings


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
