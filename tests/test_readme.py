"""The first table of the README is what a reader gets. (tests/docs/ runs the rest, as of every page.)"""

from __future__ import annotations

from command import run
from docpages import PAGES, lines, steps
from shared import ROOT


def test_the_table_is_what_the_command_prints() -> None:
    first = steps(PAGES[0].read_text("utf-8"))[0]
    printed = run("evaluate", cwd=ROOT)
    assert first.text == "wortlaut evaluate"
    assert _words(first.output) == _words(printed.stdout)


def _words(text: str) -> list[str]:
    return [" ".join(line.split()) for line in lines(text) if line.strip(" ─")]
