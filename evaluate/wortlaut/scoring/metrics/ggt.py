"""The numbers of the Gender Gap Tracker: quotes covered by .3 and .8, then the speakers of those found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from wortlaut.scoring.keys import MATCHED, ScoreKey
from wortlaut.scoring.metrics._attributed import RIGHT
from wortlaut.scoring.metrics._metric import PERFECT, UNDEFINED, DocumentMetric
from wortlaut.scoring.metrics._tokens_of_quotes import ItemTally, Row, Scores, rows_of
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Tally

_THRESHOLDS = (0.3, 0.8)


def tallies(sides: Sides) -> Scores:
    """``evaluate_quotes.py`` of github.com/sfu-discourse-lab/GenderGapTracker, each threshold a schema.

    Gold quotes choose one after the other, in their order, the free found quote that covers most of their
    characters, and more of them than the threshold. The accuracy of speakers is of these pairs: spans that
    share a character, or none on either side.
    """
    documents, units = rows_of(sides, as_given=True), len(sides.units)
    scores: dict[ScoreKey, Tally] = {}
    for threshold in _THRESHOLDS:
        quotes, speakers = ItemTally(units, ["quote"]), ItemTally(units, ["speaker"])
        for g_rows, p_rows in documents:
            for g, p in _chosen(g_rows, p_rows, threshold):
                quotes.whole(g, p, "quote")
                if g and p:
                    right = int(RIGHT["overlap"](g.quote.speaker, p.quote.speaker))
                    for side in (0, 1):
                        speakers.add(side, g, "speaker", right)
        schema = f"ggt@{threshold}"
        scores |= {
            ScoreKey("quotes", schema): quotes.tally(),
            ScoreKey("speakers", schema, MATCHED): speakers.tally(),
        }
    return scores


def _chosen(
    g_rows: Sequence[Row], p_rows: Sequence[Row], threshold: float
) -> Iterator[tuple[Row | None, Row | None]]:
    free = list(p_rows)
    for g in g_rows:
        covered = [g.quote.content.overlap(p.quote.content) / len(g.quote.content) for p in free]
        best = int(np.argmax(covered)) if covered else 0
        yield g, free.pop(best) if covered and covered[best] > threshold else None
    yield from ((None, p) for p in free)


METRIC = DocumentMetric(
    name="ggt",
    says="Gender Gap Tracker: gold quotes covered by more than .3 and .8, then the speakers of those found",
    holds=frozenset({PERFECT, UNDEFINED}),
    tallies=tallies,
)
