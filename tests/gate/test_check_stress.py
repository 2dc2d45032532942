"""The gate on changed texts: which drop fails, with which reason, and in which reports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from command import WORTLAUT, run

from wortlaut.errors import WortlautError
from wortlaut.gate.rules import Rules, StressRule, parse_rules
from wortlaut.gate.run import Settings, gate, write_baseline
from wortlaut.gate.stress import stress_checks, stress_notes
from wortlaut.gate.verdicts import Outcome
from wortlaut.scoring.compare import PairedTest
from wortlaut.stress.run import Applied, Failure, Row, Same, Stress

#: Reads names as they stand in the gold, and nothing that is spelt otherwise.
READER = """
import re
from wortlaut.model import Annotations, Entity, Span

NAMES = re.compile(r"Russland|Nordkorea(?!n)|Putin(?!s)|Wladiwostok|Kim(?= )|Yonhap|UN-Sicherheitsrate?s|USA")

class Reader:
    finds = ("entities",)

    def extract(self, texts):
        for text in texts:
            found = [(m, "ORG" if m.group()[:2] in ("UN", "Yo") else "PER" if m.group()[0] in "PK" else "LOC")
                     for m in NAMES.finditer(text)]
            yield Annotations(tuple(Entity(Span.of(*m.span()), label) for m, label in found))

def create():
    return Reader()

def fragile():
    class Fragile(Reader):
        def extract(self, texts):
            if any("\\u00a0" in text for text in texts):
                raise ValueError("what is this space?")
            return super().extract(texts)
    return Fragile()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "reader.py").write_text(READER, "utf-8")
    return tmp_path


def outcome(folder: Path, table: dict[str, Any], factory: str = "create") -> Outcome:
    path = folder / "b.json"
    write_baseline(path, [f"{folder / 'reader.py'}:{factory}"], settings=Settings(samples=20))
    return gate(path, parse_rules({"stress": table}), [f"{folder / 'reader.py'}:{factory}"])


@pytest.mark.long
def test_a_drop_that_the_test_supports_fails_with_its_reason(folder: Path) -> None:
    found = outcome(folder, {"transforms": ["quotes-guillemets", "lower"], "drop": 0.05})
    assert found.exit_code == 1
    [failure] = found.failures
    assert (failure.name, failure.status) == ("stress lower", "regression")
    assert failure.place is not None and failure.place.key.task == "entities"
    assert " → 0.0000 under lower, largest drop 0.05, p 0.0" in failure.what and "Holm" in failure.what
    assert [c.name for c in found.checks if c.name.startswith("stress")] == [
        "stress quotes-guillemets",
        "stress lower",
    ]
    assert any(note.startswith("stress: of 2 transformation(s) lower costs most") for note in found.notes)
    assert any("sentences of one document" in note for note in found.notes)


@pytest.mark.long
def test_what_costs_nothing_passes(folder: Path) -> None:
    found = outcome(folder, {"transforms": ["boilerplate", "quotes-straight"], "drop": 0.0})
    assert found.exit_code == 0
    assert any("no score falls under 2 transformation(s)" in note for note in found.notes)
    assert any("sentences of one document" in note for note in found.notes)


def test_a_score_that_is_lost_costs_all_that_it_was() -> None:
    found = report(0.8, 0.0, 0.001)
    lost = replace(found, rows=tuple(replace(row, after=None) for row in found.rows), notes=("A note.",))
    notes = list(stress_notes(lost, StressRule(), 0.05))
    assert notes[0].startswith("stress: of 1 transformation(s) nfd costs most, 0.8000 of F1")
    assert notes[-1] == "stress: A note."


@pytest.mark.long
def test_a_system_that_fails_on_changed_texts_fails(folder: Path) -> None:
    found = outcome(folder, {"transforms": ["nbsp"]}, "fragile")
    assert found.exit_code == 1
    assert "fails on the changed texts" in str(found) and "what is this space?" in str(found)


