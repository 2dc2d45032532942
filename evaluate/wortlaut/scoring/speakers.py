"""Who said it: a predicted speaker's entity, and the scores of speakers in three variants and settings.

The specification with worked examples is ``docs/metrics-quotes.md``, sections "Speakers" and "Names".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wortlaut.errors import ExtractorError
from wortlaut.model import QUOTE_TYPES, Annotations, Cluster, Quote, Span
from wortlaut.scoring.columns import Bools, Ints
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.quote_pairs import (
    Item,
    Measured,
    Note,
    Paired,
    Quotes,
    jaccard,
    pair_quotes,
    quotes_of,
    side_counts,
    table,
    type_labels,
)
from wortlaut.scoring.units import Units

SPEAKER, NO_SPEAKER, UNKNOWN = "speaker", "no speaker", "unknown"
_SPEAKS, _NO_NAMES = (SPEAKER, NO_SPEAKER), (NO_SPEAKER, UNKNOWN)
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
        if quote.speaker_entity is None:
            continue
        key = quote.speaker_entity
        if key not in known:
            key = normalised(key)
            spellings[key].add(quote.speaker_entity)
        if quote.speaker is not None:
            mentions[key].add(quote.speaker)
    clusters = [
        Person(c.id, c.name, (c.name, *c.aliases), tuple(sorted(mentions[c.id])), _has_surname(c))
        for c in gold.clusters
    ]
    names = [
        Person(min(spelt), min(spelt), tuple(sorted(spelt)), tuple(sorted(mentions[key])), True, False)
        for key, spelt in sorted(spellings.items())
    ]
    return clusters + names


def _has_surname(cluster: Cluster) -> bool:
    return cluster.named and cluster.type in (None, "PER")


class Resolver:
    """Finds the gold's person that a prediction means, in one document."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.people = people
        self._ids: dict[str, set[int]] = defaultdict(set)
        self._exact: dict[str, set[int]] = defaultdict(set)
        #: Spelling → the person of no cluster whom the gold calls so.
        self._spelt: dict[str, set[int]] = defaultdict(set)
        self._normal: dict[str, set[int]] = defaultdict(set)
        #: Surname → people with a longer name that ends in it; → people known by nothing longer.
        self._ends_in: dict[str, set[int]] = defaultdict(set)
        self._only: dict[str, set[int]] = defaultdict(set)
        for i, person in enumerate(people):
            if person.clustered:
                self._ids[person.id].add(i)
            else:
                for name in person.names:
                    self._spelt[name].add(i)
            for name in person.names:
                self._exact[name].add(i)
                self._normal[normalised(name)].add(i)
            if person.surname:
                forms = [normalised(name).split() for name in person.names if _is_name(name)]
                longer = {form[-1] for form in forms if len(form) > 1}
                for last in longer:
                    self._ends_in[last].add(i)
                for form in forms:
                    if len(form) == 1 and form[0] not in longer:
                        self._only[form[0]].add(i)

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
        for found in (self._ids.get(name), self._exact.get(name)):
            if found:
                return found
        form = normalised(name)
        stem = _without_genitive(form)
        for candidate in (form, stem):
            if candidate and (found := self._normal.get(candidate)):
                return found
        for candidate in (form, stem):
            if candidate:
                words = candidate.split()
                index = self._ends_in if len(words) == 1 else self._only
                if words and (found := index.get(words[-1])):
                    return found
        return set()

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
        if len(found) > 1 and (same := found & self._ids.get(cluster.id, set())):
            found = same
        return found


def _is_name(name: str) -> bool:
    """Whether every word is capitalised or a particle of names: no description."""
    return all(word[:1].isupper() or word in _PARTICLES for word in name.split())


@dataclass(frozen=True)
class Attribution:
    """Gold and predicted quotes, whom each is attributed to, and which answers which.

    Entities are numbers of people of the gold, or one of the three constants.
    """

    gold: Quotes
    predicted: Quotes
    gold_entity: Ints
    predicted_entity: Ints
    paired: Paired


