"""What a corpus can show: from two systems, from one, from none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import run
from jsonschema import Draft202012Validator
from made import Made, corpus

from wortlaut.errors import ComparisonError, WortlautError
from wortlaut.evaluation.evaluate import Evaluation, evaluate
from wortlaut.evaluation.plan import NONE, ONE, TWO, plan, plan_corpus
from wortlaut.reports.plan import plan_page, plan_view
from wortlaut.reports.schemas import schema


@pytest.fixture(autouse=True)
def _few_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wortlaut.evaluation.plan.DROPS", (0.05, 0.5))
    monkeypatch.setattr("wortlaut.evaluation.plan.UNITS", (10, 40))


def scored(documents: int = 20, **systems: Made) -> Evaluation:
    return evaluate(systems, corpus(documents), schema="strict", samples=1)


WEAK = Made({f"d{i:02}": [0, 1, 2, 3] for i in range(20)})
WORSE = Made({f"d{i:02}": [0] for i in range(6)})


@pytest.mark.long
def test_two_systems_one_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    two = plan(scored(good=Made(), worse=WORSE), drop=0.2)
    (row,) = two.rows
    assert (row.basis, row.a, row.b, two.unit, two.units) == (TWO, "good", "worse", "document", 20)
    assert [point.drop for point in row.by_drop] == [0.05, 0.2, 0.5]
    assert row.power.value == row.by_drop[1].power and row.power.value > row.by_drop[0].power
    assert row.smallest_drop.value is not None and 0.05 < row.smallest_drop.value < 0.3
    assert row.units_needed.value is not None and 10 <= row.units_needed.value <= 40
    one = plan(scored(worse=WORSE), drop=0.2)
    assert (one.rows[0].basis, one.rows[0].b) == (ONE, None)
    assert any("Losses alone" in note for note in one.notes)
    monkeypatch.setattr("wortlaut.evaluation.plan.load_corpus", lambda _: corpus(20))
    none = plan_corpus("made", ["strict"], 0.2)
    assert (none.rows[0].basis, none.rows[0].f1) == (NONE, (1.0, 1.0))
    # Even the same output leaves open a failure on up to 14% of twenty documents.
    assert none.rows[0].smallest_margin == pytest.approx(1 - 0.05 ** (1 / 20))
    described = Draft202012Validator(schema("plan"))
    for made in (two, one, none):
        described.validate(json.loads(json.dumps(made.to_dict())))
        shown = "".join(map(str, plan_view(made)))
        page = plan_page(made)
        assert made.notes[-1] in shown and page.count("<svg") == 2 and "NaN" not in page
        assert "3 in 20 documents" in made.notes[-1]


@pytest.mark.long
def test_items_that_differ_cost_power() -> None:
    alike, differing = (plan(scored(one=WORSE), drop=0.1, differing=share) for share in (0.0, 0.4))
    powers = [made.rows[0].power.value for made in (alike, differing)]
    assert None not in powers and np.diff(np.asarray(powers, float))[0] < -0.2
    assert any("40% of the items differ" in note for note in differing.notes)
    made = plan(scored(weak=WEAK), drop=0.9)
    assert made.rows[0].power.value is None and not made.rows[0].by_units
    assert "A score below 0.9 cannot drop by 0.9." in made.notes
    assert "<svg" not in plan_page(made)


def test_a_drop_that_cannot_be_and_one_that_is_no_drop() -> None:
    weak = scored(weak=WEAK)
    for drop in (0, -0.1, 1, 2, float("nan")):
        with pytest.raises(WortlautError, match="a drop of"):
            plan(weak, drop=drop)
    with pytest.raises(WortlautError, match="a share of differing items of 2"):
        plan(weak, differing=2)
    with pytest.raises(WortlautError, match="say themselves how much they differ"):
        plan(scored(a=Made(), b=WORSE), differing=0.1)
    with pytest.raises(WortlautError, match="no score that can be tested"):
        plan(evaluate({"a": Made()}, corpus(20), samples=0))
    with pytest.raises(ComparisonError, match="differ in corpus hash"):
        plan(scored(a=Made()), scored(12, b=Made()))


@pytest.mark.long
def test_the_command(tmp_path: Path) -> None:
    def said(*arguments: str) -> Any:
        return run("plan", *arguments, cwd=tmp_path)

    texts = [
        f'{{"id": {i}, "text": "Anna in Bonn", "label": [[0, 4, "PER"], [8, 12, "LOC"]]}}' for i in range(12)
    ]
    (tmp_path / "c.jsonl").write_text("\n".join(texts), "utf-8")
    done = said("--corpus", "doccano:c.jsonl", "--html", "p.html", "--json", "p.json")
    assert done.returncode == 0 and "a perfect system" in done.stdout
    assert json.loads((tmp_path / "p.json").read_text("utf-8"))["format"] == "wortlaut-plan/1"
    assert (tmp_path / "p.html").read_text("utf-8").count("<svg") == 2
    (tmp_path / "one.jsonl").write_text(
        texts[0].replace(" in Bonn", "").replace(', [8, 12, "LOC"]', ""), "utf-8"
    )
    (tmp_path / "none.jsonl").write_text("", "utf-8")
    for arguments, message in (
        ((), "a plan is made from results, or on a corpus"),
        (("r.json", "--corpus", "gold"), "a plan is made from results, or on a corpus"),
        (("r.json", "-e", "gazetteer"), "go with --corpus"),
        (("r.json",), "no such file"),
        (("--corpus", "doccano:c.jsonl", "--drop", "0"), "a drop of 0"),
        (("--corpus", "doccano:c.jsonl", "--drop", "2"), "a drop of 2"),
        (("--corpus", "doccano:one.jsonl"), "no score that can be tested"),
        (("--corpus", "doccano:none.jsonl"), "none.jsonl"),
    ):
        done = said(*arguments)
        assert (done.returncode, message in done.stderr) == (2, True), (arguments, done.stderr)
