"""The numbers of the German news quotation corpus (Petersen-Frey & Biemann 2024): macro over pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wortlaut.model import QUOTE_TYPES
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.metrics._metric import PERFECT, UNDEFINED, DocumentMetric
from wortlaut.scoring.metrics._tokens_of_quotes import (
    PART_TASKS,
    ItemTally,
    Row,
    Scores,
    dice,
    rows_of,
    with_rest,
)
from wortlaut.scoring.quotes_table import FINE, type_labels
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Note

_ROLES = ("addressee", "cue", "frame", "speaker")


def tallies(sides: Sides) -> Scores:
    """Petersen-Frey & Biemann 2024, the ``eval`` of their repository, with undefined for 0/0.

    Like the original it takes quotes in the order given: between assignments of equal weight that
    order decides, and pairs without shared content may earn credit for roles and types.
    """
    documents, units = rows_of(sides, as_given=True), len(sides.units)
    quotes = [row.quote for sides in documents for rows in sides for row in rows]
    types = type_labels(quote.type for quote in quotes)
    media = sorted({quote.medium for quote in quotes if quote.medium is not None})
    parts = {part: ItemTally(units, [part], FINE) for part in PART_TASKS}
    roles, joint = ItemTally(units, _ROLES, FINE), ItemTally(units, list(PART_TASKS), FINE)
    kinds = {"type": ItemTally(units, types, first=QUOTE_TYPES), "medium": ItemTally(units, media, first=())}
    apart = credited = 0
    for g_rows, p_rows in documents:
        for g, p in assigned(g_rows, p_rows):
            for part in PART_TASKS:
                parts[part].both(g, p, part)
                joint.both(g, p, part)
                if part in _ROLES:
                    roles.both(g, p, part)
            for kind, tally in kinds.items():
                values = [None if row is None else getattr(row.quote, kind) for row in (g, p)]
                for side, (row, value) in enumerate(zip((g, p), values, strict=True)):
                    if row is not None and value is not None:
                        tally.add(side, row, value, int(values[0] == values[1]))
            if g and p and not g.parts["content"] & p.parts["content"]:
                apart += 1
                credited += g.quote.type == p.quote.type or any(g.parts[r] & p.parts[r] for r in _ROLES)
    notes = (
        Note(
            "{0} pairs share no content, as the original assigns them;"
            " {1} of them earn credit for a role or the type",
            (apart, credited),
        ),
    )
    tallies = {PART_TASKS[part]: tally for part, tally in parts.items()}
    tallies |= {"roles": roles, "joint": joint, "types": kinds["type"], "media": kinds["medium"]}
    return {
        ScoreKey(task, "german-news-quotation"): replace(
            tally.tally(notes), headline="micro" if task in ("types", "media") else "pairs"
        )
        for task, tally in tallies.items()
    }


def assigned(g_rows: list[Row], p_rows: list[Row]) -> list[tuple[Row | None, Row | None]]:
    """The pairs of the best assignment, then gold and predicted quotes that are left over, alone."""
    from scipy.optimize import linear_sum_assignment

    weight = np.zeros((len(g_rows), len(p_rows)))
    for i, g in enumerate(g_rows):
        for j, p in enumerate(p_rows):
            f1 = dice(g.parts["content"], p.parts["content"])
            if f1 > 0:
                same_type, same_medium = g.quote.type == p.quote.type, g.quote.medium == p.quote.medium
                # Summed in the original's order, so that equal sums are equal there too.
                weight[i, j] = f1 + (0.01 if same_type else 0.0) + (0.001 if same_medium else 0.0)
    at_g, at_p = linear_sum_assignment(weight, maximize=True)
    return with_rest(g_rows, p_rows, at_g.tolist(), at_p.tolist())


METRIC = DocumentMetric(
    name="german-news-quotation",
    says="German news quotation corpus (Petersen-Frey & Biemann 2024): macro over pairs",
    holds=frozenset({PERFECT, UNDEFINED}),
    tallies=tallies,
)
