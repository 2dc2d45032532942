"""The gate: what fails, with which reason and exit code, and what passes."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml
from command import WORTLAUT, run
from ends import SPEC as ENDS
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from made import Made, corpus, scored
from shared import ROOT
from simulated import BALANCED, Ints, baseline, entry, pair, points, single
from typer.testing import CliRunner

from wortlaut.bench.speed import relative_speed
from wortlaut.cli import app
from wortlaut.errors import WortlautError
from wortlaut.gate.baseline import Baseline, read_baseline, to_text
from wortlaut.gate.rules import Rules, named, parse_rules, read_rules
from wortlaut.gate.run import Settings, gate, known_items, write_baseline
from wortlaut.gate.verdicts import EXIT_CODES, VERDICTS, Check, Outcome, Place, check
from wortlaut.reports.gate import check_view, junit, markdown, workflow_commands
from wortlaut.reports.schemas import schema
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.labels import projection
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.text.excerpts import excerpt


def outcome_of(before: Made, after: Made, rules: str = "", documents: int = 3, **more: Any) -> Outcome:
    old, _ = scored(before, documents)
    new, evaluation = scored(after, documents)
    return check(old, new, parse_rules(tomllib.loads(rules)), known=known_items(evaluation), **more)


def failed(outcome: Outcome) -> list[tuple[str, str]]:
    return [(failure.name, failure.status) for failure in outcome.failures]


# --- rules ---

#: Rules, what the new system misses of three documents of five items (F1 then: 1), and what fails.
RULES: Mapping[str, tuple[str, Made, list[str]]] = {
    "as before": ("", Made(), []),
    "two items lost are tolerated": ("", Made({"d00": [0, 1]}), []),
    "three are not": ("", Made({"d00": [0, 1, 2]}), ["flips"]),
    "none is, where it says so": ("flips = 0", Made({"d00": [0]}), ["flips"]),
    "spurious items are lost items": ("", Made({"d00": [0, 1]}, ["d01"]), ["flips"]),
    "a rule takes the test away": ("rules = [{test = false, floor = 0.1}]", Made({"d00": [0, 1, 2]}), []),
    "a floor that holds": ("rules = [{floor = 0.9}]", Made({"d00": [0]}), []),
    "a floor that does not": ("rules = [{floor = 0.97}]", Made({"d00": [0]}), ["floor"]),
    "a floor just met": ("rules = [{floor = 1}]", Made(), []),
    "a drop that is allowed": ("rules = [{drop = 0.035}]", Made({"d00": [0]}), []),
    "a drop that is not": ("rules = [{drop = 0.03}]", Made({"d00": [0]}), ["drop"]),
    "a relative drop that is not": (
        "rules = [{relative_drop = 0.03}]",
        Made({"d00": [0]}),
        ["relative_drop"],
    ),
    "the strictest of two rules holds": (
        "rules = [{drop = 0.03}, {drop = 0.5}]",
        Made({"d00": [0]}),
        ["drop"],
    ),
    "of a label": ('rules = [{label = "PER", floor = 0.95}]', Made({"d00": [0]}), ["floor"]),
    "of the other label": ('rules = [{label = "LOC", floor = 0.95}]', Made({"d00": [0]}), []),
    "of every label": ('rules = [{label = "*", floor = 0.95}]', Made({"d00": [0]}), ["floor"]),
    "of a layer and schema": (
        'rules = [{system = "made", layer = "entities", schema = "strict", floor = 0.97}]',
        Made({"d00": [0]}),
        ["floor"],
    ),
    "a label is tested where a rule asks": (
        'flips = 0\nrules = [{test = false}, {label = "PER", test = true}]',
        Made({"d00": [0]}),
        ["flips"],
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_rules(name: str) -> None:
    rules, after, expected = RULES[name]
    outcome = outcome_of(Made(), after, rules)
    assert failed(outcome) == [(check, "regression") for check in expected]
    assert outcome.exit_code == (1 if expected else 0)


@pytest.mark.parametrize(
    "rules",
    [
        'rules = [{layer = "quotes", floor = 0.1}]',
        'rules = [{schema = "partial", floor = 0.1}]',
        'rules = [{label = "ORG", floor = 0.1}]',
        'rules = [{system = "other", floor = 0.1}]',
        'rules = [{layer = "entitites", test = false}]',
        "throughput = {other = 1.0}",
        "throughput = 0.1",  # which was not measured
    ],
)
def test_a_rule_that_cannot_be_applied_is_told(rules: str) -> None:
    outcome = outcome_of(Made(), Made(), rules)
    assert outcome.exit_code == 2
    assert {name for name, _ in failed(outcome)} <= {"rules", "throughput"}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("flor = 1", "unknown key 'flor'"),
        ("rules = [{flor = 1}]", "Did you mean floor"),
        ("rules = [{floor = 80}]", "not a number between 0 and 1"),
        ("rules = [{floor = nan}]", "not a number between 0 and 1"),
        ("rules = [{floor = true}]", "not a number between 0 and 1"),
        ("rules = [{drop = -0.1}]", "not a number between 0 and 1"),
        ('rules = [{floor = "high"}]', "not a number between 0 and 1"),
        ('rules = [{layer = "entities"}]', "demands nothing"),
        ("rules = [{layer = 3, floor = 0.1}]", "layer is 3"),
        ("rules = [{test = 1}]", "neither true nor false"),
        ("rules = [{margin = 0}]", "the loss of F1 that is allowed"),
        ("rules = [{margin = 0.1, test = false}]", "needs the test that it switches off"),
        ("margin = -0.1", "margin is -0.1, not a number between 0 and 1"),
        ("margin = 2", "margin is 2, not a number between 0 and 1"),
        ('cannot_tell = "warn"', 'neither "pass" nor "fail"'),
        ("rules = [1]", "is not a table"),
        ("rules = {}", "is not a list"),
        ("alpha = 0", "not between 0 and 1"),
        ("alpha = 1", "not between 0 and 1"),
        ("flips = -1", "not a whole number"),
        ("flips = 1.5", "not a whole number"),
        ("throughput = 0", "Write a number above 0"),
        ("throughput = {made = inf}", "Write a number above 0"),
        ('extractors = "gazetteer"', "not a list of specs"),
        ("corpus = 1", "not a text"),
    ],
)
def test_rules_that_are_none(table: str, message: str) -> None:
    with pytest.raises(WortlautError) as caught:
        parse_rules(tomllib.loads(table), "here")
    assert message in str(caught.value) and "here" in str(caught.value)


def test_where_rules_are_read_from(tmp_path: Path) -> None:
    assert read_rules(root=tmp_path) == Rules()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert read_rules(root=tmp_path) == Rules()
    (tmp_path / "pyproject.toml").write_text("[tool.wortlaut.check]\nflips = 7\n")
    (tmp_path / "own.toml").write_text("flips = 8\n")
    (tmp_path / "empty.toml").write_text("[tool.other]\n")
    assert read_rules(root=tmp_path).flips == 7
    assert read_rules(tmp_path / "pyproject.toml").flips == 7
    assert read_rules(tmp_path / "own.toml").flips == 8
    for file in ("none.toml", "empty.toml"):
        with pytest.raises(WortlautError):
            read_rules(tmp_path / file)


def test_the_examples_of_the_docs_can_be_read() -> None:
    guide = (ROOT / "docs/gate.md").read_text("utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", guide, re.M | re.S)
    toml, stress = [body for kind, body in blocks if kind == "toml"]
    rules = parse_rules(tomllib.loads(toml)["tool"]["wortlaut"]["check"])
    assert parse_rules(tomllib.loads(stress)["tool"]["wortlaut"]["check"]).stress is not None
    assert (rules.flips, rules.alpha, len(rules.rules)) == (Rules().flips, Rules().alpha, 3)
    workflows = [yaml.safe_load(body) for kind, body in blocks if kind == "yaml"]
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    template, _ = yaml.safe_load_all((ROOT / ".gitlab/wortlaut.yml").read_text("utf-8"))
    inputs = template["spec"]["inputs"]
    assert workflows[0]["jobs"]["quality"]["steps"][1]["with"].keys() <= action.keys()
    assert workflows[2]["include"][0]["inputs"].keys() <= inputs.keys()
    [table] = [body for body in re.split("^## ", guide, flags=re.M) if body.startswith("In GitHub Actions")]
    assert action.keys() == {*re.findall(r"^\| `([a-z-]+)` \|", table, re.M)}
    assert action.keys() ^ inputs.keys() == {"python-version", "install", "image", "stage"}
    for step in workflows[1]:
        command, *words = step["run"].split()[1:]
        assert CliRunner().invoke(app, [command, *words, "--help"]).exit_code == 0


# --- what cannot be compared, and what is lost ---


def unlike(change: str, run: Baseline) -> Baseline:
    """The run as it is after something else than the system changed."""
    entries = dict(run.systems["made"])
    key, whole = ScoreKey("entities", "strict"), run.signature
    one = entries[key]
    if change == "gold":
        return replace(run, signature=replace(whole, hash="1" * 64))
    if change == "documents":
        return replace(run, documents=7)
    if change == "schemas":
        return replace(run, signature=replace(whole, schemas=("partial",)))
    if change == "labels":
        return replace(run, signature=replace(whole, projection=projection("conll4")))
    if change == "resampling":
        entries[key] = replace(one, signature=replace(one.signature, resampling=Resampling("sentence", 5, 1)))
    elif change == "scale":
        entries[key] = replace(one, scale=2)
    elif change == "missing":
        entries = {ScoreKey("entities", "exact"): one}
    elif change == "undefined":
        entries[key] = replace(one, micro=replace(one.micro, f1=None))
    elif change == "nothing found":
        sums = np.array([[8, 0, 0, 0]] * 12)
        entries[key] = entry(sums)
    elif change == "another system":
        return replace(run, systems={"other": entries})
    elif change == "one more system":
        return replace(run, systems={"made": entries, "other": entries})
    return replace(run, systems={"made": entries})


SUMS: Ints = np.array([[8, 8, 7, 7]] * 12)


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ("none", 0, ""),
        ("gold", 2, "the gold changed"),
        ("documents", 2, "the corpus has 7"),
        ("schemas", 2, "the schemas changed"),
        ("labels", 2, "the label projection changed: none in the baseline, conll4"),
        ("resampling", 0, ""),
        ("scale", 2, "steps of 1/1 in the baseline, of 1/2 now"),
        ("missing", 1, "the score is missing"),
        ("undefined", 1, "f1 is undefined; it was 0.875"),
        ("nothing found", 1, "precision is undefined (nothing was found)"),
        ("another system", 2, "made is in the baseline and was not run"),
        ("one more system", 2, "other is not in the baseline"),
    ],
)
def test_what_changed_is_told_with_its_exit_code(change: str, code: int, message: str) -> None:
    outcome = check(single(SUMS), unlike(change, single(SUMS)), Rules(), trials=100)
    assert outcome.exit_code == code
    assert message in str(outcome)


def test_a_layer_that_a_system_no_longer_has_is_a_regression() -> None:
    rows = [("entities", "strict", entry(SUMS)), ("quotes", "strict", entry(SUMS, "quotes"))]
    outcome = check(baseline({"made": rows}, 12), baseline({"made": rows[:1]}, 12), Rules(), trials=100)
    assert failed(outcome) == [("score", "regression")]
    assert "made, quotes, strict: the score is missing" in str(outcome)


def test_other_gold_counts_under_an_equal_hash_are_invalid() -> None:
    other = SUMS.copy()
    other[0] = [9, 8, 7, 7]
    assert failed(check(single(SUMS), single(other), Rules(), trials=100)) == [("baseline", "invalid")]


def test_a_score_without_a_test_needs_a_rule() -> None:
    one = replace(entry(SUMS), documents=None, errors=None)
    run = baseline({"made": [("entities", "strict", one)]}, 12)
    assert failed(check(run, run, Rules())) == [("rules", "invalid")]
    assert failed(check(run, run, parse_rules({"rules": [{"test": True}]}))) == [("rules", "invalid")]
    assert check(run, run, parse_rules({"rules": [{"floor": 0.8}]})).exit_code == 0
    clusters = baseline({"made": [("clusters", "b3", entry(SUMS, "clusters", "b3"))]}, 12)
    assert "no rule applies" in str(check(clusters, clusters, Rules()))
    assert check(clusters, clusters, parse_rules({"rules": [{"test": True}]}), trials=100).exit_code == 0


def test_scores_on_matched_quotes_are_never_tested() -> None:
    rows = [
        ("quotes", "strict", entry(SUMS, "quotes")),
        ("speakers", "strict@matched", entry(SUMS, "speakers", "strict@matched")),
    ]
    run = baseline({"made": rows}, 12)
    outcome = check(run, run, Rules(), trials=100)
    assert [str(row.place) for row in outcome.rows if row.gated] == ["made, quotes, strict"]
    asked = parse_rules({"rules": [{"layer": "speakers", "schema": "strict@matched", "test": True}]})
    assert failed(check(run, run, asked, trials=100)) == [("rules", "invalid")]
    floor = {"layer": "speakers", "schema": "strict@matched", "floor": 0.9}
    assert failed(check(run, run, parse_rules({"rules": [floor]}), trials=100)) == [("floor", "regression")]
    assert check(run, run, parse_rules({"rules": [{"floor": 0.87}]}), trials=100).exit_code == 0


# --- margins ---

#: Hits of each of twelve documents of eight items, 7 in the baseline; rules; the check and its status. The
#: bound of the same output is a share of (1 - 0.05^(1/12)) = .22 of F1.
MARGINS: Mapping[str, tuple[int, str, str, str]] = {
    "excluded": (7, "margin = 0.2", "margin", "pass"),
    "not excluded": (7, "margin = 0.19", "margin", "warning"),
    "not excluded, and the rules want to know": (
        7,
        'margin = 0.19\ncannot_tell = "fail"',
        "margin",
        "undecided",
    ),
    "a loss above it": (6, "margin = 0.1", "margin", "regression"),
    "a loss that is no chance, and allowed": (6, "margin = 0.5", "margin", "pass"),
    "the same without a margin": (6, "", "test", "regression"),
    "a rule has its own": (6, "margin = 0.1\nrules = [{margin = 0.5}]", "margin", "pass"),
    "the strictest of two rules holds": (
        6,
        "rules = [{margin = 0.1}, {margin = 0.5}]",
        "margin",
        "regression",
    ),
    "of a label": (6, 'rules = [{test = false}, {label = "PER", margin = 0.1}]', "margin", "regression"),
}


@pytest.mark.parametrize("name", MARGINS)
def test_margins(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wortlaut.gate.verdicts.smallest_drop", lambda *_: 0.3)
    monkeypatch.setattr("wortlaut.scoring.equivalence.smallest_drop", lambda *_: 0.3)
    hits, rules, kind, status = MARGINS[name]
    now: Ints = np.array([[8, 8, hits, hits]] * 12)
    outcome = check(single(SUMS), single(now), parse_rules(tomllib.loads(rules)), trials=500)
    tested = [(one.name, one.status) for one in outcome.checks if one.name in ("test", "margin")]
    assert tested[-1] == (kind, status)
    code = {"pass": 0, "warning": 0, "undecided": 3, "regression": 1}[status]
    assert outcome.exit_code == code
    printed = "".join(map(str, check_view(outcome)))
    commands = "".join(workflow_commands(outcome)).replace("%25", "%")
    for shown in (str(outcome), printed, markdown(outcome), junit(outcome), commands):
        assert "drops of F1 show with 80% from 0.300 on" in shown
        if status in ("warning", "undecided"):
            assert "cannot tell, the margin is 0.19: F1 0.8750" in shown


def test_few_documents_cannot_tell() -> None:
    outcome = outcome_of(Made(), Made(), "margin = 0.2")
    assert [(one.name, one.status) for one in outcome.checks] == [("flips", "pass"), ("margin", "warning")]
    assert "no drop of F1 is tested" in outcome.headline


@pytest.mark.long
def test_an_update_does_not_ask_what_cannot_be_told(folder: Path) -> None:
    rules = Rules(margin=0.01, cannot_tell="fail")
    assert gate(folder / "baseline.json", rules, system(folder)).exit_code == 3
    assert gate(folder / "baseline.json", rules, system(folder), update=True).exit_code == 0
    assert gate(folder / "new.json", rules, system(folder), update=True).exit_code == 0


def test_the_smallest_drop_is_that_of_all_tests_together() -> None:
    """Among five scores a drop has to be larger to be supported."""
    small: Ints = np.array([[4, 4, 3, 3]] * 40)
    rows = [("entities", schema, entry(small, schema=schema)) for schema in ("strict", "type")]
    several = baseline({"made": rows}, 40)
    alone, *both = (
        row.shows for run in (single(small), several) for row in check(run, run, Rules(), trials=100).rows
    )
    assert alone is not None and len(both) == 2
    assert all(one is not None and 0.03 < alone < one < 0.2 for one in both)


# --- the verdict ---


def test_verdict_exit_code_and_what_is_printed_agree() -> None:
    several = (["pass", "regression"], ["pass", "warning"], ["undecided", "regression"], [*VERDICTS])
    for statuses in ([], *([one] for one in VERDICTS), *several):
        outcome = Outcome(tuple(Check("x", status, "y", Place("made")) for status in statuses))
        worst = max(map(VERDICTS.index, statuses), default=VERDICTS.index("invalid"))
        code = EXIT_CODES[VERDICTS[worst]]
        assert outcome.exit_code == code
        assert outcome.verdict == VERDICTS[worst]
        for shown in (str(outcome).splitlines()[0], str(list(check_view(outcome))[-1]), markdown(outcome)):
            assert VERDICTS[worst].upper() in shown
            assert [v for v in VERDICTS if v.upper() in shown] == [VERDICTS[worst]]
        data = outcome.to_dict()
        assert (data["verdict"], data["exit_code"]) == (VERDICTS[worst], code)
        top = ElementTree.fromstring(junit(outcome))
        bad = int(top.get("failures", "")) + int(top.get("errors", ""))
        assert (bad > 0) == (code > 0 and bool(statuses))
        unsure = statuses.count("warning")
        commands = [line.partition(" ")[0] for line in workflow_commands(outcome)]
        assert commands == ["::error"] * bad + ["::warning"] * unsure + ["::notice"]
        assert top.get("skipped") == str(unsure)


def test_the_json_is_what_its_schema_says() -> None:
    described = Draft202012Validator(schema("check"))
    worse: Ints = np.array([[8, 8, 6, 6]] * 12)
    everything = "rules = [{floor = 0.9, drop = 0.01, relative_drop = 0.01}]\nthroughput = 2.0"
    outcomes = [
        outcome_of(Made({"d01": [3]}), Made({"d00": [0, 1, 2]}, ["d01"]), everything, speeds={"made": 0.5}),
        outcome_of(Made({}, ["d01"]), Made()),  # an item that only the baseline's system found
        outcome_of(
            Made(), Made(missed={f"d0{i}": range(5) for i in range(3)})
        ),  # nothing found: F1 undefined
        check(single(SUMS), single(worse), Rules(), trials=500),
        check(single(SUMS), single(SUMS), Rules(margin=0.01), trials=500),
        check(single(SUMS), single(SUMS), Rules(margin=0.01, cannot_tell="fail"), trials=500),
        gate(Path("no-such-baseline.json"), Rules()),
        Outcome(()),
    ]
    seen = {row.p is not None for outcome in outcomes for row in outcome.rows}
    seen |= {change.known is None for outcome in outcomes for row in outcome.rows for change in row.changes}
    assert seen == {True, False} and {outcome.verdict for outcome in outcomes} == {*VERDICTS}
    assert {row.margin is None for outcome in outcomes for row in outcome.rows} == {True, False}
    for outcome in outcomes:
        described.validate(json.loads(json.dumps(outcome.to_dict())))
    disagreeing = json.loads(json.dumps(outcomes[0].to_dict())) | {"exit_code": 0}
    assert not described.is_valid(disagreeing)


def test_a_supported_drop_fails_and_its_reverse_is_worth_recording() -> None:
    worse: Ints = np.array([[8, 8, 6, 6]] * 12)
    drop = check(single(SUMS), single(worse), Rules(), trials=2000)
    gain = check(single(worse), single(SUMS), Rules(), trials=2000)
    assert failed(drop) == [("test", "regression")] and drop.exit_code == 1
    assert gain.exit_code == 0 and [row.improved for row in gain.rows] == [True]
    certain = replace(drop, rows=tuple(replace(row, p=0.0002) for row in drop.rows))
    assert "| &lt;0.001 |" in markdown(certain)  # the p-value of a randomisation test is never 0
    assert "worth recording" in markdown(gain) and "worth recording" not in markdown(drop)


def test_a_drop_that_chance_explains_passes() -> None:
    worse = SUMS.copy()
    worse[0] = [8, 8, 5, 5]
    outcome = check(single(SUMS), single(worse), Rules(), trials=2000)
    assert outcome.exit_code == 0
    assert outcome.rows[0].delta is not None and outcome.rows[0].delta < 0


def test_holm_counts_all_tests_of_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """A drop that one test would support, p about 0.03, is not supported among many scores."""
    monkeypatch.setattr("wortlaut.gate.verdicts.smallest_drop", lambda *_: None)
    worse = SUMS.copy()
    worse[:6] = [8, 8, 6, 6]
    one = check(single(SUMS), single(worse), Rules(), trials=4000)
    rows = [("entities", f"overlap@0.{i}", entry(SUMS, schema=f"overlap@0.{i}")) for i in range(1, 9)]
    old = baseline({"made": [("entities", "strict", entry(SUMS)), *rows]}, 12)
    new = baseline({"made": [("entities", "strict", entry(worse)), *rows]}, 12)
    assert one.exit_code == 1
    assert check(old, new, Rules(), trials=4000).exit_code == 0


@pytest.mark.long
def test_false_alarms_are_rare_and_real_drops_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small form of tests/benchmarks/test_gate_power.py, through the gate itself."""
    monkeypatch.setattr("wortlaut.gate.verdicts.smallest_drop", lambda *_: None)
    rng = np.random.default_rng(7)

    def stopped(drop: float, runs: int) -> float:
        pairs = [pair(rng, 20, BALANCED, BALANCED, drop) for _ in range(runs)]
        return sum(check(single(a), single(b), Rules(), trials=200).exit_code for a, b in pairs) / runs

    assert stopped(0.0, 300) <= 0.05
    assert stopped(0.15, 40) > 0.9


