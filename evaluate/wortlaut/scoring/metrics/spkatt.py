"""The numbers of SpkAtt-2023 task 1: cues one-to-one by overlap, roles under matched cues, in tokens."""

from __future__ import annotations

from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.metrics._metric import ORDERLESS, PERFECT, SYMMETRIC, UNDEFINED, DocumentMetric
from wortlaut.scoring.metrics._tokens_of_quotes import (
    ItemTally,
    Row,
    Scores,
    best_pairs,
    cued_rows_of,
    dice,
)
from wortlaut.scoring.sides import Sides

_SPKATT_ROLES = ("content", "speaker", "addressee")


def tallies(sides: Sides) -> Scores:
    """SpkAtt-2023 task 1: cues pair one-to-one by shared tokens; everything counts in tokens, micro.

    Roles (message, source, addressee) count under matched cues only. Quotes without a cue are no
    part of the task and are left out on both sides, which the notes say.
    """
    documents, notes = cued_rows_of(sides)
    units = len(sides.units)
    cues, roles = ItemTally(units, ["cue"]), ItemTally(units, _SPKATT_ROLES)
    joint = ItemTally(units, ["cue", *_SPKATT_ROLES])
    for g_rows, p_rows in documents:
        for g, p in best_pairs(g_rows, p_rows, _cue_weight):
            cues.both(g, p, "cue")
            joint.both(g, p, "cue")
            for role in _SPKATT_ROLES:
                roles.both(g, p, role)
                joint.both(g, p, role)
    return {
        ScoreKey(task, "spkatt"): tally.tally(notes)
        for task, tally in (("cues", cues), ("roles", roles), ("joint", joint))
    }


def _cue_weight(g: Row, p: Row) -> float:
    """Shared cue tokens first; the other parts tell quotes apart that hang on one cue."""
    cue = dice(g.parts["cue"], p.parts["cue"])
    if not cue:
        return 0.0
    others = sum(dice(g.parts[part], p.parts[part]) for part in _SPKATT_ROLES[1:])
    return cue + 1e-3 * dice(g.parts["content"], p.parts["content"]) + 1e-6 * others


METRIC = DocumentMetric(
    name="spkatt",
    says="SpkAtt-2023 task 1: cues one-to-one by overlap, roles under matched cues, micro over tokens",
    holds=frozenset({SYMMETRIC, ORDERLESS, PERFECT, UNDEFINED}),
    tallies=tallies,
)
