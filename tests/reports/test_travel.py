"""A result in the forms of others says what it said, and what they have no place for."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import yaml
from command import run
from jsonschema import Draft7Validator
from made import Made, corpus
from shared import ROOT

from wortlaut.corpus.load import load_corpus
from wortlaut.errors import DataError, UnknownNameError
from wortlaut.evaluation.evaluate import Evaluation, evaluate
from wortlaut.reports.travel import FORMS, Parcel, packed

ONE, TWO = Made({"d01": [0]}, ["d02"]), Made(label="LOC", spurious=["d00"])
SCHEMAS = {
    suffix: Draft7Validator(
        json.loads((ROOT / f"tests/cases/every-eval-ever/{name}.schema.json").read_text("utf-8"))
    )
    for suffix, name in ((".json", "eval"), (".jsonl", "instance_level_eval"))
}
#: Evaluations of every kind, and how many rows of items a form can have of them.
KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "documents": ({"one": ONE}, {}),
    "drawn": ({"one": ONE}, {"samples": 20}),
    "no intervals, no items": ({"one": ONE}, {"samples": 0, "items": False}),
    "runs": ({"one": [ONE, TWO]}, {}),
}


def made(kind: str = "documents", ref: str = "made") -> Evaluation:
    extractors, options = KINDS[kind]
    found = evaluate(extractors, corpus(12), **options).to_dict()
    found["corpus"]["name"] = ref
    return Evaluation.from_dict(json.loads(json.dumps(found)))


def checked(parcel: Parcel) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The one log, and its rows."""
    (log,) = (json.loads(text) for name, text in parcel.files.items() if name.endswith(".json"))
    lines = [text for name, text in parcel.files.items() if name.endswith(".jsonl")]
    rows = [json.loads(line) for text in lines for line in text.splitlines()]
    SCHEMAS[".json"].validate(log)
    for row in rows:
        SCHEMAS[".jsonl"].validate(row)
    return log, rows


@pytest.mark.parametrize("kind", KINDS)
def test_every_eval_ever_by_its_schemas(kind: str) -> None:
    evaluation = made(kind)
    log, rows = checked(packed([evaluation], "every-eval-ever", ["a/b"], ["c/d"]))
    (system,) = evaluation.systems
    said = {one["evaluation_result_id"]: one["score_details"] for one in log["evaluation_results"]}
    for key, result in system.results.items():
        details = said[f"made: {key.layer}, {key.variant}, f1"]
        assert details["score"] == result.f1
        interval = details.get("uncertainty", {}).get("confidence_interval")
        assert (interval and (interval["lower"], interval["upper"])) == result.f1_interval
    drawn = said["made: entities, strict, f1"].get("uncertainty", {})
    assert drawn.get("num_bootstrap_samples") == (20 if kind == "drawn" else None)
    assert {one["source_data"]["hf_repo"] for one in log["evaluation_results"]} == {"c/d"}
    items = [row for row in rows if row["evaluation_result_id"] == "made: entities, strict, f1"]
    right = sum(row["evaluation"]["is_correct"] for row in items)
    if kind == "no intervals, no items":
        assert not rows and "detailed_evaluation_results" not in log
    elif kind != "runs":  # whose rows are those of the run in the middle
        assert right == system.scores["entities"]["strict"].correct
        about = log["detailed_evaluation_results"]
        assert about["total_rows"] == len(rows) and about["file_path"].startswith("data/wortlaut/a/b/")


def test_the_forms_of_the_hub_are_read_by_its_client() -> None:
    evaluation = made(ref="hub:haus/text?split=test&revision=abc")
    result = evaluation.systems[0].scores["entities"]["strict"]
    assert result.f1_interval is not None
    (name, text), *more = packed([evaluation], "eval-results", ["a/b"]).files.items()
    assert name == ".eval_results/wortlaut.yaml" and not more
    (entry,) = yaml.safe_load(text)
    assert entry["dataset"] == {"id": "haus/text", "task_id": "entities", "revision": "abc"}
    assert entry["value"] == result.f1
    assert f"{result.f1_interval[0]:.4f} to {result.f1_interval[1]:.4f}, jackknife over 12" in entry["notes"]
    assert str(result.signature) in entry["notes"]
    if hasattr(huggingface_hub, "parse_eval_result_entries"):  # since 1.4
        (read,) = huggingface_hub.parse_eval_result_entries(yaml.safe_load(text))
        assert (read.dataset_id, read.task_id, read.value) == ("haus/text", "entities", result.f1)
    (text,) = packed([evaluation], "model-index", ["one=a/b"]).files.values()
    card = huggingface_hub.ModelCardData(**yaml.safe_load(text))
    assert card.model_name == "a/b"
    found = {one.metric_type: one for one in card.eval_results or ()}
    assert [found[name].metric_value for name in ("precision", "recall", "f1")] == [
        result.precision,
        result.recall,
        result.f1,
    ]
    one = found["f1"]
    assert (one.dataset_type, one.dataset_split, one.dataset_revision) == ("haus/text", "test", "abc")
    assert tuple(one.metric_args["interval"]) == result.f1_interval


