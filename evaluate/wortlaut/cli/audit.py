"""The command that asks whether conclusions depend on the schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wortlaut.cli.common import JsonFile, app, show_result
from wortlaut.cli.tables import CsvFile, LatexFile, MarkdownFile, Tables


@app.command(rich_help_panel="Score and compare")
def audit(
    results: Annotated[
        list[Path], typer.Argument(metavar="RESULT…", help="Results of evaluate --audit --json.")
    ],
    layer: Annotated[
        list[str] | None,
        typer.Option("--layer", metavar="LAYER", help="Only entities, quotes, …; repeat it."),
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="Swaps of the randomisation test.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the test.")] = 0,
    json_file: JsonFile = None,
    latex: LatexFile = None,
    markdown: MarkdownFile = None,
    csv: CsvFile = None,
) -> None:
    """Show which conclusions hold under some schemas only, and which documents make the difference."""
    from wortlaut.evaluation.audit import audit as run
    from wortlaut.reports.terminal import audit_view

    tables = Tables.asked(json_file, latex, markdown, csv)
    found = run(*results, layer=layer or (), trials=trials, seed=seed)
    show_result(json_file, found.to_dict, lambda: audit_view(found), printed=not tables.on_stdout)
    tables.write(found)