@pytest.mark.long
def test_without_names_all_that_leave_the_meaning_are_run(folder: Path) -> None:
    found = outcome(folder, {"drop": 1})
    names = {check.name.removeprefix("stress ") for check in found.checks if check.name.startswith("stress")}
    assert {"nfd", "ss", "hyphenation", "long", "joined"} <= names
    assert not names & {"lower", "names-rare", "truncated"}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"transforms": ["nfx"]}, "unknown transformation 'nfx'"),
        ({"transforms": ["quotes-german"]}, "nothing in the corpus changes under quotes-german"),
    ],
)
@pytest.mark.long
def test_a_rule_that_cannot_be_applied_is_told(folder: Path, table: dict[str, Any], message: str) -> None:
    found = outcome(folder, table)
    assert found.exit_code == 2 and message in str(found)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"transform": ["nfd"]}, "Did you mean transforms"),
        ({"transforms": "nfd"}, "not a list of names"),
        ({"transforms": []}, "Leave it out"),
        ({"drop": 5}, "not a number between 0 and 1"),
        ({"seed": -1}, "not a whole number"),
        (["nfd"], "is not a table"),
    ],
)
def test_tables_that_are_none(table: Any, message: str) -> None:
    with pytest.raises(WortlautError) as caught:
        parse_rules({"stress": table})
    assert message in str(caught.value)


def report(before: float, after: float, p: float | None) -> Stress:
    test = PairedTest(0.0, 0.0, after - before, None, p, None, None, None, 20, 9)
    given = None if p is None else test
    same = Same(1.0, None, 1, 1, 1)
    row = Row("nfd", "made", "entities", "strict", before, after, given, p, same)
    applied = Applied("nfd", "NFD", "same", "nfc", 1, 1, (), ())
    return Stress("made", "0" * 64, 20, "document", 20, 0, 10, ("made",), (applied,), (row,))


@pytest.mark.parametrize(
    ("before", "after", "p", "status"),
    [
        (0.8, 0.75, 0.001, "pass"),  # exactly the limit
        (0.8, 0.74, 0.001, "regression"),
        (0.8, 0.74, 0.05, "regression"),
        (0.8, 0.74, 0.051, "pass"),  # chance explains it
        (0.8, 0.74, None, "invalid"),  # and here nobody can say
        (0.8, 0.79, None, "pass"),
        (0.8, 0.95, 0.001, "pass"),
    ],
)
def test_the_limit_and_the_test(before: float, after: float, p: float | None, status: str) -> None:
    found = report(before, after, p)
    [check] = stress_checks(found, StressRule(drop=0.05), 0.05)
    assert check.status == status, check
    told = any("cannot tell them from chance" in note for note in stress_notes(found, StressRule(), 0.05))
    assert told == (p == 0.051)


def test_a_failure_of_a_system() -> None:
    broken = Stress(
        *("made", "0" * 64, 1, "document", 1, 0, 10, ("made",)),
        (Applied("nfd", "NFD", "same", "nfc", 1, 1, (), ()),),
        (),
        (Failure("made", "nfd", "no"),),
    )
    [check] = stress_checks(broken, StressRule(), 0.05)
    assert (check.name, check.status) == ("stress nfd", "regression")


@pytest.mark.long
def test_nothing_is_run_without_the_table(folder: Path) -> None:
    write_baseline(folder / "b.json", [f"{folder / 'reader.py'}:create"], settings=Settings(samples=20))
    found = gate(folder / "b.json", Rules(), [f"{folder / 'reader.py'}:create"])
    assert not [check for check in found.checks if check.name.startswith("stress")]


@pytest.mark.long
def test_an_update_does_not_accept_it(folder: Path) -> None:
    path = folder / "b.json"
    write_baseline(path, [f"{folder / 'reader.py'}:create"], settings=Settings(samples=20))
    before = path.read_bytes()
    rules = parse_rules({"stress": {"transforms": ["lower"]}})
    found = gate(path, rules, [f"{folder / 'reader.py'}:create"], update=True)
    assert found.exit_code == 1 and path.read_bytes() == before


@pytest.mark.skipif(not WORTLAUT.exists(), reason="the wortlaut script is not installed here")
@pytest.mark.long
def test_the_command_and_its_reports(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        '[tool.wortlaut.check]\nextractors = ["reader.py:create"]\n'
        '[tool.wortlaut.check.stress]\ntransforms = ["lower"]\ndrop = 0.05\n'
    )

    assert run("baseline", "write", cwd=folder).returncode == 0
    done = run("check", "--json", "c.json", "--junit", "j.xml", "--markdown", "m.md", cwd=folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "under lower" in done.stdout and "REGRESSION: 1 of 2 checks failed" in done.stdout
    data = json.loads((folder / "c.json").read_text("utf-8"))
    assert [c["name"] for c in data["checks"] if c["status"] == "regression"] == ["stress lower"]
    failures = ElementTree.parse(folder / "j.xml").getroot().iter("failure")
    assert [failure.get("type") for failure in failures] == ["stress lower"]
    assert "under lower" in (folder / "m.md").read_text("utf-8")
