"""Fair scores of Ortmann (2022) against known answers, and how we pair where she counts further overlaps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from span_cases import LABELS, task_of

from wortlaut.model import Span
from wortlaut.scoring.fair import NEAR_MISSES, fair_scores
from wortlaut.scoring.task import error_counts

CASES = json.loads((Path(__file__).parents[1] / "cases/scoring/fair.json").read_text(encoding="utf-8"))
NONE = dict.fromkeys(("correct", *NEAR_MISSES, "missed", "spurious"), 0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_known_answers(case: dict[str, Any]) -> None:
    scores = fair_scores({**NONE, **case["errors"]})
    for name in ("traditional", "fair"):
        rates = getattr(scores, name)
        for value, expected in zip((rates.precision, rates.recall, rates.f1), case[name], strict=True):
            assert value == (None if expected is None else pytest.approx(expected, abs=1e-12))


def test_a_second_span_on_a_paired_one_is_spurious() -> None:
    """Two boundary errors for Ortmann; for us one, and a spurious span."""
    label = LABELS.index("PER")
    task = task_of([([(Span.of(0, 6), label)], [(Span.of(0, 3), label), (Span.of(4, 6), label)])])
    assert error_counts(task.alignment) == {**NONE, "boundary_smaller": 1, "spurious": 1}
