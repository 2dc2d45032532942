"""Predicted clusters against gold ones: what the scores of coreference share.

A mention is a set of characters; two are the same only where these are equal. Definitions as Pradhan et al.
2014 settle them. Worked examples are in ``docs/metrics-quotes.md``, section "Coreference".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from wortlaut.model import Annotations, Span
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.metrics._metric import ORDERLESS, PERFECT, SYMMETRIC, UNDEFINED, DocumentMetric
from wortlaut.scoring.quotes_table import FINE, side_counts
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Note, Tally

Mentions = tuple[Span, ...]
#: A cluster's share of what its side can earn: its own cluster, the number earned, the number possible.
Shares = list[tuple[int, float, int]]
#: From gold and predicted clusters to the shares of both: recall's, then precision's.
Scorer = Callable[[list[Mentions], list[Mentions]], tuple[Shares, Shares]]


def cluster_metric(name: str, says: str, scorers: Mapping[str, Scorer], **tally: Any) -> DocumentMetric:
    """A score of clusters; each of the ``scorers`` is a label of it.

    Clusters of one mention count, as in the reference scorer. A cluster counts in the unit of its first
    mention.
    """

    def tallies(sides: Sides) -> Mapping[ScoreKey, Tally]:
        return {ScoreKey("clusters", name): _tally(sides, scorers, tally)}

    return DocumentMetric(
        name=name,
        says=says,
        holds=frozenset({SYMMETRIC, ORDERLESS, PERFECT, UNDEFINED}),
        tallies=tallies,
    )


def _tally(sides: Sides, scorers: Mapping[str, Scorer], options: Mapping[str, Any]) -> Tally:
    # Document, start, earned, possible and label of every cluster of both sides.
    items: tuple[list[tuple[int, int, int, int, int]], ...] = ([], [])
    doubled = 0
    for number, (left, right) in enumerate(zip(sides.gold, sides.predicted, strict=True)):
        g, _ = clusters_of(left)
        p, twice = clusters_of(right)
        doubled += twice
        for label, scorer in enumerate(scorers.values()):
            for rows, own, shares in zip(items, (g, p), scorer(g, p), strict=True):
                rows += [(number, own[i][0].start, round(hit * FINE), size, label) for i, hit, size in shares]
    tables = [np.asarray(rows, np.int64).reshape(-1, 5).T for rows in items]
    labels = tuple(scorers)
    counts = side_counts(
        len(sides.units),
        len(labels),
        *((sides.units.of(table[0], table[1]), table[4], table[2]) for table in tables),
        scale=FINE,
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


def both_ways(shares: Callable[[list[Mentions], list[Mentions]], Shares]) -> Scorer:
    """Recall's shares of the gold clusters and precision's of the predicted ones, by one rule."""
    return lambda gold, predicted: (shares(gold, predicted), shares(predicted, gold))
