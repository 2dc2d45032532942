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
)
from wortlaut.scoring.sides import Sides

_SPKATT_ROLES = ("content", "speaker", "addressee")


def tallies(sides: Sides) -> Scores:
    """SpkAtt-2023 task 1: cues that share tokens pair one-to-one; everything counts in tokens, micro.

    Of all alignments of cues the one with the best joint F1 counts (Rehbein et al. 2023, section 5.2).

    Roles (message, source, addressee) count under matched cues only. Quotes without a cue are no
    part of the task and are left out on both sides, which the notes say.
    """
    documents, notes = cued_rows_of(sides)
    units = len(sides.units)
    cues, roles = ItemTally(units, ["cue"]), ItemTally(units, _SPKATT_ROLES)
    joint = ItemTally(units, ["cue", *_SPKATT_ROLES])
    for g_rows, p_rows in documents:
        for g, p in best_pairs(g_rows, p_rows, _weight):
            cues.both(g, p, "cue")
            joint.both(g, p, "cue")
            for role in _SPKATT_ROLES:
                roles.both(g, p, role)
                joint.both(g, p, role)
    return {
        ScoreKey(task, "spkatt"): tally.tally(notes)
        for task, tally in (("cues", cues), ("roles", roles), ("joint", joint))
    }


def _weight(g: Row, p: Row) -> float:
    """Shared tokens of all parts, of cues that share any.

    Both sides' tokens are given, so the alignment with the most shared ones has the best joint F1: the one
    that the organisers take. Of equal ones they name none: here more of the cue counts, then of the content.
    """
    shared = {part: len(g.parts[part] & p.parts[part]) for part in ("cue", *_SPKATT_ROLES)}
    if not shared["cue"]:
        return 0.0
    return sum(shared.values()) + 1e-3 * shared["cue"] + 1e-6 * shared["content"] + 1e-9 * shared["speaker"]


METRIC = DocumentMetric(
    name="spkatt",
    says="SpkAtt-2023 task 1: cues one-to-one by overlap, roles under matched cues, micro over tokens",
    holds=frozenset({SYMMETRIC, ORDERLESS, PERFECT, UNDEFINED}),
    tallies=tallies,
)