def test_what_has_no_place_is_told() -> None:
    both = evaluate({"one": ONE, "two": TWO}, corpus(12), by=["length"])
    told = {to: packed([both], to, ["one=a/b"], ["c/d"]).losses for to in FORMS}
    assert told["eval-results"] == [
        "left out: 1 system without --model: two",
        "left out: 1 score of other tasks and schemas",
        "left out: precision and recall",
        "no field for intervals: they stand in the notes",
        "left out: scores by label, macro averages, breakdowns, error classes, tests of differences",
    ]
    assert "no field for intervals: they stand in args" in told["model-index"]
    assert any("rows of items have offsets" in line for line in told["every-eval-ever"])
    assert sum("to fill in" in line for line in told["every-eval-ever"]) == 1


def test_no_text_and_no_name_is_in_any_form() -> None:
    gold = load_corpus("gold")
    evaluation = evaluate("quotes-de", gold, schema="strict")
    (document,) = gold.documents
    words = {cluster.name for cluster in document.clusters} | {
        span.text(document.text)
        for quote in document.quotes
        for span in (quote.content, quote.speaker)
        if span
    }
    for to in FORMS:
        files = packed([evaluation], to, ["a/b"], ["c/d"]).files
        assert not [word for word in words if word and word in "".join(files.values())]


@pytest.mark.parametrize(
    ("to", "models", "datasets", "error", "told"),
    [
        ("csv", ["one=a/b"], [], UnknownNameError, "unknown form 'csv'"),
        ("model-index", [], [], DataError, "which model of the Hub is one, two"),
        ("model-index", ["a/b"], [], DataError, "'a/b' could be any of one, two"),
        ("model-index", ["three=a/b"], [], UnknownNameError, "unknown name 'three'"),
        ("model-index", ["one=../b"], [], DataError, "no repository"),
        ("eval-results", ["one=a/b"], [], DataError, "needs the dataset"),
        ("eval-results", ["one=a/b"], ["x"], DataError, "no repository"),
        ("model-index", ["two=a/b"], [], DataError, "the system 'two' has no scores"),
    ],
)
def test_what_is_missing_is_asked_for(
    to: str, models: list[str], datasets: list[str], error: type[Exception], told: str
) -> None:
    both = evaluate({"one": ONE, "two": "nobody:has_this"}, corpus(2), samples=0, on_error="keep")
    with pytest.raises(error, match=re.escape(told)):
        packed([both], to, models, datasets)


def test_a_card_is_of_one_model_and_one_number_a_task() -> None:
    both = evaluate({"one": ONE, "two": TWO}, corpus(2), samples=0, schema="exact")
    for models, told in (
        (["one=a/b", "two=a/c"], "a file is of one model"),
        (["one=a/b"], "no F1 of entities"),
    ):
        with pytest.raises(DataError, match=told):
            packed([both], "model-index", models)


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(json.dumps(made().to_dict()), "utf-8")
    command = ("passport", "result.json", "-o", "modell", "--to", "eval-results")
    done = run(*command, "--model", "a/b", "--dataset", "c/d", cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "wrote modell/.eval_results/wortlaut.yaml")
    assert (tmp_path / "modell/.eval_results/wortlaut.yaml").read_text("utf-8").startswith("- dataset:")
    (tmp_path / "modell/data").write_text("keine Mappe")
    done = run(*command[:-1], "every-eval-ever", "--model", "a/b", cwd=tmp_path)
    assert done.returncode == 2 and "modell/data/wortlaut/a/b: cannot be made" in done.stderr
    done = run("passport", "result.json", "-o", "neu", "--model", "a/b", cwd=tmp_path)
    assert done.returncode == 2 and "go with --to" in done.stderr and not (tmp_path / "neu").exists()


@pytest.mark.long
def test_every_eval_evers_own_validator_takes_it(tmp_path: Path) -> None:
    """In an environment of its own: it wants Python 3.12, and older libraries than ours."""
    found = [shutil.which(f"python3.{minor}") for minor in (12, 13, 14)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    pythons = [path for path in (*found, *map(str, sorted(pyenv.glob("3.1[234]*/bin/python")))) if path]

    def works(*command: str) -> bool:
        return subprocess.run(command, capture_output=True, text=True, timeout=240).returncode == 0

    python = next((one for one in pythons if works(one, "-m", "pip", "--version")), None)
    if python is None:
        pytest.skip("no Python 3.12 or newer with pip")
    install = (python, "-m", "pip", "install", "-q", "--no-compile", "--target", str(tmp_path / "lib"))
    needs = ("pydantic>=2.12.5,<3", "pyyaml", "rich>=14,<15", "jsonschema>=4.26,<5", "requests>=2.32.5,<3")
    if not works(*install, "--no-deps", "every-eval-ever==0.3.0") or not works(*install, *needs):
        pytest.skip("every-eval-ever 0.3.0 cannot be had here")
    files = [
        *packed([made()], "every-eval-ever", ["a/b"]).files.items(),
        *packed([evaluate("quotes-de", "gold")], "every-eval-ever", ["a/c"], ["c/d"]).files.items(),
    ]
    for name, text in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    done = subprocess.run(
        [python, "-m", "every_eval_ever", "validate", *(name for name, _ in files)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "lib")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed, 0 warning-only, 0 failed" in done.stdout
