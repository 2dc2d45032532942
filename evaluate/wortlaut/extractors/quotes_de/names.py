"""Who a mention refers to, inside one document: full names, surnames, roles and pronouns."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from wortlaut.extractors.quotes_de.clauses import FUNCTION
from wortlaut.extractors.quotes_de.lexicon import WORDS
from wortlaut.extractors.quotes_de.nouns import Phrase, is_noun
from wortlaut.extractors.quotes_de.tokens import Words

_FEMALE_PRONOUN = frozenset({"sie", "ihr"})
_MALE_PRONOUN = frozenset({"er", "ihm", "ihn"})
_FEMALE = WORDS["woman"] | WORDS["first_female"]
_MALE = frozenset({"Herr", "Sprecher", "Präsident", "Minister", "Chef", "Papst", "König"})


@dataclass
class Speakers:
    """The speakers met so far, in text order."""

    words: Words
    full: dict[str, str]
    seen: list[tuple[str, bool | None, str]] = field(default_factory=list)

    def resolve(self, phrase: Phrase) -> tuple[str | None, bool]:
        """The name behind the mention, and whether it took another mention to find it."""
        words, role = self.words, self.words.low[phrase.head]
        if phrase.pronoun:
            return self._pronoun(role), True
        if name := self._name(phrase):
            full = self.full.get(name.split()[-1], name)
            self.seen.append((full, is_female(words, phrase), role))
            return full, full != name
        before = self._recent() if words.low[phrase.start] in ("der", "die", "das", "dieser", "diese") else []
        for known, _, surface in before:
            if surface == role or known.lower().endswith(" " + role):
                return known, True
        text = words.text[words.start[phrase.start] : words.end[phrase.end - 1]]
        lead, _, rest = text.partition(" ")
        label = rest if rest and lead.lower() in WORDS["determiner"] else text
        self.seen.append((label, is_female(words, phrase), role))
        return label, False

    def _recent(self) -> list[tuple[str, bool | None, str]]:
        """The last speakers, the nearest first; a pronoun does not reach further back."""
        return self.seen[: -_REACH - 1 : -1]

    def _pronoun(self, word: str) -> str | None:
        if word not in _FEMALE_PRONOUN | _MALE_PRONOUN:
            return None
        fitting = (None, word in _FEMALE_PRONOUN)
        return next((known for known, female, _ in self._recent() if female in fitting), None)

    def _name(self, phrase: Phrase) -> str | None:
        """The proper name in the phrase: its last capitalised words that are no common noun."""
        words = self.words
        runs: list[list[str]] = [[]]
        owned = False  # behind a genitive or a preposition stands another name: das Büro des Präsidenten X
        for k in range(phrase.start, phrase.end):
            word, following = words.form[k], min(k + 1, phrase.end - 1)
            particle = bool(runs[-1]) and words.low[k] in _PARTICLES and is_noun(words, following)
            owns = k > phrase.start and words.low[k] in WORDS["owner"] and not particle
            owned = word != "," and (owned or owns)
            if not owned and (particle or (is_noun(words, k) and not is_role(word))):
                runs[-1].append(word)
            else:
                runs.append([])
        if best := next((run for run in runs if len(run) > 1), None):
            return " ".join(best)
        head = words.form[phrase.head]
        single = phrase.end - phrase.start == 1 or words.form[phrase.start] in ("Herr", "Frau")
        named = head in self.full and (single or is_role(words.form[phrase.start]))
        return head if named else None


@lru_cache(1 << 14)
def is_role(word: str) -> bool:
    """Whether a noun is a role or another common noun, by list and ending."""
    listed = word in WORDS["person"] or word in WORDS["not_name"] or word in WORDS["woman"]
    return listed or (word.lower().endswith(_ROLE_ENDS) and len(word) > 5)


#: How many speakers back a pronoun or a role may point.
_REACH = 40
_PARTICLES = WORDS["name_particle"] - {"der", "den", "zu", "zur"}
_ROLE_ENDS = tuple(sorted(WORDS["role_tail"]))


def can_speak(words: Words, phrase: Phrase) -> bool:
    """Whether a noun phrase looks like a person or an institution: a pronoun, a name, a role."""
    if phrase.pronoun:
        return words.low[phrase.head] in ("er", "sie")
    if words.low[phrase.start] not in WORDS["determiner"]:
        return words.form[phrase.start][0].isupper()
    return any(map(is_role, words.form[phrase.start : phrase.end]))


def is_female(words: Words, phrase: Phrase) -> bool | None:
    """Grammatical or natural gender of the speaker, as far as a word shows it."""
    signs = (
        (word in _FEMALE or word.endswith(("erin", "entin", "chefin")), word in _MALE)
        for word in words.form[phrase.start : phrase.end]
    )
    by_article = False if words.low[phrase.start] in ("der", "ein") else None
    return next((female for female, male in signs if female or male), by_article)


def full_names(words: Words) -> dict[str, str]:
    """For each surname the longest full name of the document that ends with it, unless there are two."""
    names: dict[str, set[str]] = defaultdict(set)
    current: list[str] = []
    # The stop ends the last name.
    for low, (word, following) in zip([*words.low, "."], pairwise([*words.form, ".", "."]), strict=True):
        name = word[0].isupper() and word[-1].isalpha() and low not in FUNCTION and not is_role(word)
        if name or (current and low in _PARTICLES and following[0].isupper()):
            current.append(word)
        elif current:
            if 1 < len(current) < 5 and current[-1][0].isupper():
                names[current[-1]].add(" ".join(current))
            current = []
    longest = {surname: max(sorted(full), key=len) for surname, full in sorted(names.items())}
    return {
        surname: whole
        for surname, whole in longest.items()
        if all(whole.endswith(name) for name in names[surname])
    }
