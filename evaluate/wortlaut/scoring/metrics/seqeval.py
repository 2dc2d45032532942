"""The numbers of seqeval 1.2.2: strict matching; micro, macro over labels, weighted by gold spans.

Its default and strict modes differ in how they read malformed tags, not in how they score the spans read.
"""

from __future__ import annotations

from collections.abc import Mapping

from wortlaut.scoring.metrics._given import given
from wortlaut.scoring.metrics._metric import ORDERLESS, PERFECT, SYMMETRIC, GivenMetric
from wortlaut.scoring.metrics.strict import count
from wortlaut.scoring.tally import Tally
from wortlaut.scoring.task import Task


def tallies(task: Task, labels: tuple[str, ...], threshold: float) -> Mapping[str, Tally]:
    task, notes = given(task, "seqeval")
    return {"seqeval": Tally(count(task, 0), labels, told=notes, averages=("macro", "weighted"), zero=True)}


METRIC = GivenMetric(
    name="seqeval",
    says="seqeval 1.2.2: micro, macro, weighted",
    holds=frozenset({SYMMETRIC, ORDERLESS, PERFECT}),
    tallies=tallies,
)