counts = st.tuples(st.integers(1, 6), st.integers(0, 3), st.integers(0, 6)).map(
    lambda row: [row[0], min(row[0], row[2]) + row[1], min(row[0], row[2]), min(row[0], row[2])]
)


@given(st.lists(counts, min_size=2, max_size=5), st.data())
def test_a_worse_system_never_passes_where_a_better_one_fails(
    rows: list[list[int]], data: st.DataObject
) -> None:
    """Worse: some hits of the better one are wrong, and some spurious items more."""
    better: Ints = np.asarray(rows, np.int64)
    worse = better.copy()
    for row in worse:
        lost = data.draw(st.integers(0, int(row[2])))
        row[2:] -= lost
        row[1] += data.draw(st.integers(0, 3))
    old = single(np.asarray([[row[0], row[0], row[0], row[0]] for row in rows], np.int64))
    limit = st.floats(0, 1)
    rule = {
        "test": False,
        "floor": data.draw(limit),
        "drop": data.draw(limit),
        "relative_drop": data.draw(limit),
    }
    rules = parse_rules({"rules": [rule, {"label": "PER", **rule}]})
    codes = [check(old, single(sums), rules).exit_code for sums in (better, worse)]
    assert codes[0] <= codes[1]


@given(st.integers(0, 3), st.floats(0, 1), st.floats(0, 1))
def test_stricter_rules_never_pass_what_laxer_ones_stop(lost: int, a: float, b: float) -> None:
    after = SUMS.copy()
    after[:, 2:] -= lost
    low, high = sorted((a, b))
    for name, lax, strict in (("floor", low, high), ("drop", high, low), ("relative_drop", high, low)):
        codes = [
            check(
                single(SUMS), single(after), parse_rules({"rules": [{"test": False, name: value}]})
            ).exit_code
            for value in (lax, strict)
        ]
        assert codes[0] <= codes[1]


