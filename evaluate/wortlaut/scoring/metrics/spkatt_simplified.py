"""SpkAtt-2023 task 2, simplified: message and source of quotes that stand in no other, macro over pairs."""

from __future__ import annotations

from dataclasses import replace

from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.metrics._metric import PERFECT, UNDEFINED, DocumentMetric
from wortlaut.scoring.metrics._tokens_of_quotes import PART_TASKS, ItemTally, Scores, rows_of
from wortlaut.scoring.metrics.german_news_quotation import assigned
from wortlaut.scoring.quotes_table import FINE
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Note

_PARTS = ("content", "speaker")


def tallies(sides: Sides) -> Scores:
    """Subtask 2 of the organisers' ``eval/score.py``; its subtask 1 is ``german-news-quotation``.

    A quote with a ``parent`` counts on neither side. What is said there of the order and of pairs without
    shared content holds here, too.
    """
    documents, units = rows_of(sides, as_given=True), len(sides.units)
    scored = {PART_TASKS[part]: ItemTally(units, [part], FINE) for part in _PARTS}
    scored["joint"] = ItemTally(units, _PARTS, FINE)
    left_out = [0, 0]
    for rows in documents:
        outer = [[row for row in side if row.quote.parent is None] for side in rows]
        left_out = [n + len(side) - len(own) for n, side, own in zip(left_out, rows, outer, strict=True)]
        for g, p in assigned(outer[0], outer[1]):
            for part in _PARTS:
                scored[PART_TASKS[part]].both(g, p, part)
                scored["joint"].both(g, p, part)
    notes = (Note("left out: {0} gold and {1} predicted quotes within another", tuple(left_out)),)
    return {
        ScoreKey(task, METRIC.name): replace(tally.tally(notes), headline="pairs")
        for task, tally in scored.items()
    }


METRIC = DocumentMetric(
    name="spkatt-simplified",
    says="SpkAtt-2023 task 2, simplified: message and source of quotes within no other, macro over pairs",
    holds=frozenset({PERFECT, UNDEFINED}),
    tallies=tallies,
)
