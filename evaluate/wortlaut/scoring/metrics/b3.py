"""B³ (Bagga & Baldwin 1998): each mention by the share of its cluster that the other side has together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from wortlaut.scoring.metrics._clusters import Mentions, Shares, both_ways, cluster_metric, places


def shares(own: Sequence[Mentions], other: Sequence[Mentions]) -> Shares:
    place = places(other)
    together = [Counter(place[m] for m in cluster if m in place) for cluster in own]
    return [
        (i, sum(n * n for n in parts.values()) / len(cluster), len(cluster))
        for i, (cluster, parts) in enumerate(zip(own, together, strict=True))
    ]


METRIC = cluster_metric("b3", "mentions (Bagga & Baldwin 1998)", {"b3": both_ways(shares)})