# --- what is shown ---


def test_new_and_lost_errors_are_named_in_context() -> None:
    outcome = outcome_of(Made({"d01": [3]}, ["d02"]), Made({"d00": [0]}, ["d00"]), "flips = 0")
    changes = [(c.kind, c.worse, c.document, c.known and c.known.excerpt) for c in outcome.rows[0].changes]
    assert changes == [
        ("missed", True, "d00", "⟦Anna⟧ sah Bonn. Caro sah Kiel…"),
        ("spurious", True, "d00", "…Caro sah Kiel. Emil kam ⟦spät⟧."),
        ("missed", False, "d01", "Anna sah Bonn. Caro sah ⟦Kiel⟧. Emil kam spät."),
        ("spurious", False, "d02", None),  # nobody found it in this run: the hash alone is known
    ]


def test_an_item_of_half_a_credit_is_lost_by_half() -> None:
    settings = Settings(("partial",), samples=10)

    class Short(Made):
        def extract(self, texts: Any) -> Any:
            for found in super().extract(texts):
                first, *rest = found.entities
                yield replace(found, entities=(replace(first, span=type(first.span).of(0, 3)), *rest))

    full, half, none = (
        scored(made, 3, settings)[0] for made in (Made(), Short(), Made({f"d0{i}": [0] for i in range(3)}))
    )
    assert [c.worse for c in check(full, half, Rules()).rows[0].changes] == [True] * 3
    assert [c.worse for c in check(half, none, Rules()).rows[0].changes] == [True] * 3
    assert [c.worse for c in check(none, half, Rules()).rows[0].changes] == [False] * 3
    assert check(half, half, Rules()).rows[0].changes == ()


