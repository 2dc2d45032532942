"""BLANC (Recasens & Hovy 2011; Luo et al. 2014): pairs of mentions, those of one cluster and all others.

The score is the mean of both kinds of pairs; of those alone that the gold has, where it lacks the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from wortlaut.scoring.metrics._clusters import HOLDS, Mentions, Shares, both_ways, cluster_metric, places
from wortlaut.scoring.metrics._metric import SYMMETRIC


def linked(own: Sequence[Mentions], other: Sequence[Mentions]) -> Shares:
    place = places(other)
    parts = [Counter(place[m] for m in cluster if m in place) for cluster in own]
    return [
        (i, sum(n * (n - 1) // 2 for n in part.values()), len(cluster) * (len(cluster) - 1) // 2)
        for i, (cluster, part) in enumerate(zip(own, parts, strict=True))
    ]


def apart(own: Sequence[Mentions], other: Sequence[Mentions]) -> Shares:
    """Pairs of mentions of two clusters: each belongs to the cluster that comes first."""
    place = places(other)
    behind, later = 0, Counter[int]()
    found: Shares = []
    for i in reversed(range(len(own))):
        part = Counter(place[m] for m in own[i] if m in place)
        pairs = part.total() * later.total() - sum(n * later[k] for k, n in part.items())
        found.append((i, pairs, len(own[i]) * behind))
        behind += len(own[i])
        later += part
    return found


PARTS = {"coreferent": both_ways(linked), "non-coreferent": both_ways(apart)}

METRIC = cluster_metric(
    "blanc",
    "pairs of mentions, of one cluster and of two (Recasens & Hovy 2011; Luo et al. 2014)",
    PARTS,
    holds=HOLDS - {SYMMETRIC},
    scale=1,
    headline="macro",
    of_gold=True,
)
