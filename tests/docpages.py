"""Reads README.md and docs/: blocks of code, the commands in them, and what they are to print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from shared import ROOT

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]

#: On a page with this line the commands run in a copy of the repository's texts and annotations.
IN_REPOSITORY = "<!-- commands run in a copy of this repository -->"

#: Matches anything: as a line of its own any number of lines, inside a line any characters.
ELLIPSIS = "…"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that its title names, its text, and the line of its fence."""

    language: str
    title: str | None
    text: str
    line: int


@dataclass(frozen=True)
class Command:
    text: str
    output: str
    line: int


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, without the indentation of a list around them."""
    found = []
    for match in re.finditer(r"(?ms)^([ \t]*)```(\S*)([^\n`]*)\n(.*?)^[ \t]*```$", page):
        indent, language, info, text = match.groups()
        title = re.search(r'title="([^"]+)"', info)
        text = re.sub(rf"(?m)^{indent}", "", text)
        found.append(Block(language, title and title[1], text, page.count("\n", 0, match.start()) + 1))
    return found


def commands(block: Block) -> list[Command]:
    """The commands of a ``console`` block (``$ `` and, on further lines, ``> ``) with their output."""
    found: list[list[str]] = []
    starts: list[int] = []
    outputs: list[list[str]] = []
    for number, line in enumerate(block.text.splitlines(), start=block.line + 1):
        if line.startswith("$ "):
            found.append([line[2:]])
            outputs.append([])
            starts.append(number)
        elif line.startswith("> ") and found and not outputs[-1]:
            found[-1].append(line[2:])
        elif line == ">" and found and not outputs[-1]:
            found[-1].append("")
        else:
            assert found, f"line {number}: output without a command"
            outputs[-1].append(line)
    return [
        Command("\n".join(words), "\n".join(lines), start)
        for words, lines, start in zip(found, outputs, starts, strict=True)
    ]


def steps(page: str) -> list[Command]:
    """What a reader does on a page, in order: the commands of its consoles, and the files that it shows."""
    found = []
    for block in blocks(page):
        if block.title:
            end = "end-of-the-file"
            text = (
                f"mkdir -p \"$(dirname '{block.title}')\"\ncat > '{block.title}' <<'{end}'\n{block.text}{end}"
            )
            found.append(Command(text, "", block.line))
        elif block.language == "console":
            found += commands(block)
    return found


def run(texts: list[str], folder: Path) -> list[tuple[str, int]]:
    """What each command prints (both streams) and its exit code; one shell runs them all, as a reader's."""
    mark = "\x1e"
    script = "".join(f"{{ {text}\n}} 2>&1 </dev/null\nprintf '\\n{mark}%d{mark}' $?\n" for text in texts)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        timeout=300,
        check=False,
    )
    parts = done.stdout.decode("utf-8").split(mark)
    return [(output, int(code)) for output, code in zip(parts[0:-1:2], parts[1::2], strict=True)]


def environment(folder: Path) -> dict[str, str]:
    """The installed commands first, no network, and nothing that only this machine or a CI service sets."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GITHUB_", "COLUMNS", "PYTEST"))
    }
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(folder.parent / "huggingface"),
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }


def lines(output: str) -> list[str]:
    """Without the white space at the ends of lines, and without empty lines."""
    return [line.rstrip() for line in output.splitlines() if line.strip()]


def matches(shown: list[str], printed: list[str]) -> bool:
    pattern = "".join(
        "(?:.*\n)*?" if line.strip() == ELLIPSIS else ".*?".join(map(re.escape, line.split(ELLIPSIS))) + "\n"
        for line in shown
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None