def test_excerpts_are_one_short_line() -> None:
    text = "A" * 100 + "\n" + "b" * 100 + "\x1b" + "c" * 100
    assert excerpt(text, ((90, 201),)) == (
        "…" + "A" * 24 + "⟦" + "A" * 10 + "⏎" + "b" * 9 + " … " + "b" * 20 + "⟧·" + "c" * 23 + "…"
    )
    assert excerpt("ab cd ef", ((0, 2), (6, 8))) == "⟦ab⟧ cd ⟦ef⟧"
    assert excerpt("", ((0, 1),)) == ""


AWKWARD = ("<b>&amp;]]></b>", "a|b`c*", "\x00\x07\x1b\ud800", "zwei\nZeilen", "100%", "„ß“ 🙂")


@pytest.mark.parametrize("text", AWKWARD)
def test_reports_hold_any_text(text: str) -> None:
    outcome = Outcome((Check("input", "invalid", text, Place(text)), Check("x", "pass", text)))
    top = ElementTree.fromstring(junit(outcome).encode("utf-8", "surrogatepass"))
    error = top.find("testsuite/testcase/error")
    assert error is not None
    assert error.get("message") == text.replace("\x00\x07\x1b\ud800", r"\u0000\u0007\u001b\ud800")
    command, _ = workflow_commands(outcome)
    assert "\n" not in command and command.startswith("::error title=")
    [bullet] = [line for line in markdown(outcome).splitlines() if line.startswith("- ")]
    assert "<b>" not in bullet and "|" not in bullet.replace("\\|", "")


