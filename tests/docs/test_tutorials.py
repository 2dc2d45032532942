"""What README.md or a page of docs/ shows is what a reader gets: commands are run, files written, in order.

Output is compared line by line, without empty lines and white space at the ends of lines. What differs
from run to run (seconds, checksums, paths) or is too long to show is written as ``…`` on the page.
"""

from __future__ import annotations

import json
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from docpages import DOCS, IN_REPOSITORY, PAGES, blocks, environment, lines, matches, run, steps
from shared import ROOT

from wortlaut.cli import app


def names(pages: list[Path]) -> list[Any]:
    return [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in pages]


TEXT = {page: page.read_text("utf-8") for page in PAGES}
WITH_CONSOLE = [page for page in PAGES if any(block.language == "console" for block in blocks(TEXT[page]))]
WITH_PYTHON = [
    page
    for page in PAGES
    if any(block.language == "python" and not block.title for block in blocks(TEXT[page]))
]


def test_the_tutorials_are_among_the_pages() -> None:
    assert {page.stem for page in WITH_CONSOLE if page.parent.name == "tutorials"} == {
        "compare",
        "gate",
        "publish",
    }


@pytest.mark.parametrize("page", names([page for page in PAGES if page in WITH_CONSOLE + WITH_PYTHON]))
@pytest.mark.long
def test_a_page_does_what_it_shows(page: Path, tmp_path: Path) -> None:
    """Its commands first, then its Python, in one folder."""
    if IN_REPOSITORY in TEXT[page]:
        for name in ("annotations", "corpus", "seeds"):
            shutil.copytree(ROOT / name, tmp_path / name)
    if page in WITH_CONSOLE:
        check_commands(page, tmp_path)
    if page in WITH_PYTHON:
        check_python(page, tmp_path)


def check_commands(page: Path, folder: Path) -> None:
    shown = steps(TEXT[page])
    for step, (printed, code) in zip(shown, run([step.text for step in shown], folder), strict=True):
        where = f"{page.relative_to(ROOT)}:{step.line}: {step.text}"
        assert code == 0, f'{where}\nexit code {code}; show it with: …; echo "exit code $?"\n{printed}'
        if not matches(lines(step.output), lines(printed)):
            assert lines(printed) == lines(step.output), where


def check_python(page: Path, folder: Path) -> None:
    """The blocks of a page are one program; a ``text`` block right behind one is what it prints."""
    code, shown = [], []
    found = blocks(TEXT[page])
    for block, after in zip(found, [*found[1:], None], strict=True):
        if block.language == "python" and not block.title:
            code.append((f"{page.relative_to(ROOT)}:{block.line}", "\n" * block.line + block.text))
            end = block.line + block.text.count("\n") + 1
            follows = after is not None and after.language == "text" and after.line - end <= 2
            shown.append(after.text if after and follows else None)
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        input=json.dumps(code),
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for (where, _), printed, expected in zip(code, json.loads(done.stdout), shown, strict=True):
        if expected is not None and not matches(lines(expected), lines(printed)):
            assert lines(printed) == lines(expected), where


DRIVER = """
import contextlib, io, json, sys
outputs, names = [], {"__name__": "docs"}
for where, text in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(text, where, "exec"), names)
    outputs.append(out.getvalue())
json.dump(outputs, sys.stdout)
"""

ROOT_COMMAND = typer.main.get_command(app)


@pytest.mark.parametrize("page", names(PAGES))
def test_every_command_line_can_be_read(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of ``wortlaut`` in any block, and in code within a sentence: command and options exist."""
    monkeypatch.chdir(tmp_path)
    assert list(misread(TEXT[page])) == []


def test_the_pages_hold_many_command_lines() -> None:
    assert sum(len(list(calls(text))) for text in TEXT.values()) > 50


@pytest.mark.parametrize(
    "page",
    [
        "```sh\nwortlaut evaluat\n```",
        "```sh\nwortlaut evaluate --no-such-option\n```",
        "```console\n$ wortlaut check --baseline\n```",
        "```yaml\n- run: wortlaut check --samples many\n```",
        "```sh\nmake && wortlaut baseline read\n```",
        "    wortlaut compare",
        "Use `wortlaut evaluate … --htm FILE`.",
        "Use `wortlaut evalute`.",
    ],
)
def test_a_wrong_command_line_is_found(page: str) -> None:
    assert list(misread(page))


@pytest.mark.parametrize(
    "shown, printed, same",
    [
        ("a\n…\nd", "a\nb\nc\nd", True),
        ("a\n…\nd", "a\nd", True),
        ("a\n…\nd", "a\nb", False),
        ("took … s", "took 1.5 s", True),
        ("took … s", "took 1.5\n s", False),
        ("a (b)\n\nc", "\na (b)  \nc\n", True),
        ("a.c", "abc", False),
        ("", "a", False),
        ("…", "", True),
    ],
)
def test_what_an_ellipsis_matches(shown: str, printed: str, same: bool) -> None:
    assert matches(lines(shown), lines(printed)) is same


@pytest.mark.parametrize("page", names(PAGES))
def test_links_lead_to_files_of_the_repository(page: Path) -> None:
    """Read in the repository, without the site."""
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", re.sub(r"(?ms)^```.*?^```$", "", TEXT[page]))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_is_in_the_navigation() -> None:
    """Zensical builds a page that is not, and says nothing."""
    listed = re.findall(r": ([\w./-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.M)
    written = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    pages = runpy.run_path(str(DOCS / "pages.py"))
    made = {
        *pages["INCLUDED"].values(),
        *(f"reference/{name}.md" for name in ("cli", "python", *pages["MODULES"])),
    }
    assert sorted(listed) == sorted(written | made)


def misread(page: str) -> Iterator[str]:
    """What is wrong with the command lines of a page."""
    for words, complete in calls(page):
        command = named(words)
        if command is None:
            yield f"no such command: {words}"
        elif complete:
            try:
                command.make_context("wortlaut", words)
            except typer.Exit:  # --help
                pass
            except Exception as error:  # of Typer's parser, whose classes have moved between its versions
                yield f"{words}: {getattr(error, 'message', error)}"
        else:
            known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
            asked = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
            if asked - known - {"--help"}:
                yield f"{words}: no {asked - known}"


def calls(page: str) -> Iterator[tuple[list[str], bool]]:
    """The words behind each ``wortlaut``, and whether the call is complete or an example in a sentence."""
    prose = re.sub(r"(?ms)^[ \t]*```.*?^[ \t]*```$", "", page)
    code = "\n".join(block.text for block in blocks(page))
    code += "\n" + "\n".join(re.findall(r"(?m)^    (\S.*)$", prose))
    for line in re.sub(r"\\\n(?:> )?", " ", code).splitlines():
        for call in re.findall(r"(?:^|[$&|;{] |run: |- |\()wortlaut ([a-z][^\n]*)", line):
            # A call ends where the shell begins something else.
            yield shlex.split(re.split(r" ?(?:\|\||&&|[|;>)])", call)[0], comments=True), True
    for call in re.findall(r"`wortlaut ([a-z][^`]*)`", prose):
        yield call.replace("…", " ").split(), False


def named(words: list[str]) -> Any:
    """The command that the first words name, which are taken away; None if there is none."""
    command: Any = typer.main.get_command(app)
    while inner := getattr(command, "commands", None):
        if not words:
            return command
        if words[0] not in inner:
            return None
        command = inner[words.pop(0)]
    return command
