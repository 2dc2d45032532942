"""Pages of the site that nobody writes: made from the command line, the public names, and files elsewhere.

MkDocs calls the ``on_…`` functions (``hooks:`` in mkdocs.yml). Nothing that is made here is committed.
"""

from __future__ import annotations

import posixpath
import re
from html import escape
from pathlib import Path
from typing import Any

import griffe
import typer
from mkdocs.structure.files import File, Files

import wortlaut
from wortlaut.cli import app

ROOT = Path(__file__).resolve().parents[1]

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


def on_config(config: Any) -> None:
    """A page that lies in docs/ and stands nowhere in the navigation joins the guides."""
    listed = str(config.nav)
    [guides] = [part["Guides"] for part in config.nav if "Guides" in part]
    guides += [page.name for page in sorted(Path(config.docs_dir).glob("*.md")) if page.name not in listed]


def on_files(files: Files, config: Any) -> Files:
    for source, page in INCLUDED.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text("utf-8")))
    files.append(File.generated(config, "reference/cli.md", content=command_line()))
    files.append(File.generated(config, "reference/python.md", content=public_names()))
    for module in MODULES:
        content = (
            f"# `wortlaut.{module}`\n\n::: wortlaut.{module}\n    options:\n      show_root_heading: false\n"
        )
        files.append(File.generated(config, f"reference/{module}.md", content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links from docs/ to a file of the repository lead to its page."""
    folder = posixpath.dirname(page.file.src_uri)

    def target(link: re.Match[str]) -> str:
        name = INCLUDED.get(posixpath.normpath(posixpath.join("docs", folder, link[1])))
        return f"]({posixpath.relpath(name, folder or '.')}" if name else link[0]

    return re.sub(r"\]\((\.\./[^)#\s]+)", target, markdown)


class Docstrings(griffe.Extension):
    """Docstrings as their sections are read: prose behind a section stands before it, examples are code."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            prose: list[str] = []
            sections: list[str] = []
            for part in obj.docstring.value.split("\n\n"):
                heading = re.match(r"\w+\n-+$", part, re.M)
                entry = part.startswith(" ") or re.match(r"[^\n]+\n\s", part)
                code = f"```pycon\n{part}\n```" if part.startswith(">>> ") else part
                (sections if heading or (sections and entry) else prose).append(code)
            obj.docstring.value = "\n\n".join([*prose, *sections])


def on_page_content(html: str, **_: Any) -> str:
    """Roles of docstrings (``:class:`…` ``) become links where the site has the name, else code."""
    return re.sub(
        r":[a-z]+:<code>~?([\w.]+)</code>",
        lambda role: f'<autoref optional identifier="{role[1]}"><code>{role[1]}</code></autoref>',
        html,
    )


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
