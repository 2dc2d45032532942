"""Broken files: a sample of the fault table in every run, most of it in the second stage."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from faults import COMMANDS, EVERY, NO_FILE, OUTCOMES, Tried, commands, readers
from typer.main import get_command

from wortlaut.cli import app
from wortlaut.formats import FORMATS

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def all_clear(found: Iterable[Tried]) -> None:
    found = list(found)
    assert found
    assert [tried for tried in found if tried.outcome not in ("clear", "read")] == []


def test_every_fault_in_one_format(tmp_path: Path) -> None:
    all_clear(readers("predictions", tmp_path, EVERY))


@pytest.mark.parametrize("name", FORMATS)
def test_one_fault_in_every_format(tmp_path: Path, name: str) -> None:
    if name == "inception":
        pytest.importorskip("cassis", reason="the extra [inception] is not installed")
    all_clear(readers(name, tmp_path, ("binary", "FIFO", "gzip")))


@pytest.mark.long
@pytest.mark.parametrize("name", FORMATS)
def test_every_fault_in_every_format(tmp_path: Path, name: str) -> None:
    if name == "inception":
        pytest.importorskip("cassis", reason="the extra [inception] is not installed")
    all_clear(readers(name, tmp_path, EVERY))


@pytest.mark.long
def test_faults_in_every_file_of_a_command(tmp_path: Path) -> None:
    all_clear(commands(tmp_path, ("FIFO", "one number of 5,000 digits")))


def test_every_file_that_a_command_takes_is_in_the_table() -> None:
    """A new command, or a new option that names a file to read, needs a line in COMMANDS."""
    commands = dict(get_command(app).commands)  # type: ignore[attr-defined]
    commands |= {f"baseline {name}": found for name, found in commands.pop("baseline").commands.items()}
    for name, command in commands.items():
        words = {word for line in COMMANDS if line.startswith(f"{name} ") for word in line.split()}
        assert words or name in NO_FILE, name
        for option in command.params:
            # What is written is checked by a callback before the work begins.
            reads = option.callback is None and re.search("FILE|PATH|REF|MAP|SPEC", option.metavar or "")
            if words and reads and option.opts[0].startswith("-"):
                assert words & {*option.opts}, f"{name} {option.opts[0]}"


def test_the_page_shows_a_run_of_all_formats_and_commands() -> None:
    page = PAGE.read_text("utf-8")
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line[:2] == "| "
    ]
    shown = {row[0] for row in rows}
    assert shown >= {*FORMATS, *(line.partition(" -")[0] for line in COMMANDS)}
    for row in rows:
        if row[0] in shown - {"", "---"}:
            assert row[3 + OUTCOMES.index("wrong") :] == ["0", "0", "0"], row
