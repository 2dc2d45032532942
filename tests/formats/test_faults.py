"""Broken files: a sample of the fault table in every run, all of it in the second stage."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from faults import COMMANDS, EVERY, OUTCOMES, Tried, commands, readers

from wortlaut.formats import FORMATS

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def all_clear(found: Iterable[Tried]) -> None:
    found = list(found)
    assert found and not [tried for tried in found if tried.outcome not in ("clear", "read")]


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
def test_every_fault_in_every_file_of_a_command(tmp_path: Path) -> None:
    all_clear(commands(tmp_path))


def test_the_page_shows_a_run_of_all_formats_and_commands() -> None:
    page = PAGE.read_text("utf-8")
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line[:2] == "| "
    ]
    shown = {row[0] for row in rows}
    assert shown >= {*FORMATS, *(line.split()[0] for _, line in COMMANDS)}
    for row in rows:
        if row[0] in shown - {"", "---"}:
            assert row[3 + OUTCOMES.index("wrong") :] == ["0", "0", "0"], row
