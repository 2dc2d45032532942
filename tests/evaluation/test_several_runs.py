"""A system with several runs: scored, written, read back, compared; and what is said where a run fails."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from made import Made, corpus
from rich.console import Console

from wortlaut.errors import DataError
from wortlaut.evaluation.comparison import compare
from wortlaut.evaluation.evaluate import Evaluation, evaluate, score_files
from wortlaut.model import Annotations, Text
from wortlaut.reports.schemas import schema
from wortlaut.reports.terminal import evaluation_view

#: Runs that miss other names in some documents.
RUNS = [Made({f"d{i:02}": [k % 5] for i in range(k, 12, 3)}, spec=f"seed {k}") for k in range(3)]
SCHEMA = Draft202012Validator(schema("evaluation"))


class Broken:
    finds = ("entities",)
    spec = "broken"

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        raise ValueError("out of memory")


def made(**systems: Any) -> Evaluation:
    return evaluate(systems, corpus(12), schema="strict", on_error="keep", by=["level"])


def test_runs_are_one_system_and_come_back() -> None:
    whole = made(A=RUNS, B=Made(RUNS[0].missed))
    a, b = whole.systems
    assert [run.name for run in a.runs] == ["seed 0", "seed 1", "seed 2"] and b.runs == ()
    result, singles = a.scores["entities"]["strict"], [run.scores["entities"]["strict"] for run in a.runs]
    assert result.f1 == pytest.approx(
        np.mean([one.f1 for one in singles if one.f1])
    ) and result.runs == tuple(singles)
    assert a.breakdowns["entities"]["level"]["strict"].runs == tuple(
        run.breakdowns["entities"]["level"]["strict"] for run in a.runs
    )
    data = json.loads(json.dumps(whole.to_dict()))
    SCHEMA.validate(data)
    back = Evaluation.from_dict(data)
    assert back.to_dict() == whole.to_dict()
    assert [row.test for row in compare(back).rows] == [row.test for row in compare(whole).rows]
    assert "|runs:" not in str(whole.signature) and "|runs:3|" in str(made(A=RUNS).signature)


def test_a_comparison_says_what_is_known_about_runs() -> None:
    one = {"A": RUNS[0], "B": RUNS[1]}
    assert any("one run of each system: nothing is known" in note for note in compare(made(**one)).notes)
    several = compare(made(A=RUNS, B=Made({"d01": [0, 1, 2, 3]})))
    test = several.rows[0].test
    assert test.runs == (3, 1) and test.p_runs == several.rows[0].test.p and test.p_randomisation is None
    assert any("one run of B: how other runs" in note for note in several.notes)


def test_a_failed_run_is_told_and_in_no_mean() -> None:
    whole = made(A=[RUNS[0], Broken(), RUNS[2]])
    (system,) = whole.systems
    kept = made(A=[RUNS[0], RUNS[2]]).systems[0]
    assert [bool(run.failed) for run in system.runs] == [False, True, False]
    assert system.scores["entities"]["strict"].f1 == kept.scores["entities"]["strict"].f1
    assert system.notes[0].startswith("run broken failed: ") and "out of memory" in system.notes[0]
    assert system.notes[1].startswith("2 of 3 runs have scores")
    SCHEMA.validate(json.loads(json.dumps(whole.to_dict())))
    (alone,) = made(A=[RUNS[0], Broken()]).systems
    assert "nothing is known about runs" in alone.notes[1] and alone.scores["entities"]["strict"].runs == ()
    none = evaluate({"A": [Broken(), Broken()], "B": Made()}, corpus(2), samples=0, on_error="keep").systems[
        0
    ]
    assert none.failed is not None and none.failed.count("out of memory") == 2


def test_tables_show_runs_in_80_columns_and_mark_one_that_failed() -> None:
    broken = Made({f"d{i:02}": [0, 1, 2, 3] for i in range(12)}, spec="broken")
    whole = made(BERT=[*RUNS, RUNS[0], broken], CRF=RUNS, rules=Made())
    console = Console(width=80)
    with console.capture() as caught:
        for part in evaluation_view(whole):
            console.print(part)
    shown = caught.get()
    assert max(map(len, shown.splitlines())) <= 80 and "…" not in shown
    assert "the runs are uneven" in shown and "F1 over runs, and half the width" in shown
    (row,) = [
        line.split() for line in shown.splitlines() if "BERT" in line and "strict" in line and "!" in line
    ]
    assert row[-4].endswith("!")  # interval, SD, gold, found
    latex = whole.to_latex()
    assert "SD of F1" in latex and "!" in latex and "the interval does not hold" in latex
    assert "SD of F1" not in made(rules=Made()).to_markdown()
    alike = made(A=[Made(), Made()]).systems[0]
    assert any("its 2 runs scored the same" in note for note in alike.notes)


def test_runs_of_files(tmp_path: Path) -> None:
    text = "Anna\tB-PER\nsah\tO\nBonn\tB-LOC\n\n"
    for name, lines in {
        "gold": text * 4,
        "r1": text * 3 + text.replace("B-LOC", "O"),
        "r2": text * 4,
    }.items():
        (tmp_path / f"{name}.conll").write_text(lines)
    (tmp_path / "r3.conll").write_text("Caro\tB-PER\n\n")
    gold, runs = str(tmp_path / "gold.conll"), [str(tmp_path / f"r{k}.conll") for k in (1, 2)]
    a, b = (
        score_files(gold, given, samples=0).systems[0]
        for given in ({"A": runs}, [f"A={run}" for run in runs])
    )
    assert a.to_dict() == b.to_dict() and [run.name for run in a.runs] == ["r1", "r2"]
    with pytest.raises(DataError, match=r"r3\.conll"):  # other documents
        score_files(gold, [f"A={tmp_path}/r*.conll"], samples=0)


def test_runs_of_answers_in_words_have_the_mean_of_their_bounds(tmp_path: Path) -> None:
    text = "Anna sah Anna in Bonn."
    gold = {"entities": [{"start": 0, "end": 4, "label": "PER"}, {"start": 17, "end": 21, "label": "LOC"}]}
    words = [[("Anna", "PER"), ("Bonn", "LOC")], [("Anna", "PER")]]
    files = {"gold": gold} | {
        f"r{k}": {"entities": [{"text": said, "label": label} for said, label in run]}
        for k, run in enumerate(words)
    }
    for name, held in files.items():
        rows = [json.dumps({"id": f"d{i:02}", "text": text} | held) for i in range(12)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows))
    whole = score_files(str(tmp_path / "gold.jsonl"), f"A={tmp_path}/r*.jsonl", schema="strict")
    mean = whole.systems[0].scores["entities"]["strict"]
    singles = [run.scores["entities"]["strict"] for run in whole.systems[0].runs]
    assert mean.runs == tuple(singles) and mean.upper is not None
    assert mean.f1 == pytest.approx((0.5 + 0) / 2) and mean.upper.f1 == pytest.approx((1 + 2 / 3) / 2)
    data = json.loads(json.dumps(whole.to_dict()))
    SCHEMA.validate(data)
    assert Evaluation.from_dict(data).to_dict() == whole.to_dict()
