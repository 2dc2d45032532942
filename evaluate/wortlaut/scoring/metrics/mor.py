"""Mention overlap ratio (Žabokrtský et al. 2022): tokens that mentions share, whatever the cluster.

SpanCluster pair one to one, so that they share the most tokens in all; without tokens characters count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from wortlaut.model.columns import Spans, spans_from_objects
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.match import assign, overlapping
from wortlaut.scoring.metrics._clusters import HOLDS, SpanCluster, clusters_of_sides
from wortlaut.scoring.metrics._metric import DocumentMetric
from wortlaut.scoring.metrics._positions import covered
from wortlaut.scoring.quotes_table import side_counts
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Tally

#: Tokens or characters that two mentions share stay below it.
_LONGEST = 2.0**20


def tallies(sides: Sides) -> Mapping[ScoreKey, Tally]:
    return {ScoreKey("clusters", "mor"): tally_of(clusters_of_sides(sides)[0], sides)}


def tally_of(clusters: Sequence[tuple[Sequence[SpanCluster], Sequence[SpanCluster]]], sides: Sides) -> Tally:
    """The score of these clusters of both sides, in the units and the tokens of ``sides``."""
    gold_clusters, found = zip(*clusters, strict=True) if clusters else ((), ())
    own = _mentions(gold_clusters), _mentions(found)
    unit = [sides.units.of(side.document, side.start) for side in own]
    gold, predicted = own if sides.tokens is None else (covered(side, sides.tokens) for side in own)
    pairs = overlapping(gold, predicted)
    # By a constant, so that ties fall alike whatever else is in the chunk.
    best = pairs.take(assign(pairs.gold, pairs.predicted, pairs.shared / _LONGEST))
    hits = np.zeros(len(gold), np.int64), np.zeros(len(predicted), np.int64)
    hits[0][best.gold] = hits[1][best.predicted] = best.shared
    one = [(at, np.zeros_like(at), earned) for at, earned in zip(unit, hits, strict=True)]
    sizes = gold.sizes(), predicted.sizes()
    counts = side_counts(len(sides.units), 1, *one, gold_size=sizes[0], predicted_size=sizes[1])
    return Tally(counts, ("mor",), ends=(("mor",), ()))


def _mentions(documents: Sequence[Sequence[SpanCluster]]) -> Spans:
    rows = [(number, mention) for number, own in enumerate(documents) for one in own for mention in one]
    number, none = [number for number, _ in rows], [0] * len(rows)
    return spans_from_objects(number, [mention for _, mention in rows], none, none)


METRIC = DocumentMetric(
    name="mor",
    says="tokens that mentions share, whatever the cluster (Žabokrtský et al. 2022)",
    holds=HOLDS,
    tallies=tallies,
)
