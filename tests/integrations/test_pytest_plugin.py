"""The pytest plugin: tests about quality, in runs of pytest of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from made import Made, corpus
from shared import ROOT

from wortlaut.evaluation.evaluate import evaluate
from wortlaut.gate.baseline import baseline_of, to_text
from wortlaut.gate.quality import Quality
from wortlaut.gate.rules import parse_rules

pytest_plugins = ["pytester"]

PLUGIN = "wortlaut.pytest_plugin"
HEAVY = ("numpy", "spacy", "datasets", "sklearn", "scipy", "pyarrow", "pandas")

#: A module of extractors and a corpus that the inner tests name.
MODULE = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from made import Made, corpus
RUNS = Path(__file__).with_name("runs.txt")  # an extractor has a process of its own
def runs():
    return [int(line) for line in RUNS.read_text().split()]
class Counted(Made):
    def extract(self, texts):
        with RUNS.open("a") as file:
            print(len(texts), file=file)
        return super().extract(texts)
GOOD = Counted(spec="system")
SAME = Counted(spec="system")
WORSE = Counted({{"d00": [0, 1], "d01": [3]}}, ["d02"], spec="system")
GOLD = corpus(3)
"""
BASELINE = to_text(baseline_of(evaluate([Made(spec="system")], corpus(3), schema=["strict"], samples=1000)))


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.Pytester]:
    """A folder whose tests see this plugin and no other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(systems=MODULE)
    (pytester.path / "baseline.json").write_text(BASELINE, "utf-8")
    yield pytester
    sys.modules.pop("systems", None)


def run(inner: pytest.Pytester, source: str) -> pytest.RunResult:
    inner.makepyfile(test_inner="import pytest\nfrom systems import *\n" + source)
    return inner.runpytest_inprocess("-p", PLUGIN, "--strict-markers")


def test_it_is_registered() -> None:
    points = [point for point in entry_points(group="pytest11") if point.value == PLUGIN]
    assert [point.name for point in points] == ["wortlaut"]


def test_scores_are_asserted_and_each_system_runs_once_a_session(inner: pytest.Pytester) -> None:
    result = run(
        inner,
        """
        pytestmark = pytest.mark.wortlaut(extractor=GOOD, corpus=GOLD)
        def test_f1(quality):
            assert quality.entities.strict.f1 >= 0.8
            assert quality.entities.strict.per_label["PER"].recall == 1
            assert quality["entities"]["partial"].precision == 1
        def test_again(quality):
            quality.no_regression("baseline.json")
            assert runs() == [3]
        @pytest.mark.wortlaut(SAME, GOLD, schema="overlap@0.5", labels={"LOC": "ORG"})
        def test_nearest_mark_counts(quality):
            assert quality.entities["overlap@0.5"].per_label.keys() == {"ORG", "PER"}
            assert runs() == [3, 3]
        """.replace("\n        ", "\n"),
    )
    result.assert_outcomes(passed=3)


@pytest.mark.long
def test_several_runs_are_one_system(inner: pytest.Pytester) -> None:
    result = run(
        inner,
        """
        @pytest.mark.wortlaut({"A": [GOOD, WORSE]}, GOLD)
        def test_runs(quality):
            strict = quality.entities.strict
            assert strict.f1 == sum(one.f1 for one in strict.runs) / 2 and strict.f1_deviation > 0
        """.replace("\n        ", "\n"),
    )
    result.assert_outcomes(passed=1)


@pytest.mark.long
def test_the_example_of_the_docs_passes(inner: pytest.Pytester) -> None:
    text = (ROOT / "docs" / "gate.md").read_text("utf-8")
    [example] = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    evaluation = evaluate("gazetteer", schema=["strict"])
    (inner.path / "baseline.json").write_text(to_text(baseline_of(evaluation)), "utf-8")
    run(inner, example).assert_outcomes(passed=2)


def test_a_failing_assertion_shows_the_wrong_items_in_context(inner: pytest.Pytester) -> None:
    result = run(
        inner,
        """
@pytest.mark.wortlaut(extractor=WORSE, corpus=GOLD)
def test_f1(quality):
    assert quality.entities.strict.f1 >= 0.9
@pytest.mark.wortlaut(extractor=WORSE, corpus=GOLD)
def test_something_else(quality):
    assert False
""",
    )
    result.assert_outcomes(failed=2)
    text = result.stdout.str()
    assert text.count("system: entities, strict: 4 wrong items") == 1, "of the test that looked at it"
    assert "d00 [0, 4) PER missed: ⟦Anna⟧ sah Bonn." in text
    assert "d02 [39, 43) PER spurious: …Caro sah Kiel. Emil kam ⟦spät⟧." in text


def test_names_and_errors_cannot_steer_the_terminal(inner: pytest.Pytester) -> None:
    result = run(
        inner,
        """
@pytest.mark.wortlaut(extractor="no\\x1b[2J", corpus=GOLD)
def test_a_name(quality):
    pass
@pytest.mark.wortlaut(extractor=WORSE, corpus=GOLD)
def test_an_error(quality):
    quality.no_regression("\\x1b[2J")
