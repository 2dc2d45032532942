"""Gathers the pages of the site in build/docs: python docs/pages.py && zensical build --strict

What people wrote in docs/ is copied. The other pages are made from the command line, the public names, files
elsewhere and the shipped gold. Nothing that is made here is committed.
"""

from __future__ import annotations

import posixpath
import re
import shutil
from html import escape
from pathlib import Path
from typing import Any

import typer

import wortlaut
from wortlaut.cli import app
from wortlaut.reports.page import report_page

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "build" / "docs"

#: Files of the repository that are pages of the site as they are: file → page.
INCLUDED = {
    "annotations/guidelines.md": "guidelines.md",
    "annotations/CHANGELOG.md": "changelog-gold.md",
    "corpus/README.md": "card.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
}

#: Modules that users touch, each a page of the reference.
MODULES = (
    "model.document",
    "evaluation.evaluate",
    "evaluation.comparison",
    "scoring.result",
    "extractors.protocol",
    "seqeval",
    "integrations",
    "pytest_plugin",
    "errors",
)


def gather() -> None:
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.copytree(ROOT / "docs", SITE, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for source, page in INCLUDED.items():
        shutil.copyfile(ROOT / source, SITE / page)
    for page in SITE.rglob("*.md"):
        page.write_text(linked(page.read_text("utf-8"), page.relative_to(SITE).parent.as_posix()), "utf-8")
    made = {"cli": command_line(), "python": public_names()} | {
        module: f"# `wortlaut.{module}`\n\n::: wortlaut.{module}\n    options: {{show_root_heading: false}}\n"
        for module in MODULES
    }
    (SITE / "reference").mkdir()
    for name, content in made.items():
        (SITE / "reference" / f"{name}.md").write_text(content, "utf-8")
    evaluation = wortlaut.evaluate(["gazetteer", "quotes-simple", "quotes-de"], corpus="gold", items=True)
    (SITE / "report.html").write_text(report_page(evaluation), "utf-8")


def linked(markdown: str, folder: str) -> str:
    """Links from docs/ to a file of the repository lead to its page."""

    def target(link: re.Match[str]) -> str:
        name = INCLUDED.get(posixpath.normpath(posixpath.join("docs", folder, link[1])))
        return f"]({posixpath.relpath(name, folder)}" if name else link[0]

    return re.sub(r"\]\((\.\./[^)#\s]+)", target, markdown)


def public_names() -> str:
    """What ``import wortlaut`` gives, in full or with a link to the page of its module."""
    homes = {name: f"wortlaut.{home}" for name, home in wortlaut._HOMES.items()}
    elsewhere = [name for name in wortlaut.__all__ if homes[name].removeprefix("wortlaut.") in MODULES]
    here = sorted({*wortlaut.__all__}.difference(elsewhere), key=lambda name: (name[0].isupper(), name))
    links = ", ".join(f"[`{name}`][{homes[name]}.{name}]" for name in elsewhere)
    return "\n\n".join(
        [
            "# `import wortlaut`",
            "Importing is cheap: each name is loaded when it is first used.",
            f"On the pages of their modules: {links}.",
            *(f"::: {homes[name]}.{name}" for name in here),
        ]
    )


def command_line() -> str:
    """Every command with its arguments and options, in the groups of ``wortlaut --help``."""
    root = typer.main.get_command(app)
    panels: dict[str, list[str]] = {}
    for name, command in root.commands.items():
        panels.setdefault(str(command.rich_help_panel), []).extend(describe(command, f"wortlaut {name}"))
    parts = ["# Command line", str(root.help)]
    for panel, commands in panels.items():
        parts += [f"## {panel}", *commands]
    return "\n\n".join(parts) + "\n"


def describe(command: Any, path: str) -> list[str]:
    context = command.make_context(path, [], resilient_parsing=True)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    rows = [
        f"| <code>{_cell(what)}</code> | {_cell(text)} |"
        # One that is only there to be refused has no record.
        for what, text in filter(None, (one.get_help_record(context) for one in command.get_params(context)))
        if what != "--help"
    ]
    parts = [f"### {path}", plain(str(command.help)), f"```text\n{usage}\n```"]
    if rows:
        parts.append("\n".join(["| argument, option | meaning |", "| --- | --- |", *rows]))
    for name, inner in getattr(command, "commands", {}).items():
        parts += describe(inner, f"{path} {name}")
    return parts


def plain(text: str) -> str:
    """Lines that belong together joined, as the terminal does."""
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n|\f", text))


def _cell(text: str) -> str:
    return escape(" ".join(text.split())).replace("|", "&#124;")


if __name__ == "__main__":
    gather()
