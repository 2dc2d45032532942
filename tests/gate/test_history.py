"""A history holds what the gate needs, grows by whole lines, merges, and never compares what it must not."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command import run
from made import Made, corpus

from wortlaut.evaluation.evaluate import Evaluation, evaluate
from wortlaut.evaluation.files import of_several
from wortlaut.gate.baseline import baseline_of
from wortlaut.gate.history import add, first_worse, read, run_of, steps
from wortlaut.gate.rules import Rules, parse_rules
from wortlaut.gate.verdicts import check

GOOD, WORSE = Made({"d01": [0]}), Made({f"d{i:02}": [0, 1, 2] for i in range(9)})
#: What is passed to :func:`evaluate`, before and after, and how many documents there are.
KINDS: Mapping[str, tuple[Any, Any, dict[str, Any], int]] = {
    "documents": ({"m": GOOD}, {"m": WORSE}, {}, 12),
    "few documents": ({"m": GOOD}, {"m": WORSE}, {}, 3),
    "credits in halves": ({"m": GOOD}, {"m": Made(label="LOC", spurious=["d03"])}, {"schema": "partial"}, 12),
    "runs": ({"m": [GOOD, Made(), Made({"d02": [1]})]}, {"m": [WORSE, WORSE, GOOD]}, {}, 12),
    "labels": ({"m": GOOD}, {"m": WORSE}, {"labels": {"LOC": None}}, 12),
}
FILE = "wortlaut-history.jsonl"


def scored(systems: Any, documents: int = 12, **options: Any) -> Evaluation:
    made = evaluate(systems, corpus(documents), **{"schema": "strict", **options})
    return Evaluation.from_dict(json.loads(json.dumps(made.to_dict())))


def history(folder: Path, *evaluations: Evaluation) -> Path:
    path = folder / FILE
    for i, one in enumerate(evaluations):
        add(path, [run_of(one, f"c{i}", f"2026-03-{i + 1:02}")])
    return path


def verdicts(path: Path, **options: Any) -> list[tuple[str, str, str]]:
    found = steps(read(path), Rules(), **options)
    return [
        (one.run.commit, one.system, one.verdict(key))
        for one in found
        for key in one.run.baseline.systems[one.system]
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_says_what_the_gate_says_of_the_whole_result(kind: str, tmp_path: Path) -> None:
    before, after, options, documents = KINDS[kind]
    pair = [scored(systems, documents, **options) for systems in (before, after)]
    whole = [
        baseline_of(evaluate(s, corpus(documents), **{"schema": "strict", **options}))
        for s in (before, after)
    ]
    expected = check(whole[0], whole[1], Rules())
    path = history(tmp_path, *pair)
    first, second = steps(read(path), Rules())
    assert first.outcome is None and second.outcome is not None
    assert second.outcome.verdict == expected.verdict
    assert [str(one) for one in second.outcome.checks] == [str(one) for one in expected.checks]
    (key,) = pair[1].systems[0].results
    assert second.run.baseline.systems["m"][key].micro.f1 == pair[1].systems[0].results[key].f1
    assert second.run.intervals["m", key] == pair[1].systems[0].results[key].f1_interval
    assert "Anna" not in path.read_text("utf-8"), "no text of the corpus"


def test_two_that_add_at_once_lose_no_line(tmp_path: Path) -> None:
    one, path = scored({"m": GOOD}), tmp_path / FILE
    with ThreadPoolExecutor(4) as pool:
        for i in range(24):
            pool.submit(add, path, [run_of(one, f"c{i}", "2026-03-01")])
    assert sorted(run.commit for run in read(path)) == sorted(f"c{i}" for i in range(24))


def test_the_order_of_documents_does_not_matter(tmp_path: Path) -> None:
    gold = corpus(12)
    turned = type(gold).of("made", gold.documents[::-1])
    path = history(tmp_path, scored({"m": GOOD}), scored({"m": GOOD}))
    add(path, [run_of(evaluate({"m": GOOD}, turned, schema="strict"), "turned", "2026-04-01")])
    assert [one.outcome.rows[0].p for one in steps(read(path), Rules()) if one.outcome] == [1.0, 1.0]


def test_another_gold_or_other_settings_are_not_compared(tmp_path: Path) -> None:
    path = history(
        tmp_path,
        scored({"m": GOOD}),
        scored({"m": GOOD}, 13),
        scored({"m": WORSE}, labels={"PER": "X"}),
        scored({"m": GOOD, "new": GOOD}),
        scored({"m": WORSE}, 13),
    )
    assert verdicts(path) == [
        ("c0", "m", "not compared"),
        ("c1", "m", "not compared"),
        ("c2", "m", "not compared"),
        ("c3", "m", "pass"),
        ("c3", "new", "not compared"),
        ("c4", "m", "regression"),
    ]


def test_against_one_commit_a_slow_decline_shows(tmp_path: Path) -> None:
    declining = [Made({f"d{i:02}": [0] for i in range(n)}) for n in (0, 3, 6, 9, 12)]
    path = history(tmp_path, *(scored({"m": one}) for one in declining))
    assert {verdict for *_, verdict in verdicts(path)} == {"not compared", "pass"}
    told = [verdict for *_, verdict in verdicts(path, against="c0")]
    assert told == ["not compared", "pass", "regression", "regression", "regression"]
    found = steps(read(path), Rules(), "c0")
    assert [
        (step.run.commit, good.commit)
        for step, good in first_worse(found, set(found[0].run.baseline.systems["m"]), "c0")
    ] == [("c2", "c1")]


def test_rules_of_the_gate_hold_where_they_are_about_a_score_of_the_history(tmp_path: Path) -> None:
    rules = parse_rules(
        {
            "alpha": 0.05,
            "rules": [{"floor": 0.995}, {"label": "PER", "floor": 1.0}, {"layer": "cues", "floor": 1}],
        }
    )
    path = history(tmp_path, scored({"m": GOOD}), scored({"m": GOOD}))
    outcome = steps(read(path), rules)[1].outcome
    assert outcome is not None and [(one.name, one.status) for one in outcome.failures] == [
        ("floor", "regression")
    ]


def test_nothing_can_be_said_without_counts(tmp_path: Path) -> None:
    path = history(tmp_path, *(scored({"m": GOOD}, samples=0, items=False) for _ in range(2)))
    assert verdicts(path) == [("c0", "m", "not compared"), ("c1", "m", "invalid")]


# --- as a process, in a repository ---


def git(folder: Path, *arguments: str, day: int = 1, code: int = 0) -> str:
    when = f"2026-03-{day:02}T12:00:00+01:00"
    own = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, "GIT_CONFIG_GLOBAL": os.devnull}
    own |= {
        f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=os.environ | own, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """With the results of a good system, a worse one and both."""
    git(tmp_path, "init", "-q", "-b", "main")
    for name, systems in (("good", {"m": GOOD}), ("worse", {"m": WORSE}), ("two", {"m": GOOD, "n": WORSE})):
        (tmp_path / f"{name}.json").write_text(json.dumps(scored(systems).to_dict()), "utf-8")
    (tmp_path / ".gitignore").write_text("*.json\n", "utf-8")
    (tmp_path / ".gitattributes").write_text(f"{FILE} merge=union\n", "utf-8")
    commit(tmp_path, 1)
    return tmp_path


def commit(folder: Path, day: int) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", f"day {day}", day=day)
    return git(folder, "rev-parse", "HEAD")


def wortlaut(folder: Path, *arguments: str, code: int = 0) -> str:
    done = run("history", *arguments, cwd=folder, environment={"COLUMNS": "80"})
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout + done.stderr


def test_a_commit_and_its_date_come_from_git(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    assert f"{head}, 2026-03-01T12:00:00+01:00" in wortlaut(repository, "add", "good.json")
    git(repository, "tag", "v1")
    commit(repository, 2)
    assert "v1" not in wortlaut(repository, "add", "two.json", "--commit", "v1", "-o", "other.jsonl")
    named = ("--commit", "made by hand", "--date", "2026-03-05")
    assert "made by hand, 2026-03-05" in wortlaut(repository, "add", "good.json", *named)
    told = wortlaut(repository, "add", "good.json", "--commit", "-no", code=2)
    assert "git knows no commit" in told and "--date" in told
    assert "--date" in wortlaut(repository, "add", "good.json", "--date", "yesterday", code=2)


def test_the_same_run_is_there_once_and_another_of_the_same_commit_is_refused(repository: Path) -> None:
    wortlaut(repository, "add", "good.json")
    before = (repository / FILE).read_bytes()
    assert "added 0" in (told := wortlaut(repository, "add", "good.json")) and "there already: 1" in told
    for other in ("worse.json", "two.json"):
        told = wortlaut(repository, "add", other, code=2)
        assert f"{FILE}:1" in told and "other scores or systems" in told
    assert (repository / FILE).read_bytes() == before


def branches(repository: Path) -> None:
    """Two branches that each added a run, the later one on ``main``."""
    wortlaut(repository, "add", "good.json")
    commit(repository, 2)
    git(repository, "checkout", "-q", "-b", "side")
    commit(repository, 3)
    wortlaut(repository, "add", "worse.json")
    commit(repository, 4)
    git(repository, "checkout", "-q", "main")
    commit(repository, 5)
    wortlaut(repository, "add", "good.json")
    commit(repository, 6)


def test_two_branches_merge_without_a_conflict(repository: Path) -> None:
    branches(repository)
    git(repository, "merge", "-q", "side", "-m", "merged", day=7)
    runs = read(repository / FILE)
    assert [one.date[8:10] for one in runs] == ["01", "03", "05"]
    assert [one.verdict(key) for one in steps(runs, Rules()) for key in one.run.baseline.systems["m"]] == [
        "not compared",
        "regression",
        "better",
    ]


def test_without_the_attribute_a_conflict_is_an_error_with_its_line(repository: Path) -> None:
    (repository / ".gitattributes").unlink()
    branches(repository)
    git(repository, "merge", "-q", "side", code=1)
    told = wortlaut(repository, "show", code=2)
    assert f"{FILE}:2" in told and "broken JSON" in told
    assert f"{FILE}:2" in wortlaut(repository, "add", "good.json", code=2)


def test_a_line_that_a_merge_doubled_counts_once(repository: Path) -> None:
    path = history(repository, scored({"m": GOOD}), scored({"m": WORSE}))
    first, second = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([first, second, first, second]), "utf-8")
    assert [one.commit for one in read(path)] == ["c0", "c1"]
    add(path, [run_of(scored({"m": GOOD}), "c2", "2026-03-09")])
    assert [one.commit for one in read(path)] == ["c0", "c1", "c2"], "also after a line without an end"


def changed(line: str, place: Sequence[str], value: object) -> str:
    data = json.loads(line)
    inner = data
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    return json.dumps(data)


SCORE = ("systems", "m", "entities", "strict")
BAD = {
    "torn": (lambda line: line[:200], "broken JSON"),
    "another file": (lambda _: '{"format": "wortlaut-baseline/1"}', "no line of a history"),
    "a list": (lambda _: "[]", "JSON object"),
    "no date": (lambda line: changed(line, ["date"], "soon"), "soon"),
    "a date that is a number": (lambda line: changed(line, ["date"], 5), "history"),
    "no commit": (lambda line: changed(line, ["commit"], ""), "commit"),
    "another score": (lambda line: changed(line, [*SCORE, "micro", "f1"], 0.5), "does not follow"),
    "no number": (lambda line: line.replace('"f1":', '"f1":NaN,"g":', 1), "NaN"),
    "a document that is not there": (
        lambda line: changed(line, [*SCORE, "counts"], [[1, 1, 1, 1, [99]]]),
        "99",
    ),
    "an interval upside down": (lambda line: changed(line, [*SCORE, "interval"], [0.9, 0.1]), "interval"),
    "no interval": (lambda line: changed(line, [*SCORE, "interval"], "x"), "history"),
    "systems that are none": (lambda line: changed(line, ["systems"], []), "history"),
    "other scores of a commit": (lambda line: changed(line, [*SCORE, "interval"], [0.1, 0.9]), "already"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_line_is_an_error_with_file_and_line(fault: str, repository: Path) -> None:
    damage, words = BAD[fault]
    path = history(repository, scored({"m": GOOD}))
    line = path.read_text("utf-8")
    second = line if "other scores" in fault else line.replace('"c0"', '"c1"')
    path.write_text(line + damage(second) + "\n", "utf-8")
    before = path.read_bytes()
    for command in (("show",), ("add", "good.json")):
        told = wortlaut(repository, *command, code=2)
        assert f"{FILE}:2" in told and words in told
    assert path.read_bytes() == before


def test_show_fits_80_columns_and_its_command_finds_the_commit(repository: Path) -> None:
    for day in range(1, 8):
        (repository / "state").write_text("worse" if day > 4 else "good", "utf-8")
        commit(repository, day)
        if day in (1, 2, 7):
            wortlaut(repository, "add", "worse.json" if day > 4 else "good.json")
    wanted = git(repository, "log", "--format=%H", "--reverse", "--", "state").splitlines()[1]
    (repository / FILE).rename(repository / "kept.json")  # ignored by git
    shown = wortlaut(repository, "show", "kept.json")
    (command,) = re.findall(r"git bisect start .*", shown)
    table = shown[: shown.index("is first worse")]
    assert max(map(len, table.splitlines())) <= 80
    assert re.search(r"2026-03-07 +\.\d{3} +\.\d{3}–\.\d{3} +-\.\d{3} +\.\d{3} +regression", table)
    assert "the gold" not in shown and "Holm" in shown
    subprocess.run(shlex.split(command), cwd=repository, check=True, capture_output=True)
    told = git(repository, "bisect", "run", "grep", "-q", "good", "state")
    assert f"{wanted} is the first bad commit" in told


def test_an_ambiguous_or_unknown_commit_is_refused(tmp_path: Path) -> None:
    history(tmp_path, scored({"m": GOOD}), scored({"m": GOOD}))
    for name, many in (("c", "2 commits"), ("x", "0 commits")):
        assert many in wortlaut(tmp_path, "show", "--against", name, code=2)
    for name in ("--system", "--layer"):
        assert "unknown" in wortlaut(tmp_path, "show", name, "nobody", code=2)


def last(folder: Path, form: str, *more: str) -> Any:
    return json.loads(wortlaut(folder, "show", "--to", form, *more))


def test_the_last_scores_in_the_forms_of_other_tools(tmp_path: Path) -> None:
    """Forms: github-action-benchmark's README, "Examples", and ``extractCustomBenchmarkResult`` of its
    ``src/extract.ts``; bencher.dev/bmf.json; shields.io/badges/endpoint-badge."""
    path = history(tmp_path, scored({"m": GOOD}), scored({"m": WORSE}))
    add(path, [run_of(scored({"n": GOOD}), "c2", "2026-04-01")])
    made = scored({"m": WORSE}).systems[0].scores["entities"]["strict"]
    entries = last(tmp_path, "github-action-benchmark")
    assert [one["name"] for one in entries] == ["m: entities, strict, made", "n: entities, strict, made"]
    assert all(one.keys() == {"name", "unit", "value", "range", "extra"} for one in entries)
    assert entries[0]["value"] == made.f1 and entries[0]["extra"].startswith("regression\nc1\nwortlaut|")
    assert last(tmp_path, "bencher")["m: entities, strict, made"] == {
        "f1": dict(zip(("value", "lower_value", "upper_value"), (made.f1, *made.f1_interval), strict=True))
    }
    assert "a badge is of one score" in wortlaut(tmp_path, "show", "--to", "badge", code=2)
    badge = last(tmp_path, "badge", "--system", "m")
    assert badge.keys() == {"schemaVersion", "label", "message", "color"} and badge["schemaVersion"] == 1
    assert badge["label"] == "entities F1" and badge["color"] == "red"
    assert re.fullmatch(r"\.\d\d \(\.\d\d–\.\d\d\)", badge["message"])
    assert last(tmp_path, "badge", "--system", "n")["color"] == "blue"
    assert "unknown form" in wortlaut(tmp_path, "show", "--to", "csv", code=2)


def test_a_result_on_several_corpora_is_a_line_for_each(tmp_path: Path) -> None:
    corpora = [json.loads(json.dumps(scored({"m": GOOD}, documents).to_dict())) for documents in (3, 12)]
    (tmp_path / "both.json").write_text(json.dumps(of_several(corpora)), "utf-8")
    for name in ("a", "b"):
        wortlaut(tmp_path, "add", "both.json", "--commit", name, "--date", f"2026-03-0{1 + (name == 'b')}")
    assert len((tmp_path / FILE).read_text("utf-8").splitlines()) == 4
    assert "there already: 2" in wortlaut(
        tmp_path, "add", "both.json", "--commit", "a", "--date", "2026-03-01"
    )
    shown = wortlaut(tmp_path, "show")
    assert [shown.count(f"({n} documents") for n in (3, 12)] == [1, 1] and shown.count("pass") == 2


def test_metrics_have_names_that_mlflow_and_weights_and_biases_take() -> None:
    """MLflow: ``_VALID_PARAM_AND_METRIC_NAMES`` of ``mlflow/utils/validation.py``; Weights & Biases: its
    documentation, "Metric naming constraints"."""
    names = ["ä/b?c=1", "a b", "a-b", "1st"]
    made = scored(dict.fromkeys(names, GOOD), samples=10, seed=1)
    metrics = made.metrics()
    assert all(re.fullmatch(r"[_a-zA-Z][_a-zA-Z0-9]*", name) for name in metrics)
    assert all(re.fullmatch(r"[/\w.\- ]*", name) for name in metrics)
    assert len(metrics) == 5 * len(names) and all(isinstance(value, float) for value in metrics.values())
    result = made.systems[1].scores["entities"]["strict"]
    assert metrics["a_b_entities_strict_f1"] == metrics["a_b_entities_strict_f1_2"] == result.f1
    assert metrics["_1st_entities_strict_f1_low"] == result.f1_interval[0]
    undefined = replace(
        made,
        systems=(
            replace(
                made.systems[1],
                results={key: replace(one, precision=None) for key, one in made.systems[1].results.items()},
            ),
        ),
    )
    assert "a_b_entities_strict_precision" not in undefined.metrics()
