"""LEA (Moosavi & Strube 2016): resolved links, weighted by the size of the cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from wortlaut.scoring.metrics._clusters import Mentions, Shares, both_ways, cluster_metric, places


def shares(own: Sequence[Mentions], other: Sequence[Mentions]) -> Shares:
    place = places(other)
    found = []
    for i, cluster in enumerate(own):
        size = len(cluster)
        if size == 1:
            # A cluster of one has a link to itself, which only another cluster of one shares.
            alone = cluster[0] in place and len(other[place[cluster[0]]]) == 1
            found.append((i, float(alone), 1))
        else:
            together = Counter(place[m] for m in cluster if m in place)
            common = sum(n * (n - 1) // 2 for n in together.values())
            found.append((i, size * common / (size * (size - 1) / 2), size))
    return found


METRIC = cluster_metric(
    "lea", "links, weighted by the size of the cluster (Moosavi & Strube 2016)", {"lea": both_ways(shares)}
)
