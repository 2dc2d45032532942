"""The built site: complete, self-contained, and made from the program where it describes the program."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from shared import ROOT

import wortlaut
from wortlaut.cli import app
from wortlaut.version import VERSION

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site() -> Path:
    for command in (["docs/pages.py"], ["-m", "zensical", "build", "--strict", "--clean"]):
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "build" / "site"


def words(site: Path, page: str) -> str:
    article = re.search(r"<article.*?</article>", (site / page / "index.html").read_text("utf-8"), re.S)
    assert article
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", article[0])).split())


def every_command(command: Any, path: str) -> list[tuple[str, Any]]:
    inner = getattr(command, "commands", {})
    return [
        (path, command),
        *(pair for name in inner for pair in every_command(inner[name], f"{path} {name}")),
    ]


def test_every_command_and_option_is_there(site: Path) -> None:
    page = words(site, "reference/cli")
    _, *commands = every_command(typer.main.get_command(app), "wortlaut")
    assert len(commands) > 15
    for path, command in commands:
        assert path in page
        for option in command.params:
            assert all(name in page for name in option.opts if name.startswith("--")), path


def test_every_public_name_is_there(site: Path) -> None:
    page = words(site, "reference/python")
    assert [name for name in wortlaut.__all__ if not re.search(rf"\b{name}\b", page)] == []
    # A docstring of each: what `score` takes, what a span is.
    assert "half-open" in page
    assert "A set of characters" in words(site, "reference/model.document")


def test_files_of_the_repository_are_pages(site: Path) -> None:
    assert "G-ENT-01" in words(site, "guidelines")
    assert VERSION in words(site, "changelog")
    assert "1.0.0" in words(site, "changelog-gold")
    assert "Language models, no people" in words(site, "card")
    assert 'href="../guidelines/"' in (site / "annotate/index.html").read_text("utf-8")


def test_the_home_page_shows_the_report(site: Path) -> None:
    home = (site / "index.html").read_text("utf-8")
    [shown] = re.findall(r'<iframe[^>]* src="([^"#]+)', home)
    assert "Content-Security-Policy" in (site / shown).read_text("utf-8")


def test_nothing_comes_from_elsewhere(site: Path) -> None:
    loading = re.compile(
        r'<(?:script|img|iframe|source)\b[^>]*\bsrc="?(?:https?:)?//|<link\b[^>]*stylesheet[^>]*//'
    )
    assert [page for page in site.rglob("*.html") if loading.search(page.read_text("utf-8"))] == []
    assert not re.search(r"@import|url\((?:https?:)?//", (site / "style.css").read_text("utf-8"))


def test_roles_of_docstrings_are_gone(site: Path) -> None:
    for page in (site / "reference").rglob("*.html"):
        assert not re.search(r":(?:class|func|data|meth|mod|attr):", page.read_text("utf-8")), page