class Names:
    """The people of every document of the gold, numbered through, and what could not be told apart."""

    def __init__(self, gold: Sequence[Annotations]) -> None:
        self.names: list[str] = []
        self._first: list[int] = []
        self._resolvers: list[Resolver] = []
        for document in gold:
            people = people_of(document)
            self._first.append(len(self.names))
            self._resolvers.append(Resolver(people))
            self.names.extend(person.name for person in people)
        self._unsure: set[tuple[int, str]] = set()

    def of_gold(self, quotes: Quotes) -> Ints:
        return self._column(quotes, self._gold_entity)

    def of_predicted(self, quotes: Quotes, predicted: Sequence[Annotations]) -> Ints:
        def entity(document: int, quote: Quote) -> int:
            return self._predicted_entity(document, quote, predicted[document])

        return self._column(quotes, entity)

    def ambiguous(self) -> list[tuple[int, str]]:
        """Document and what is unsure for each speaker that could be several people, in document order."""
        return sorted(self._unsure)

    def _column(self, quotes: Quotes, entity: Callable[[int, Quote], int]) -> Ints:
        rows = zip(quotes.document.tolist(), quotes.quotes, strict=True)
        return np.asarray([entity(document, quote) for document, quote in rows], np.int64)

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


def attribution(
    gold: Sequence[Annotations], predicted: Sequence[Annotations], units: Units, names: Names
) -> Attribution:
    """Both sides end to end, paired by content."""
    g, p = table(quotes_of(gold), units), table(quotes_of(predicted), units)
    g_entity, p_entity = names.of_gold(g), names.of_predicted(p, predicted)
    return Attribution(g, p, g_entity, p_entity, pair_quotes(g, p, g_entity, p_entity))


def given_attribution(
    gold: Sequence[Annotations],
    predicted: Sequence[Annotations],
    given: Sequence[Sequence[Quote]],
    units: Units,
    names: Names,
) -> Attribution:
    """The gold quotes and how an extractor attributed them: one answer for each, in the order of the gold."""
    if len(given) != len(gold):
        raise ExtractorError(f"attributed the quotes of {len(given)} documents, not of {len(gold)}")
    for number, (document, quotes) in enumerate(zip(gold, given, strict=True), start=1):
        if [quote.content for quote in document.quotes] != [quote.content for quote in quotes]:
            raise ExtractorError(
                f"did not return the quotes that it was given in document {number}",
                hint="Return one quote for each quote given, in the same order, with its content unchanged.",
            )
    g, p = table(quotes_of(gold), units, as_given=True), table(given, units, as_given=True)
    every = np.arange(len(g), dtype=np.int64)
    return Attribution(g, p, names.of_gold(g), names.of_predicted(p, predicted), Paired(every, every))


def speaker_scores(
    found: Attribution, given: Attribution | None, names: Names, units: Units
) -> dict[str, Measured]:
    """``strict``, ``overlap`` and ``entity``, end to end, ``@matched`` and, with ``given``, ``@gold``."""
    settings = [("", found)] if given is None else [("", found), ("@gold", given)]
    named = int((found.gold_entity >= 0).sum())
    spans_only = (Note("entity: left out, the gold names no speaker", unless=named),)
    scores: dict[str, Measured] = {}
    for variant, right in (("strict", _same), ("overlap", _touching)):
        for setting, side in settings:
            hit = _right(side, right)
            columns = (_silent(side.gold), _silent(side.predicted))
            scores |= _scored(variant, setting, side, hit, _SPEAKS, columns, spans_only, units, (_SPEAKS, ()))
    notes = _entity_notes(found, names)
    for setting, side in settings:
        said = _said(side)
        hit = said.gold_entity[said.paired.gold] == said.predicted_entity[said.paired.predicted]
        labels, columns = _entity_labels(names.names, said.gold_entity, said.predicted_entity)
        entity = _scored("entity", setting, said, hit, labels, columns, notes, units, ((), _NO_NAMES))
        scores |= {name: replace(measured, basis=named) for name, measured in entity.items()}
    return scores


def _entity_notes(found: Attribution, names: Names) -> tuple[Note, ...]:
    ambiguous = names.ambiguous()
    unsaid = int((found.gold_entity == UNSAID).sum())
    return (
        Note("{0} ambiguous speakers count as unknown: {cases}", (len(ambiguous),), cases=tuple(ambiguous)),
        Note("{0} gold quotes have a speaker but do not say who it is: left out", (unsaid,)),
    )


def _right(side: Attribution, right: Callable[[Quote, Quote], bool]) -> Bools:
    pairs = zip(side.paired.gold.tolist(), side.paired.predicted.tolist(), strict=True)
    return np.asarray([right(side.gold.quotes[g], side.predicted.quotes[p]) for g, p in pairs], bool)


def _same(gold: Quote, predicted: Quote) -> bool:
    return gold.speaker == predicted.speaker


