"""Which systems of an evaluation a paired test tells apart: what letters and bold print say."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from itertools import groupby
from weakref import ref

from wortlaut.errors import ComparisonError, counted
from wortlaut.evaluation.comparison import ALONE, Comparison, compare, every_schema
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.scoring.compare import LEVEL
from wortlaut.scoring.letters import compact_letters
from wortlaut.scoring.uncertainty import FEW_DOCUMENTS

#: A system's score: layer, schema, name of the system.
Place = tuple[str, str, str]


@dataclass(frozen=True)
class Significance:
    """Letters of each score, and the best F1 of each layer and schema with all that do not differ from it.

    ``alone`` are the scores of pairs that :attr:`wortlaut.evaluation.comparison.Row.alone` is about.
    ``tests`` are those that Holm's method adjusted together, of all scores of the table; ``why`` says
    why there are none. A layer and schema where one of the p-values is undefined has no letters.
    """

    letters: Mapping[Place, str] = field(default_factory=dict)
    best: frozenset[Place] = frozenset()
    alone: Set[Place] = frozenset()
    tests: int = 0
    notes: tuple[str, ...] = ()
    why: str = ""
    runs: bool = False
    #: The tests themselves, without the items that flipped.
    comparison: Comparison | None = field(default=None, repr=False)

    @property
    def how(self) -> str:
        tests = counted(self.tests, "test")
        runs = " (t over runs and documents of who has several runs)" if self.runs else ""
        return f"Paired approximate randomisation{runs}, {tests} adjusted by Holm's method, level {LEVEL}."


#: What they mean, before :attr:`Significance.how`.
BOLD = "Bold: the highest F1 of a layer and schema, and each that does not differ significantly from it."
LETTERS = "Letters: within a layer and schema, systems that share a letter do not differ significantly."
MARKED = f"*: of two systems that are {ALONE}."


_told: dict[int, tuple[ref[Evaluation], Significance]] = {}


def significance(evaluation: Evaluation) -> Significance:
    """Test all pairs of systems, layers and schemas at once, once an evaluation: many of each take long."""
    known = _told.get(id(evaluation))
    if known is None or known[0]() is not evaluation:
        key = id(evaluation)
        known = ref(evaluation, lambda _: _told.pop(key, None)), _tested(evaluation)
        _told[key] = known
    return known[1]


def _tested(evaluation: Evaluation) -> Significance:
    scored = [system for system in evaluation.systems if system.scores]
    if len(scored) < 2:
        return Significance(why="There is one system, so there is nothing to compare: name several with -e.")
    if evaluation.units.kind != "document":
        what = counted(evaluation.documents, "document")
        return Significance(
            why=f"No significance: {'one document' if evaluation.documents == 1 else what} cannot show which"
            f" system is better on other texts. Paired results on {FEW_DOCUMENTS} documents or more can."
        )
    if not any(result.run_sums is not None for one in scored for result in one.results.values()):
        return Significance(why="No significance: scored without resampling (--samples 0).")
    try:
        # One resample: the p-values come from the randomisation test alone.
        everything = every_schema(scored)
        comparison = compare({"": replace(evaluation, probes=None)}, schema=everything, samples=1)
    except ComparisonError as error:
        return Significance(why=f"No significance: {error.what}.")
    letters: dict[Place, str] = {}
    best: set[Place] = set()
    rows = sorted(comparison.rows, key=lambda row: (row.layer, row.schema))
    for (layer, schema), group in groupby(rows, key=lambda row: (row.layer, row.schema)):
        tests = list(group)
        # Without a p-value (an undefined F1) nothing is said about anyone in the group.
        if any(row.p_holm is None for row in tests):
            continue
        f1 = {
            system.name: system.scores[layer][schema].f1 or 0.0
            for system in scored
            if schema in system.scores.get(layer, {})
        }
        apart = [(row.a, row.b) for row in tests if row.p_holm is not None and row.p_holm < LEVEL]
        ranked = sorted(f1, key=lambda name: -f1[name])
        for name, of_name in compact_letters(ranked, apart).items():
            letters[layer, schema, name] = of_name
        below = {name for pair in apart if ranked[0] in pair for name in pair} - {ranked[0]}
        best |= {(layer, schema, name) for name in ranked if name not in below}
    several = any(row.test.runs is not None for row in comparison.rows)
    pairs = {(row.layer, row.schema, name) for row in rows if row.alone for name in (row.a, row.b)}
    alone = letters.keys() & pairs
    kept = replace(comparison, rows=tuple(replace(row, flips=()) for row in comparison.rows))
    return Significance(
        letters, frozenset(best), alone, len(rows), comparison.notes, runs=several, comparison=kept
    )
