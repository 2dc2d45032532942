"""Every rule of the catalogue has a broken file that triggers it, and the message helps."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from shared import ROOT

from wortlaut.annotations.rules import LEVELS, RULES
from wortlaut.annotations.validate import exit_code
from wortlaut.errors import DataError, MissingFileError
from wortlaut.records.record import plain
from wortlaut.release.checks import validate

CASES = ROOT / "tests/cases/validate"


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_has_a_file_that_breaks_it_alone(rule):
    incidents = validate([CASES / rule])
    assert {incident.rule for incident in incidents} == {rule}
    for incident in incidents:
        assert incident.what and incident.fix
        assert incident.level == LEVELS[rule[0]]
        assert incident.severity == ("warning" if rule[0] == "L" else "error")
        assert Path(incident.file).is_file()
    assert exit_code(incidents) == (0 if rule[0] == "L" else 1)


def test_the_catalogue_and_the_cases_are_the_same_set():
    assert {case.name for case in CASES.iterdir()} == {*RULES, "clean"}


def test_clean():
    assert validate([CASES / "clean"]) == []
    assert exit_code([]) == 0


def test_the_repository_has_no_errors():
    assert [i for i in validate([ROOT]) if i.severity == "error"] == []


@pytest.mark.parametrize(
    ("rule", "line", "offsets", "what", "fix"),
    [
        ("O04", 6, ((13, 24),), "'nna Muster ' in the text, not 'Anna Muster'", "Did you mean [12, 23)?"),
        ("O02", 9, ((141, 2000),), "outside the text, which has 176 characters", "Did you mean [141, 163)?"),
        ("O01", 6, ((23, 12),), "empty, reversed", "'Anna Muster' has 11 characters"),
        ("F06", 13, (), "not JSON", "one JSON object"),
        ("F13", 7, (), "belongs before line 6", "Order:"),
        ("F03", 1, (), "carriage return", "LF"),
        ("F04", 3, (), "NFC", "ormalise"),
        ("R04", 3, (), "line 2", "id of its own"),
        ("R05", 8, ((111, 119),), "'neustatt' is no cluster", "Did you mean 'neustadt'?"),
        ("R13", 12, ((77, 80),), "the speaker is 'bund', the mention is one of 'anna-muster'", "Correct"),
        ("S01", 6, ((12, 23),), "label cannot be 'PERS'", "Did you mean 'PER"),
        ("L03", 12, None, "full stop", "End it at"),
    ],
)
def test_incidents_say_where_and_what_to_do(rule, line, offsets, what, fix):
    (incident,) = validate([CASES / rule])
    assert incident.line == line
    assert offsets is None or incident.offsets == offsets
    assert what in incident.what
    assert fix in incident.fix


def test_a_line_about_a_text_that_is_gone_is_to_be_removed(tmp_path):
    shutil.copytree(CASES / "clean", tmp_path, dirs_exist_ok=True)
    (tmp_path / "seeds/brief.txt").unlink()
    (incident,) = (found for found in validate([tmp_path]) if found.rule == "R11")
    assert "there is no text brief.txt" in incident.what
    assert incident.fix.endswith("remove the line.")


def test_a_canonical_line_can_be_copied_from_the_message():
    (incident,) = validate([CASES / "F14"])
    wanted = (CASES / "clean/annotations/gold/brief.jsonl").read_text("utf-8").splitlines()[incident.line - 1]
    assert incident.fix == f"Write it as: {wanted}"


@pytest.mark.parametrize(
    "path", [".", "annotations", "annotations/gold", "annotations/gold/brief.jsonl"]
)  # fmt: skip
def test_a_path_is_a_file_a_folder_or_a_repository(path):
    assert {incident.rule for incident in validate([CASES / "O04" / path])} == {"O04"}
    assert validate([CASES / "clean" / path]) == []


def test_a_path_given_twice_is_reported_once():
    assert len(validate([CASES / "O04", CASES / "O04"])) == 1


@pytest.mark.parametrize(
    ("path", "error"),
    [("nirgends", MissingFileError), ("seeds", MissingFileError), ("seeds/brief.txt", DataError)],
)
def test_what_cannot_be_checked_is_a_usage_error(path, error):
    with pytest.raises(error):
        validate([CASES / "clean" / path])


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"\xff", "F01"),
        (b"\xef\xbb\xbfJa.\n", "F02"),
        (b"Ja.\r\n", "F03"),
        ("Gru\u0308n.\n".encode(), "F04"),
        ("\ud83e".encode("utf-8", "surrogatepass"), "F05"),
    ],
)
def test_texts_are_checked_as_files(tmp_path, data, rule):
    shutil.copytree(CASES / "clean", tmp_path, dirs_exist_ok=True)
    (tmp_path / "seeds/brief.txt").write_bytes(data)
    found = [i for i in validate([tmp_path]) if i.file.endswith("brief.txt")]
    assert [i.rule for i in found] == [rule]


def test_incidents_as_json():
    (incident,) = validate([CASES / "O04"])
    assert json.loads(json.dumps(plain(incident))) == {
        "rule": "O04",
        "level": "offsets",
        "severity": "error",
        "file": str(CASES / "O04/annotations/gold/brief.jsonl"),
        "line": 6,
        "offsets": [[13, 24]],
        "what": incident.what,
        "fix": "Did you mean [12, 23)?",
    }


@pytest.mark.parametrize("line", range(1, 13))
def test_no_line_can_be_lost_unnoticed(tmp_path, line):
    """Every line of the clean file, mangled in turn, gives an incident at that line."""
    shutil.copytree(CASES / "clean", tmp_path, dirs_exist_ok=True)
    path = tmp_path / "annotations/gold/brief.jsonl"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    lines[line - 1] = lines[line - 1][:-3] + "\n"
    path.write_text("".join(lines), "utf-8")
    assert line in {i.line for i in validate([tmp_path]) if i.rule == "F06"}