def test_junit_has_a_case_a_check_and_the_items_of_what_failed() -> None:
    outcome = outcome_of(Made(), Made({"d00": [0, 1, 2]}))
    top = ElementTree.fromstring(junit(outcome))
    suite = top.find("testsuite")
    assert suite is not None
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["1", "1", "0", "0"]
    failure = suite.find("testcase/failure")
    assert failure is not None and failure.text is not None
    assert "⟦Anna⟧ sah Bonn" in failure.text


# --- speed ---


def test_speed_is_relative_and_the_texts_are_checked() -> None:
    documents = corpus(20).documents
    assert relative_speed(Made(), documents, rounds=1) > 0

    class Slow(Made):
        def extract(self, texts: Any) -> Any:
            for _ in range(300):
                list(super().extract(texts))
            yield from super().extract(texts)

    assert relative_speed(Slow(), documents, rounds=1) < relative_speed(Made(), documents, rounds=1) / 20


@pytest.mark.parametrize(("speed", "code"), [(0.49, 1), (0.5, 0), (3.0, 0)])
def test_a_floor_of_the_throughput(speed: float, code: int) -> None:
    outcome = outcome_of(Made(), Made(), "throughput = 0.5", speeds={"made": speed})
    assert outcome.exit_code == code


# --- the command ---

