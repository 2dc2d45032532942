"""Predicted clusters against gold ones: what the scores of coreference share.

A mention is a set of characters; two are the same only where these are equal. Definitions as Pradhan et al.
2014 settle them. Worked examples are in ``docs/metrics-quotes.md``, section "Coreference".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from wortlaut.model import Annotations, Span
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.metrics._metric import (
    ORDERLESS,
    PERFECT,
    SYMMETRIC,
    UNDEFINED,
    DocumentMetric,
    Property,
)
from wortlaut.scoring.quotes_table import FINE, side_counts
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Note, Tally
from wortlaut.scoring.units import Units


class Mention(Protocol):
    """What tells mentions of both sides apart, and where one begins."""

    @property
    def start(self) -> int: ...


Mentions = tuple[Mention, ...]
#: Both sides' clusters of each document.
Clusters = Iterable[tuple[Sequence[Mentions], Sequence[Mentions]]]
#: A cluster as it is annotated.
SpanCluster = tuple[Span, ...]
#: A cluster's share of what its side can earn: its own cluster, the number earned, the number possible.
Shares = list[tuple[int, float, int]]
#: From gold and predicted clusters to the shares of both: recall's, then precision's.
Scorer = Callable[[Sequence[Mentions], Sequence[Mentions]], tuple[Shares, Shares]]


#: What every score of clusters promises, but for BLANC's symmetry.
HOLDS = frozenset({SYMMETRIC, ORDERLESS, PERFECT, UNDEFINED})


def cluster_metric(
    name: str,
    says: str,
    scorers: Mapping[str, Scorer],
    holds: frozenset[Property] = HOLDS,
    scale: int = FINE,
    **tally: Any,
) -> DocumentMetric:
    """A score of clusters; each of the ``scorers`` is a label of it.

    Clusters of one mention count, as in the reference scorer. A cluster counts in the unit of its first
    mention. What it earns is kept in steps of 1 / ``scale``.
    """

    def tallies(sides: Sides) -> Mapping[ScoreKey, Tally]:
        own, twice = clusters_of_sides(sides)
        note = twice_note(twice)
        return {ScoreKey("clusters", name): tally_of(own, sides.units, scorers, note, scale, **tally)}

    return DocumentMetric(name=name, says=says, holds=holds, tallies=tallies)


def tally_of(
    clusters: Clusters,
    units: Units,
    scorers: Mapping[str, Scorer],
    notes: tuple[Note, ...],
    scale: int = FINE,
    **options: Any,
) -> Tally:
    """One score of clusters: what each earns of what it could, under each of the ``scorers``."""
    # Document, start, earned, possible and label of every cluster of both sides.
    items: tuple[list[tuple[int, int, int, int, int]], ...] = ([], [])
    for number, (g, p) in enumerate(clusters):
        for label, scorer in enumerate(scorers.values()):
            for rows, own, shares in zip(items, (g, p), scorer(g, p), strict=True):
                rows += [
                    (number, own[i][0].start, round(hit * scale), size, label) for i, hit, size in shares
                ]
    tables = [np.asarray(rows, np.int64).reshape(-1, 5).T for rows in items]
    labels = tuple(scorers)
    counts = side_counts(
        len(units),
        len(labels),
        *((units.of(table[0], table[1]), table[4], table[2]) for table in tables),
        scale=scale,
        gold_size=tables[0][3],
        predicted_size=tables[1][3],
    )
    return Tally(counts, labels, told=notes, ends=(labels, ()), **options)


def clusters_of_sides(sides: Sides) -> tuple[list[tuple[list[SpanCluster], list[SpanCluster]]], int]:
    """Both sides' clusters of each document, and how many predicted mentions stood twice."""
    found = [(clusters_of(g)[0], clusters_of(p)) for g, p in zip(sides.gold, sides.predicted, strict=True)]
    return [(g, p) for g, (p, _) in found], sum(twice for _, (_, twice) in found)


def twice_note(twice: int) -> tuple[Note, ...]:
    return (Note("{0} predicted mentions stand in two clusters: counted in the first one", (twice,)),)


def clusters_of(annotations: Annotations) -> tuple[list[SpanCluster], int]:
    """What :func:`clusters_by_id` says, without the ids."""
    clusters, twice = clusters_by_id(annotations)
    return list(clusters.values()), twice


def clusters_by_id(annotations: Annotations) -> tuple[dict[str, SpanCluster], int]:
    """Clusters as sorted mentions, in text order, without empty ones; and how many mentions stood twice.

    A mention is an entity with the cluster's id or one of the cluster's own spans. A mention in
    several clusters stays in the first, as in the reference scorer.
    """
    mentions: dict[str, set[Span]] = {cluster.id: set(cluster.mentions) for cluster in annotations.clusters}
    for entity in annotations.entities:
        if entity.entity is not None:
            mentions.setdefault(entity.entity, set()).add(entity.span)
    taken: set[Span] = set()
    clusters: dict[str, SpanCluster] = {}
    twice = 0
    for spans, id in sorted((tuple(sorted(spans)), id) for id, spans in mentions.items()):
        kept = tuple(span for span in spans if span not in taken)
        twice += len(spans) - len(kept)
        taken.update(kept)
        if kept:
            clusters[id] = kept
    return clusters, twice


def places(clusters: Sequence[Mentions]) -> dict[Mention, int]:
    return {mention: i for i, cluster in enumerate(clusters) for mention in cluster}


def paired(
    gold: Sequence[Mentions], predicted: Sequence[Mentions], similar: Callable[[int, int, int], float]
) -> list[tuple[int, int, float]]:
    """Which clusters answer each other, one to one, with how similar they are, above 0; the most in all.

    ``similar`` is of the mentions that both have, and those of each.
    """
    from scipy.optimize import linear_sum_assignment

    place = places(predicted)
    similarity = np.zeros((len(gold), len(predicted)))
    for i, cluster in enumerate(gold):
        for j, n in Counter(place[m] for m in cluster if m in place).items():
            similarity[i, j] = similar(n, len(cluster), len(predicted[j]))
    rows, columns = linear_sum_assignment(similarity, maximize=True)
    pairs = zip(rows.tolist(), columns.tolist(), similarity[rows, columns].tolist(), strict=True)
    return [(i, j, value) for i, j, value in pairs if value > 0]


def one_to_one(similar: Callable[[int, int, int], float], size: Callable[[Mentions], int]) -> Scorer:
    """Each cluster by how similar the one is that answers it; ``size`` is what it could earn."""

    def shares(gold: Sequence[Mentions], predicted: Sequence[Mentions]) -> tuple[Shares, Shares]:
        pairs = paired(gold, predicted, similar)
        earned = {i: value for i, _, value in pairs}, {j: value for _, j, value in pairs}
        g, p = (
            [(i, own.get(i, 0.0), size(cluster)) for i, cluster in enumerate(clusters)]
            for own, clusters in zip(earned, (gold, predicted), strict=True)
        )
        return g, p

    return shares


def both_ways(shares: Callable[[Sequence[Mentions], Sequence[Mentions]], Shares]) -> Scorer:
    """Recall's shares of the gold clusters and precision's of the predicted ones, by one rule."""
    return lambda gold, predicted: (shares(gold, predicted), shares(predicted, gold))
