"""The numbers of conlleval (Tjong Kim Sang & Buchholz 2000): strict matching, the micro average."""

from __future__ import annotations

from collections.abc import Mapping

from wortlaut.scoring.metrics._given import given
from wortlaut.scoring.metrics._metric import ORDERLESS, PERFECT, SYMMETRIC, GivenMetric
from wortlaut.scoring.metrics.strict import count
from wortlaut.scoring.tally import Tally
from wortlaut.scoring.task import Task


def tallies(task: Task, labels: tuple[str, ...], threshold: float) -> Mapping[str, Tally]:
    task, notes = given(task, "conlleval")
    return {"conlleval": Tally(count(task, 0), labels, told=notes, averages=(), zero=True)}


METRIC = GivenMetric(
    name="conlleval",
    says="conlleval: phrase F1",
    holds=frozenset({SYMMETRIC, ORDERLESS, PERFECT}),
    tallies=tallies,
)
