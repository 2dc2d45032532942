"""Whom the gold of a document tells apart, and whom of them a predicted speaker means.

The specification with worked examples is ``docs/metrics-quotes.md``, section "Names".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from wortlaut.model import Annotations, Cluster, Quote, Span
from wortlaut.model.columns import Ints
from wortlaut.scoring.quotes_table import Quotes, jaccard

#: What stands in an entity column where no person does: nobody speaks; the gold does not say who;
#: the prediction names nobody of the gold's.
NOBODY, UNSAID, UNRESOLVED = -1, -2, -3

_ARTICLES = "der die das den dem des ein eine einer eines einem einen"
_TITLES = "herr herrn frau dr prof professor professorin sir lord lady mr mrs ms"
#: Leading words that name no one: an article, a form of address; an office, which other rules guard.
_LEADING = re.compile(rf"(?:{'|'.join((_ARTICLES + ' ' + _TITLES).split())})\.?", re.IGNORECASE)
_OFFICE = re.compile(
    r"[\w-]*(?:präsident|kanzler|minister|senator|sprecher|vorsitzende)(?:in|en|s|r|n|m)?", re.IGNORECASE
)
_PARTICLES = frozenset(
    "al bin d da de del della den der di dos du el ibn la le ten ter van von zu zum zur".split()
)


def normalised(name: str) -> str:
    """A name as it is compared: case folded, white space single, no article, title or office before it.

    An office stays where the rest may be what it is the office of: before a word in lower case, and
    before a possible genitive.

    >>> normalised("Der  Präsident Wladimir Putin")
    'wladimir putin'
    >>> normalised("der Präsident Russlands")
    'präsident russlands'
    """
    words = name.strip(" \t\n.,;:„“”\"'‚‘’»«").split()
    while len(words) > 1 and (_LEADING.fullmatch(words[0]) or _is_title(words)):
        words = words[1:]
    return " ".join(words).casefold()


def _is_title(words: list[str]) -> bool:
    rest = words[1:]
    return bool(_OFFICE.fullmatch(words[0])) and rest[0][0].isupper() and not rest[-1].endswith("s")


def _without_genitive(name: str) -> str | None:
    """``putins`` → ``putin``, ``fritz'`` → ``fritz``."""
    stem = re.sub(r"(?<=\w\w)(?:['’]s?|s)$", "", name)
    return None if stem == name else stem


@dataclass(frozen=True)
class Person:
    """Somebody whom the gold of one document tells apart: a cluster, or a name without a cluster."""

    id: str
    name: str
    names: tuple[str, ...]
    mentions: tuple[Span, ...]
    surname: bool
    clustered: bool = True


def people_of(gold: Annotations) -> list[Person]:
    """The gold's clusters, then the names of speakers that are no cluster's id, each spelling once."""
    mentions: dict[str, set[Span]] = defaultdict(set)
    for entity in gold.entities:
        if entity.entity is not None:
            mentions[entity.entity].add(entity.span)
    for cluster in gold.clusters:
        mentions[cluster.id].update(cluster.mentions)
    known = {cluster.id for cluster in gold.clusters}
    spellings: dict[str, set[str]] = defaultdict(set)
    for quote in gold.quotes:
        if (key := quote.speaker_entity) is not None:
            if key not in known:
                key = normalised(key)
                spellings[key].add(quote.speaker_entity or "")
            if quote.speaker is not None:
                mentions[key].add(quote.speaker)
    clusters = [
        Person(
            c.id,
            c.name,
            (c.name, *c.aliases),
            tuple(sorted(mentions[c.id])),
            surname=c.named and c.type in (None, "PER"),
        )
        for c in gold.clusters
    ]
    names = [
        Person(min(spelt), min(spelt), tuple(sorted(spelt)), tuple(sorted(mentions[key])), True, False)
        for key, spelt in sorted(spellings.items())
    ]
    return clusters + names


def _index(pairs: Iterable[tuple[str, int]]) -> dict[str, set[int]]:
    """What each name stands for."""
    index: dict[str, set[int]] = defaultdict(set)
    for name, number in pairs:
        index[name].add(number)
    return index


