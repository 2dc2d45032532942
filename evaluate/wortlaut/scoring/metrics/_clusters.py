"""Predicted clusters against gold ones: what the scores of coreference share.

A mention is a set of characters; two are the same only where these are equal. Definitions as Pradhan et al.
2014 settle them. Worked examples are in ``docs/metrics-quotes.md``, section "Coreference".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

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

Mentions = tuple[Span, ...]
#: A cluster's share of what its side can earn: its own cluster, the number earned, the number possible.
Shares = list[tuple[int, float, int]]
#: From gold and predicted clusters to the shares of both: recall's, then precision's.
Scorer = Callable[[list[Mentions], list[Mentions]], tuple[Shares, Shares]]


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
        return {ScoreKey("clusters", name): _tally(sides, scorers, scale, tally)}

    return DocumentMetric(name=name, says=says, holds=holds, tallies=tallies)


def _tally(sides: Sides, scorers: Mapping[str, Scorer], scale: int, options: Mapping[str, Any]) -> Tally:
    # Document, start, earned, possible and label of every cluster of both sides.
    items: tuple[list[tuple[int, int, int, int, int]], ...] = ([], [])
    doubled = 0
    for number, (left, right) in enumerate(zip(sides.gold, sides.predicted, strict=True)):
        g, _ = clusters_of(left)
        p, twice = clusters_of(right)
        doubled += twice
        for label, scorer in enumerate(scorers.values()):
            for rows, own, shares in zip(items, (g, p), scorer(g, p), strict=True):
                rows += [
                    (number, own[i][0].start, round(hit * scale), size, label) for i, hit, size in shares
                ]
    tables = [np.asarray(rows, np.int64).reshape(-1, 5).T for rows in items]
    labels = tuple(scorers)
    counts = side_counts(
        len(sides.units),
        len(labels),
        *((sides.units.of(table[0], table[1]), table[4], table[2]) for table in tables),
        scale=scale,
        gold_size=tables[0][3],
        predicted_size=tables[1][3],
    )
    note = Note("{0} predicted mentions stand in two clusters: counted in the first one", (doubled,))
    return Tally(counts, labels, told=(note,), ends=(labels, ()), **options)


def clusters_of(annotations: Annotations) -> tuple[list[Mentions], int]:
    """What :func:`clusters_by_id` says, without the ids."""
    clusters, twice = clusters_by_id(annotations)
    return list(clusters.values()), twice


def clusters_by_id(annotations: Annotations) -> tuple[dict[str, Mentions], int]:
    """Clusters as sorted mentions, in text order, without empty ones; and how many mentions stood twice.

    A mention is an entity with the cluster's id or one of the cluster's own spans. A mention in
    several clusters stays in the first, as in the reference scorer.
    """
    mentions: dict[str, set[Span]] = {cluster.id: set(cluster.mentions) for cluster in annotations.clusters}
    for entity in annotations.entities:
        if entity.entity is not None:
            mentions.setdefault(entity.entity, set()).add(entity.span)
    taken: set[Span] = set()
    clusters: dict[str, Mentions] = {}
    twice = 0
    for spans, id in sorted((tuple(sorted(spans)), id) for id, spans in mentions.items()):
        kept = tuple(span for span in spans if span not in taken)
        twice += len(spans) - len(kept)
        taken.update(kept)
        if kept:
            clusters[id] = kept
    return clusters, twice


def places(clusters: list[Mentions]) -> dict[Span, int]:
    return {mention: i for i, cluster in enumerate(clusters) for mention in cluster}


def paired(
    gold: list[Mentions], predicted: list[Mentions], similar: Callable[[int, int, int], float]
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

    def shares(gold: list[Mentions], predicted: list[Mentions]) -> tuple[Shares, Shares]:
        pairs = paired(gold, predicted, similar)
        earned = {i: value for i, _, value in pairs}, {j: value for _, j, value in pairs}
        g, p = (
            [(i, own.get(i, 0.0), size(cluster)) for i, cluster in enumerate(clusters)]
            for own, clusters in zip(earned, (gold, predicted), strict=True)
        )
        return g, p

    return shares


def both_ways(shares: Callable[[list[Mentions], list[Mentions]], Shares]) -> Scorer:
    """Recall's shares of the gold clusters and precision's of the predicted ones, by one rule."""
    return lambda gold, predicted: (shares(gold, predicted), shares(predicted, gold))