def _touching(gold: Quote, predicted: Quote) -> bool:
    return jaccard(gold.speaker, predicted.speaker) > 0


def _silent(side: Quotes) -> Ints:
    return np.asarray([quote.speaker is None for quote in side.quotes], np.int64)


def _said(side: Attribution) -> Attribution:
    """Without the gold quotes whose speaker the gold does not identify, and what is matched to them."""
    kept_g = side.gold_entity != UNSAID
    judged = kept_g[side.paired.gold]
    kept_p = np.ones(len(side.predicted), bool)
    kept_p[side.paired.predicted[~judged]] = False
    place_g, place_p = np.cumsum(kept_g) - 1, np.cumsum(kept_p) - 1
    return Attribution(
        side.gold.take(kept_g),
        side.predicted.take(kept_p),
        side.gold_entity[kept_g],
        side.predicted_entity[kept_p],
        Paired(place_g[side.paired.gold[judged]], place_p[side.paired.predicted[judged]]),
    )


def _entity_labels(
    names: Sequence[str], gold: Ints, predicted: Ints
) -> tuple[tuple[str, ...], tuple[Ints, Ints]]:
    """Labels are names, so that a person counts as one through all documents."""
    special = {NOBODY: NO_SPEAKER, UNRESOLVED: UNKNOWN}
    spelt = [[special.get(i) or names[i] for i in column.tolist()] for column in (gold, predicted)]
    labels = [*sorted({*spelt[0], *spelt[1]} - set(_NO_NAMES)), *_NO_NAMES]
    number = {label: i for i, label in enumerate(labels)}
    columns = [np.asarray([number[name] for name in column], np.int64) for column in spelt]
    return tuple(labels), (columns[0], columns[1])


def _scored(
    variant: str,
    setting: str,
    side: Attribution,
    hit: Bools,
    labels: tuple[str, ...],
    columns: tuple[Ints, Ints],
    notes: tuple[Note, ...],
    units: Units,
    ends: tuple[tuple[str, ...], tuple[str, ...]],
) -> dict[str, Measured]:
    """End to end and on matched quotes; given the gold quotes the two are the same."""
    scores = {}
    if not setting:
        counts = _end_to_end(side, hit, columns, len(labels), units)
        items = _items(side, labels, columns)
        scores[variant] = Measured(counts, labels, told=notes, items=items, ends=ends)
    g, p = side.paired.gold, side.paired.predicted
    # An accuracy: both sides of a pair count in the gold quote's unit.
    unit = side.gold.unit[g]
    counts = side_counts(len(units), len(labels), (unit, columns[0][g], hit), (unit, columns[1][p], hit))
    scores[variant + (setting or "@matched")] = Measured(counts, labels, told=notes, ends=ends)
    return scores


def _end_to_end(
    side: Attribution, hit: Bools, columns: tuple[Ints, Ints], labels: int, units: Units
) -> Counts:
    hits_g, hits_p = np.zeros(len(side.gold), bool), np.zeros(len(side.predicted), bool)
    hits_g[side.paired.gold], hits_p[side.paired.predicted] = hit, hit
    return side_counts(
        len(units), labels, (side.gold.unit, columns[0], hits_g), (side.predicted.unit, columns[1], hits_p)
    )


def joint_scores(found: Attribution, units: Units) -> dict[str, Measured]:
    """A matched quote with equal type whose cue and speaker are right: ``strict`` or ``overlap``."""
    labels = type_labels(found.gold.types() + found.predicted.types())
    columns = (found.gold.type_column(labels), found.predicted.type_column(labels))
    items = _items(found, labels, columns)
    return {
        variant: Measured(
            _end_to_end(found, _right(found, right), columns, len(labels), units),
            labels,
            items=items,
            ends=(QUOTE_TYPES, ()),
        )
        for variant, right in (("strict", _all_same), ("overlap", _all_touching))
    }


def _items(
    side: Attribution, labels: Sequence[str], columns: tuple[Ints, Ints]
) -> tuple[list[Item], list[Item]]:
    return side.gold.items(labels, columns[0]), side.predicted.items(labels, columns[1])


def _all_same(gold: Quote, predicted: Quote) -> bool:
    return gold.type == predicted.type and all(
        gold.role(role) == predicted.role(role) for role in ("content", "cue", "speaker")
    )


def _all_touching(gold: Quote, predicted: Quote) -> bool:
    return gold.type == predicted.type and all(
        jaccard(gold.role(role), predicted.role(role)) > 0 for role in ("content", "cue", "speaker")
    )