class Resolver:
    """Finds the gold's person that a prediction means, in one document."""

    def __init__(self, people: Sequence[Person]) -> None:
        named = [(i, person, name) for i, person in enumerate(people) for name in person.names]
        forms = [(i, normalised(name).split()) for i, one, name in named if one.surname and _is_name(name)]
        longer = {(form[-1], i) for i, form in forms if len(form) > 1}
        short = {(form[0], i) for i, form in forms if len(form) == 1}
        self.people = people
        self._ids = _index((person.id, i) for i, person in enumerate(people) if person.clustered)
        #: Spelling → the person of no cluster whom the gold calls so.
        self._spelt = _index((name, i) for i, person, name in named if not person.clustered)
        self._exact = _index((name, i) for i, _, name in named)
        self._normal = _index((normalised(name), i) for i, _, name in named)
        #: Surname → people with a longer name that ends in it; → people known by nothing longer.
        self._ends_in, self._only = _index(longer), _index(short - longer)

    def number(self, speaker_entity: str) -> int:
        """The person whom the gold names so: a cluster's id, else one of the spellings of a name."""
        same_id = self._ids.get(speaker_entity)
        return min(same_id) if same_id else min(self._spelt[speaker_entity])

    def resolve(self, quote: Quote, predicted: Annotations) -> set[int]:
        """The people whom a predicted quote's speaker can mean: nobody known, one, or an ambiguity."""
        found: set[int] = set()
        if quote.speaker_entity is not None:
            cluster = next((c for c in predicted.clusters if c.id == quote.speaker_entity), None)
            if cluster is None:
                found = self.by_name(quote.speaker_entity)
            else:
                named = [entity.span for entity in predicted.entities if entity.entity == cluster.id]
                found = self.by_cluster(cluster, [*named, *cluster.mentions])
        if len(found) != 1 and quote.speaker is not None:
            found = self.by_spans([quote.speaker], found) or found
        return found

    def by_name(self, name: str) -> set[int]:
        """The people whom a name can mean by the first rule that knows any; more than one is ambiguous."""
        form = normalised(name)
        forms = [one for one in (form, _without_genitive(form)) if one]
        endings = [
            (self._ends_in if len(words) == 1 else self._only, words[-1]) for words in map(str.split, forms)
        ]
        rules = [(self._ids, name), (self._exact, name), *((self._normal, one) for one in forms), *endings]
        return next((found for index, spelling in rules if (found := index.get(spelling))), set())

    def by_spans(self, spans: Iterable[Span], among: set[int]) -> set[int]:
        """The people whose mentions share most with the spans (sum of the best Jaccard index of each)."""
        spans = list(spans)
        score = {
            i: sum(max((jaccard(span, m) for m in self.people[i].mentions), default=0.0) for span in spans)
            for i in (among or range(len(self.people)))
        }
        best = max(score.values(), default=0.0)
        return {i for i, value in score.items() if value > 0 and value >= best - 1e-12}

    def by_cluster(self, cluster: Cluster, mentions: Sequence[Span]) -> set[int]:
        """The people whom a predicted cluster can mean: by its name, its aliases, then its mentions."""
        found: set[int] = set()
        for name in (cluster.name, *cluster.aliases):
            named = self.by_name(name)
            found = found & named or found or named
            if len(found) == 1:
                break
        if len(found) != 1:
            found = self.by_spans(mentions, found) or found
        return found & self._ids.get(cluster.id, set()) or found


def _is_name(name: str) -> bool:
    """Whether every word is capitalised or a particle of names: no description."""
    return all(word[:1].isupper() or word in _PARTICLES for word in name.split())


class Names:
    """The people of every document of the gold, numbered through, and what could not be told apart."""

    def __init__(self, gold: Sequence[Annotations]) -> None:
        self._resolvers = [Resolver(people_of(document)) for document in gold]
        self.names = [person.name for resolver in self._resolvers for person in resolver.people]
        self._first = [0, *accumulate(len(resolver.people) for resolver in self._resolvers)]
        self._unsure: set[tuple[int, str]] = set()

    def of_gold(self, quotes: Quotes) -> Ints:
        rows = zip(quotes.document.tolist(), quotes.quotes, strict=True)
        return np.asarray([self._gold_entity(document, quote) for document, quote in rows], np.int64)

    def of_predicted(self, quotes: Quotes, predicted: Sequence[Annotations]) -> Ints:
        rows = zip(quotes.document.tolist(), quotes.quotes, strict=True)
        entities = [self._predicted_entity(document, quote, predicted[document]) for document, quote in rows]
        return np.asarray(entities, np.int64)

    def ambiguous(self) -> list[tuple[int, str]]:
        """Document and what is unsure for each speaker that could be several people, in document order."""
        return sorted(self._unsure)

    def _gold_entity(self, document: int, quote: Quote) -> int:
        if quote.speaker_entity is None:
            return NOBODY if quote.speaker is None else UNSAID
        return self._first[document] + self._resolvers[document].number(quote.speaker_entity)

    def _predicted_entity(self, document: int, quote: Quote, predicted: Annotations) -> int:
        if quote.speaker is None and quote.speaker_entity is None:
            return NOBODY
        resolver = self._resolvers[document]
        found = resolver.resolve(quote, predicted)
        if len(found) == 1:
            return self._first[document] + next(iter(found))
        if found:
            what = (
                f"the speaker at {quote.speaker.start}"
                if quote.speaker_entity is None and quote.speaker
                else repr(quote.speaker_entity)
            )
            could = " or ".join(sorted({resolver.people[i].name for i in found}))
            self._unsure.add((document, f"{what} could be {could}"))
        return UNRESOLVED
