"""How a command ends: with which code, and never with 0 without its output."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import WORTLAUT, run
from ends import SPEC

from wortlaut.cli.ending import ended
from wortlaut.errors import DataError

needs_script = pytest.mark.skipif(not WORTLAUT.exists(), reason="the wortlaut script is not installed here")


def code_of(act: object) -> object:
    def application() -> None:
        raise act if isinstance(act, BaseException) else SystemExit(act)

    with pytest.raises(SystemExit) as raised:
        ended(application)
    return raised.value.code


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_command_says_how_it_ended(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["wortlaut"])
    assert code_of(code) == code


def test_bad_input_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["wortlaut"])
    assert code_of(DataError("is no file", where="a.json")) == 2
    assert capsys.readouterr().err == "error: a.json: is no file\n"


def test_an_error_of_our_own_is_70_and_its_traceback_is_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["wortlaut", "score", "a", "b"])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert code_of(ZeroDivisionError("of what?")) == 70
    (file,) = tmp_path.glob("wortlaut-error-*.txt")
    told = capsys.readouterr().err
    assert str(file) in told.replace("\n", "") and "Traceback" not in told
    kept = file.read_text("utf-8")
    assert "wortlaut score a b" in kept and "ZeroDivisionError: of what?" in kept


@needs_script
@pytest.mark.parametrize(
    ("act", "at"),
    [
        ("exit", "extract"),
        *(pytest.param(*one, marks=pytest.mark.long) for one in [("exec", "make"), ("thread", "extract")]),
        *(pytest.param(*one, marks=pytest.mark.long) for one in [("exit", "notes"), ("sys.exit", "close")]),
    ],
)
def test_evaluate_does_not_end_with_0_without_its_scores(tmp_path: Path, act: str, at: str) -> None:
    spec = f"{SPEC}?act={act}&at={at}"
    done = run("evaluate", "-e", spec, "--samples", "0", "--json", "e.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "ended the process" in done.stderr.replace("\n", " ") or "close raised SystemExit" in done.stderr


@needs_script
@pytest.mark.long
def test_evaluate_isolated_names_it_and_scores_the_others(tmp_path: Path) -> None:
    spec = f"{SPEC}?act=exit&at=finish"
    options = ["--isolate", "--samples", "0", "--json", "e.json"]
    done = run("evaluate", "-e", spec, "-e", "gazetteer", *options, cwd=tmp_path)
    assert done.returncode == 2 and "exit code 0" in done.stderr and "act=exit" in done.stderr
    assert '"gazetteer"' in (tmp_path / "e.json").read_text("utf-8")


@needs_script
@pytest.mark.parametrize(
    "command",
    [pytest.param(one, marks=pytest.mark.long) for one in ("stress", "bench", "baseline")] + ["check"],
)
def test_who_judges_names_it_and_ends_with_2(tmp_path: Path, command: str) -> None:
    spec = f"{SPEC}?act=exit&at=close"
    (tmp_path / "baseline.json").touch()
    options = {
        "baseline": ["write", "--force"],
        "check": ["--update", "--json", "v.json", "--junit", "v.xml", "--baseline", "none.json"],
        "stress": ["-t", "nfd", "--samples", "0", "--json", "v.json"],
        "bench": ["--rounds", "2", "--json", "v.json"],
    }[command]
    done = run(command, *options, "-e", spec, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "act=exit" in done.stdout + done.stderr
    assert (tmp_path / "baseline.json").read_bytes() == b""
    if command == "check":
        assert "act=exit" in (tmp_path / "v.json").read_text() and (tmp_path / "v.xml").exists()
