"""What the README shows is what a reader gets."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from command import run
from shared import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_the_table_is_what_the_command_prints() -> None:
    shown = re.search(r"\$ wortlaut evaluate\n(.*?)```", README, re.S)
    assert shown
    printed = run("evaluate", cwd=ROOT)
    assert _lines(shown[1]) == _lines(printed.stdout)


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip(" ─")]


@pytest.mark.long
def test_the_extractor_of_ten_lines_works(tmp_path: Path) -> None:
    code = re.search(r"```python\n# shout.py\n(.*?)```", README, re.S)
    assert code
    (tmp_path / "shout.py").write_text(code[1], "utf-8")
    done = run("evaluate", "-e", "shout.py:find", "-e", "gazetteer", "--json", "result.json", cwd=tmp_path)
    assert "find" in done.stdout
    compared = run("compare", "result.json", cwd=tmp_path)
    assert compared.returncode == 0, compared.stderr


@pytest.mark.long
def test_the_python_examples_run() -> None:
    examples = re.findall(r"```python\n((?:import|from) wortlaut.*?)```", README, re.S)
    code = "\n".join(examples)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("0.75\n")
    said = re.findall(r"^print.*  # (.*)$", code, re.M)
    assert len(said) >= 2 and all(f"{line}\n" in done.stdout for line in said)


def test_every_link_to_a_file_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
