"""A baseline of several runs: written, read, checked against, and what is said of a run that fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from made import Made, corpus

from wortlaut.errors import DataError
from wortlaut.evaluation.evaluate import evaluate
from wortlaut.gate.baseline import Baseline, baseline_of, read_baseline, to_text
from wortlaut.gate.rules import Rules
from wortlaut.gate.verdicts import Outcome, check
from wortlaut.reports.schemas import schema

#: Each misses one name in some documents: in others each time.
GOOD = [Made({f"d{i:02}": [k % 5] for i in range(k, 12, 3)}) for k in range(3)]
#: And two names in each.
BAD = [Made({f"d{i:02}": [0, 1] if i % 3 != k else [2, 3] for i in range(12)}) for k in range(3)]


def written(runs: list[Made], tmp_path: Path) -> Baseline:
    """As it comes back from its file."""
    text = to_text(baseline_of(evaluate({"A": runs}, corpus(12), schema="strict", samples=10)))
    Draft202012Validator(schema("baseline")).validate(json.loads(text))
    (tmp_path / "b.json").write_text(text)
    read = read_baseline(tmp_path / "b.json")
    assert to_text(read) == text
    return read


@pytest.mark.parametrize(
    ("then", "now", "verdict", "told"),
    [
        (GOOD, GOOD[::-1], "pass", "A: means over runs, 3 then and 3 now"),
        (GOOD, BAD, "regression", "(3 and 3 runs on 12 documents, Holm over 1)"),
        (GOOD, BAD[:1], "regression", "of one run it is not known how others would score"),
        (GOOD[:1], BAD, "regression", "A: means over runs, 1 then and 3 now"),
        (
            [*GOOD, GOOD[0]],
            [*GOOD, Made({f"d{i:02}": [0, 1, 2, 3, 4] for i in range(9)})],
            "pass",
            "are uneven",
        ),
    ],
)
def test_runs_are_checked_over_runs_and_documents(
    then: list[Made], now: list[Made], verdict: str, told: str, tmp_path: Path
) -> None:
    outcome: Outcome = check(written(then, tmp_path), written(now, tmp_path), Rules())
    assert outcome.verdict == verdict and told in str(outcome)


def test_a_mean_that_was_edited_is_refused(tmp_path: Path) -> None:
    written(GOOD, tmp_path)
    data = json.loads((tmp_path / "b.json").read_text())
    data["systems"]["A"]["entities"]["strict"]["micro"]["f1"] -= 0.1
    (tmp_path / "b.json").write_text(json.dumps(data))
    with pytest.raises(DataError, match="the f1 of micro is not the mean of the runs"):
        read_baseline(tmp_path / "b.json")
