"""The command that scores systems on every corpus of quotes there is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wortlaut.cli.common import JsonFile, Samples, app, exit_if_failed, progress_bars, show_result
from wortlaut.cli.scores import PageFile, check_some_known
from wortlaut.cli.tables import CsvFile, LatexFile, MarkdownFile, Tables


@app.command(rich_help_panel="Score and compare")
def atlas(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What holds a folder for each corpus.")],
    extractor: Annotated[
        list[str] | None,
        typer.Option(
            "--extractor", "-e", metavar="[NAME=]SPEC",
            help="What to run on all; repeat it. Default: quotes-de on German, quotes-simple on others.",
        ),
    ] = None,
    samples: Samples = None,
    json_file: JsonFile = None,
    html: PageFile = None,
    latex: LatexFile = None,
    markdown: MarkdownFile = None,
    csv: CsvFile = None,
) -> None:  # fmt: skip
    """Score systems on every corpus of quotes in a folder: by one protocol for all, and by its own."""
    from wortlaut.evaluation.atlas import atlas as run
    from wortlaut.reports.atlas import atlas_view, own_table

    tables = Tables.asked(json_file, latex, markdown, csv)
    check_some_known(extractor or ())
    with progress_bars() as progress:
        made = run(folder, extractor or (), samples=samples, progress=progress)
    if html is not None:
        from wortlaut.io.files import write_whole
        from wortlaut.reports.page import report_page

        write_whole(html, report_page(*made.evaluations, own=own_table(made)))
    show_result(json_file, made.to_dict, lambda: atlas_view(made), printed=not tables.on_stdout)
    tables.write(made)
    exit_if_failed(made.failed)