""",
    )
    result.assert_outcomes(failed=1, errors=1)
    text = result.stdout.str()
    assert "\x1b[2J" not in text and r"\u001b[2J: no such baseline" in text and r"no\u001b[2J on" in text


def test_a_regression_shows_the_items_that_flipped(inner: pytest.Pytester) -> None:
    result = run(
        inner,
        """
@pytest.mark.wortlaut(extractor=WORSE, corpus=GOLD)
def test_no_regression(quality):
    quality.no_regression("baseline.json")
""",
    )
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "AssertionError: REGRESSION: 1 of 1 check failed" in text
    assert "new: d01 [24, 28) LOC missed: Anna sah Bonn. Caro sah ⟦Kiel⟧" in text
    assert "quality.py" not in text, "the plug-in's own frames are hidden"


def test_rules_of_the_project_hold_in_tests_too(inner: pytest.Pytester) -> None:
    inner.makepyprojecttoml("[tool.wortlaut.check]\nflips = 4\n")
    test = """
@pytest.mark.wortlaut(extractor=WORSE, corpus=GOLD)
def test_no_regression(quality):
    quality.no_regression("baseline.json")
@pytest.mark.wortlaut(extractor=WORSE, corpus=GOLD)
def test_own_rules(quality):
    (quality.root / "own.toml").write_text("flips = 3")
    with pytest.raises(AssertionError, match="REGRESSION"):
        quality.no_regression("baseline.json", "own.toml")
"""
    run(inner, test).assert_outcomes(passed=2)


def test_what_the_corpus_cannot_tell_is_a_warning(inner: pytest.Pytester) -> None:
    inner.makepyprojecttoml("[tool.wortlaut.check]\nmargin = 0.01\n")
    test = """
@pytest.mark.wortlaut(extractor=GOOD, corpus=GOLD)
def test_it(quality):
    with pytest.warns(UserWarning, match="cannot tell whether F1 lost more than 0.01"):
        quality.no_regression("baseline.json")
"""
    run(inner, test).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("quality.entitis", "AttributeError: system has no layer 'entitis'. Did you mean entities?"),
        ("quality.quotes", "AttributeError: system has no layer 'quotes'. Known: entities."),
        (
            "quality.entities.stric",
            "AttributeError: system, entities: no schema 'stric'. Did you mean strict?",
        ),
        ("quality.no_regression('none.json')", "no such baseline"),
    ],
)
def test_what_is_not_there_is_told(inner: pytest.Pytester, body: str, message: str) -> None:
    mark = "@pytest.mark.wortlaut(extractor=GOOD, corpus=GOLD)"
    result = run(inner, f"{mark}\ndef test_it(quality):\n    {body}\n")
    result.assert_outcomes(failed=1)
    assert message in result.stdout.str()
    assert "pathlib" not in result.stdout.str()


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("", "the fixture quality needs a mark"),
        ("@pytest.mark.wortlaut(corpus=GOLD)", "the mark wortlaut: missing 1 required positional argument"),
        ("@pytest.mark.wortlaut('gazetter', GOLD)", "Did you mean gazetteer?"),
        ("@pytest.mark.wortlaut(GOOD, 'golf')", "unknown corpus 'golf'"),
        ("@pytest.mark.wortlaut(GOOD, GOLD, schema='stric')", "Did you mean strict?"),
        ("@pytest.mark.wortlaut({'A': GOOD, 'B': SAME}, GOLD)", "2 systems are named"),
        ("@pytest.mark.wortlaut(GOOD, GOLD, speed=1)", "unexpected keyword argument 'speed'"),
    ],
)
def test_a_mark_that_cannot_be_is_told_without_a_traceback(
    inner: pytest.Pytester, mark: str, message: str
) -> None:
    result = run(inner, f"{mark}\ndef test_it(quality):\n    pass\n")
    result.assert_outcomes(errors=1)
    assert message in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


def test_other_systems_of_a_baseline_and_their_rules_are_left_out(tmp_path: Path) -> None:
    evaluation = evaluate([Made(spec="system"), Made(spec="other")], corpus(3), schema=["strict"], samples=10)
    path = tmp_path / "baseline.json"
    path.write_text(to_text(baseline_of(evaluation)), "utf-8")
    quality = Quality(replace(evaluation, systems=evaluation.systems[:1]))
    for table, code in (
        ({}, 0),
        ({"rules": [{"system": "other", "floor": 1.0}], "throughput": {"other": 1}}, 0),
        ({"rules": [{"system": "third", "floor": 1.0}]}, 2),
        ({"rules": [{"layer": "quotes", "floor": 1.0}]}, 2),
    ):
        assert quality.compare(path, parse_rules(table)).exit_code == code


def test_it_imports_nothing_heavy_where_nobody_uses_it(tmp_path: Path) -> None:
    (tmp_path / "test_empty.py").write_text(
        f"import sys\ndef test_it():\n"
        f"    assert {PLUGIN!r} in sys.modules\n"
        f"    assert [name for name in {HEAVY} if name in sys.modules] == []\n"
        f"    own = {{name for name in sys.modules if name.startswith('wortlaut')}}\n"
        f"    assert own == {{'wortlaut', 'wortlaut.rendering', 'wortlaut.version', {PLUGIN!r}}}\n"
    )
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", PLUGIN, "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