NAME = "000_8f5cd11ad6069882"


def predictions(folder: Path, entities: list[tuple[int, int, str]]) -> None:
    rows = [{"spans": [[start, end]], "label": label} for start, end, label in entities]
    (folder / "p.jsonl").write_text(json.dumps({"id": NAME, "entities": rows}) + "\n", "utf-8")


FOUND = [(0, 14, "LOCderiv"), (33, 43, "LOCderiv"), (105, 114, "LOC"), (283, 301, "ORG")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    predictions(tmp_path, FOUND)
    write_baseline(tmp_path / "baseline.json", system(tmp_path), settings=Settings(samples=10))
    return tmp_path


def system(folder: Path) -> list[str]:
    return [f"preds:{folder / 'p.jsonl'}"]


def test_nothing_changed(folder: Path) -> None:
    outcome = gate(folder / "baseline.json", Rules(), system(folder))
    assert outcome.exit_code == 0 and outcome.failures == ()


@pytest.mark.parametrize(
    ("file", "ref"),
    [
        ("places.py", "places.py:create"),
        ("src/places.py", "places.py:create"),
        ("src/my/package/inner/rules.py", "m=my.package:create?lang=de"),
        ("data/found/0.jsonl", "old=preds:./data/found"),
        ("cases.jsonl", "doccano:cases.jsonl?text=body"),
        ("tools/find.py", "cmd:python tools/find.py --fast"),
        ("annotations/gold/d0.jsonl", "gold"),
        ("ci/baseline.json", "ci/baseline.json"),
        ("anything/at.all", "native:."),
    ],
)
def test_a_staged_file_that_is_named_is_checked(file: str, ref: str) -> None:
    assert named([Path("README.md"), Path(file)], None, "no.toml", ref)
    assert not named([Path("README.md"), Path("docs/other.py")], "no.toml", ref) or ref == "native:."
    assert not named([], ref)


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (("--if-changed", "README.md"), 0, "nothing to check: none of 1 file is named in the rules"),
        (("--if-changed",), 0, "nothing to check: none of 0 files is named in the rules"),
        (("found.jsonl",), 2, "found.jsonl: a file is for --if-changed"),
        (("--margin", "5"), 2, "--margin: margin is 5.0, not a number between 0 and 1"),
        (("--html", "page.html"), 2, "page.html is not written: nothing was scored"),
    ],
)
def test_what_check_does_not_run_for(
    given: tuple[str, ...], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["check", "-e", "gazetteer", *given])
    assert (2 if isinstance(done.exception, WortlautError) else done.exit_code) == code
    assert said in f"{done.output}{done.exception}"
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not WORTLAUT.exists(), reason="the wortlaut script is not installed here")
@pytest.mark.long
def test_the_command_from_baseline_to_verdict(tmp_path: Path) -> None:
    predictions(tmp_path, FOUND)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.wortlaut.check]\nbaseline = "b.json"\nextractors = ["preds:p.jsonl"]\n'
    )
    done = run("baseline", "write", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith("wrote b.json: p on gold")
    before = (tmp_path / "b.json").read_bytes()
    predictions(tmp_path, FOUND[:1])
    done = run("baseline", "write", cwd=tmp_path)
    assert done.returncode == 2 and "there is a baseline already" in done.stderr
    assert (tmp_path / "b.json").read_bytes() == before
    done = run(
        *("check", "--json", "c.json", "--junit", "j.xml", "--markdown", "m.md", "--html", "p.html"),
        cwd=tmp_path,
        environment={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")},
    )
    assert done.returncode == 1
    assert done.stdout.rstrip().endswith("REGRESSION: 1 of 1 check failed; no drop of F1 is tested")
    assert "::error title=wortlaut check flips::p, entities, strict: 3 item(s) lost" in done.stdout
    assert "⟦russischen⟧" in done.stdout
    assert json.loads((tmp_path / "c.json").read_text("utf-8"))["verdict"] == "regression"
    assert ElementTree.parse(tmp_path / "j.xml").getroot().get("failures") == "1"
    assert "REGRESSION: 1 of 1 check failed" in (tmp_path / "p.html").read_text("utf-8")
    assert (tmp_path / "m.md").read_text("utf-8") == (tmp_path / "summary.md").read_text("utf-8")
    assert (tmp_path / "b.json").read_bytes() == before, "written without --update"
    done = run("check", "--update", cwd=tmp_path)
    assert done.returncode == 0
    assert "taken over: p, entities, strict: 3 item(s) lost" in done.stdout
    assert run("check", cwd=tmp_path).returncode == 0
    assert run("baseline", "write", "--force", cwd=tmp_path).returncode == 0


@pytest.mark.skipif(not WORTLAUT.exists(), reason="the wortlaut script is not installed here")
@pytest.mark.long
def test_the_command_without_a_baseline(tmp_path: Path) -> None:
    done = run("check", "--junit", "j.xml", "--json", "-", cwd=tmp_path)
    assert done.returncode == 2
    assert json.loads(done.stdout)["verdict"] == "invalid"
    assert ElementTree.parse(tmp_path / "j.xml").getroot().get("errors") == "1"
    assert run("check", "--rules", "none.toml", cwd=tmp_path).returncode == 2
    done = run("check", "--only", "PER", cwd=tmp_path)
    assert done.returncode == 2 and "are those of the baseline" in done.stderr
    assert run("check", "--junit", "no/folder.xml", cwd=tmp_path).returncode == 2


@pytest.mark.long
def test_update_keeps_floors_and_writes_nothing_where_they_fail(folder: Path) -> None:
    path = folder / "baseline.json"
    before = path.read_bytes()
    predictions(folder, FOUND[:1])
    strict = parse_rules({"rules": [{"floor": 0.9}]})
    outcome = gate(path, strict, system(folder), update=True)
    assert failed(outcome) == [("floor", "regression")]
    assert path.read_bytes() == before
    assert gate(path, Rules(), system(folder), update=True).exit_code == 0
    assert path.read_bytes() != before
    assert gate(path, Rules(), system(folder)).exit_code == 0


def test_update_takes_over_a_changed_gold_and_makes_a_first_baseline(folder: Path) -> None:
    path = folder / "baseline.json"
    # As an earlier version wrote it, which says nothing of single documents.
    before = read_baseline(path)
    signature = replace(before.signature, hash="0" * 64)
    path.write_text(to_text(replace(before, signature=signature, digests={}, answers={})), "utf-8")
    assert failed(gate(path, Rules(), system(folder))) == [("corpus", "invalid")]
    outcome = gate(path, Rules(), system(folder), update=True)
    assert outcome.exit_code == 0 and "taken over: the gold changed" in str(outcome)
    first = folder / "first.json"
    assert gate(first, Rules(), update=True).exit_code == 2
    assert not first.exists()
    assert gate(first, Rules(), system(folder), update=True).exit_code == 0
    assert first.read_bytes() == path.read_bytes().replace(b'"samples": 10,', b'"samples": null,').replace(
        b"sentence,10,seed 0", b"sentence,jackknife"
    )


@pytest.mark.parametrize("update", [False, True])
def test_an_extractor_that_fails_is_invalid_and_never_a_baseline(folder: Path, update: bool) -> None:
    path = folder / "baseline.json"
    before = path.read_bytes()
    predictions(folder, [(0, 50_000, "LOC")])
    outcome = gate(path, Rules(), system(folder), update=update)
    assert outcome.exit_code == 2 and "[0, 50000) ends after the text" in str(outcome)
    assert path.read_bytes() == before
    with pytest.raises(WortlautError):
        write_baseline(path, system(folder))
    assert path.read_bytes() == before


@pytest.mark.long
def test_the_throughput_is_measured_where_a_rule_asks(folder: Path) -> None:
    path = folder / "baseline.json"
    outcome = gate(path, parse_rules({"throughput": 1e-6}), system(folder))
    assert outcome.exit_code == 0 and min(outcome.speeds.values()) > 0
    assert failed(gate(path, parse_rules({"throughput": 1e6}), system(folder))) == [
        ("throughput", "regression")
    ]


def test_a_baseline_is_data_and_what_it_names_is_not_run(folder: Path) -> None:
    path, ran = folder / "baseline.json", folder / "ran"
    path.write_text(path.read_text("utf-8").replace('"p":', f'"cmd:touch {ran}":'), "utf-8")
    outcome = gate(path, Rules())
    assert outcome.exit_code == 2 and "no extractor is named" in str(outcome) and "cmd:touch" in str(outcome)
    outcome = gate(path, Rules(), system(folder))
    assert {check.status for check in outcome.failures} == {"invalid"} and not ran.exists()


@pytest.mark.parametrize("at", ["extract", "close"])
def test_an_extractor_that_ends_its_process_fails_and_the_others_are_checked(folder: Path, at: str) -> None:
    ends = f"{ENDS}?act=exit&at={at}"
    outcome = gate(folder / "baseline.json", Rules(), [*system(folder), ends])
    assert [(check.name, check.status) for check in outcome.failures] == [("system", "invalid")]
    assert str(outcome.failures[0].place) == f"ends.py:create?act=exit&at={at}"
    assert "exit code 0" in str(outcome)
    assert [row.place.system for row in outcome.rows if row.gated] == ["p"]


def test_points_of_nothing_are_undefined() -> None:
    nothing = points(np.zeros((1, 4), np.int64))
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
