"""The numbers of Citron's own evaluation: each quote is right that has its like on the other side."""

from __future__ import annotations

from collections.abc import Callable

from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.metrics._metric import ORDERLESS, PERFECT, SPURIOUS, UNDEFINED, DocumentMetric
from wortlaut.scoring.metrics._tokens_of_quotes import PART_TASKS, ItemTally, Row, Scores, cued_rows_of
from wortlaut.scoring.sides import Sides

_PARTS = ("cue", "speaker", "content")
_TASKS = ("cues", "speakers", "quotes")


def tallies(sides: Sides) -> Scores:
    """``citron/metrics.py`` of github.com/bbc/citron: components alone, and joint all three of them.

    ``citron``: exact. A quote is right where any quote of the other side is like it, however many are.
    ``citron@overlap``: of each quote the tokens of a part that belong to that part of any quote of the other
    side.
    """
    documents, notes = cued_rows_of(sides)
    units = len(sides.units)
    exact = {task: ItemTally(units, ["quote"]) for task in (*_TASKS, "joint")}
    shared = {PART_TASKS[part]: ItemTally(units, [part]) for part in _PARTS}
    shared["joint"] = ItemTally(units, _PARTS)
    for rows in documents:
        for task, alike in _ALIKE.items():
            for g in rows[0]:
                exact[task].add(0, g, "quote", int(any(alike(g, p) for p in rows[1])))
            for p in rows[1]:
                exact[task].add(1, p, "quote", int(any(alike(g, p) for g in rows[0])))
        for part in _PARTS:
            tokens = [frozenset[int]().union(*(row.parts[part] for row in side)) for side in rows]
            for side, own in enumerate(rows):
                for row in own:
                    found = row.parts[part]
                    for task in (PART_TASKS[part], "joint"):
                        shared[task].add(side, row, part, len(found & tokens[1 - side]), len(found))
    return {
        ScoreKey(task, schema): tally.tally(notes)
        for schema, by_task in (("citron", exact), ("citron@overlap", shared))
        for task, tally in by_task.items()
    }


def _same(*parts: str) -> Callable[[Row, Row], bool]:
    return lambda g, p: all(g.parts[part] == p.parts[part] for part in parts)


def _under_its_cue(part: str) -> Callable[[Row, Row], bool]:
    """The same part under cues that overlap; to Citron a found cue right behind the gold one does, too."""

    def alike(g: Row, p: Row) -> bool:
        cue, found = g.parts["cue"], p.parts["cue"]
        return g.parts[part] == p.parts[part] and (bool(cue & found) or min(found) == max(cue) + 1)

    return alike


_ALIKE = {
    "cues": _same("cue"),
    "speakers": _under_its_cue("speaker"),
    "quotes": _under_its_cue("content"),
    "joint": _same(*_PARTS),
}

METRIC = DocumentMetric(
    name="citron",
    says="Citron's own evaluation: whatever has its like on the other side is right, exact and by tokens",
    holds=frozenset({ORDERLESS, PERFECT, UNDEFINED, SPURIOUS}),
    tallies=tallies,
)
