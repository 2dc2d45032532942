"""The command that says how much a corpus can show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wortlaut.cli.common import (
    JsonFile,
    Labels,
    Only,
    StrictSchemas,
    app,
    progress_bars,
    read_labels,
    show_result,
    target,
    write_if,
)
from wortlaut.errors import WortlautError


@app.command(rich_help_panel="Score and compare")
def plan(
    results: Annotated[
        list[Path] | None, typer.Argument(metavar="RESULT…", help="Results of evaluate --json, or --corpus.")
    ] = None,
    corpus: Annotated[
        str | None, typer.Option("--corpus", metavar="REF", help="gold, a dataset folder, or FORMAT:PATH.")
    ] = None,
    extractor: Annotated[
        list[str] | None,
        typer.Option("--extractor", "-e", metavar="[NAME=]SPEC", help="A pilot: best two, or one, or none."),
    ] = None,
    drop: Annotated[float, typer.Option(metavar="F1", help="The difference to be shown.")] = 0.02,
    differing: Annotated[
        float, typer.Option(metavar="SHARE", help="With one system: of items that another gets differently.")
    ] = 0.0,
    schema: StrictSchemas = None,
    labels: Labels = None,
    only: Only = None,
    json_file: JsonFile = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", callback=target, help="Write the curves as a web page."),
    ] = None,
) -> None:
    """Which difference of F1 a corpus shows, and how many documents show the one you care about."""
    from wortlaut.evaluation.evaluate import evaluate
    from wortlaut.evaluation.plan import plan as planned
    from wortlaut.evaluation.plan import plan_corpus
    from wortlaut.reports.plan import plan_page, plan_view

    if bool(results) == (corpus is not None):
        raise WortlautError(
            "a plan is made from results, or on a corpus",
            hint="wortlaut plan RESULT.json, or wortlaut plan --corpus REF -e A -e B.",
        )
    if results and (extractor or schema or labels or only):
        raise WortlautError("-e, --schema, --labels and --only go with --corpus", where=str(results[0]))
    schemas = schema or ["strict"]
    with progress_bars() as progress:
        if corpus is None:
            made = planned(*(results or ()), drop=drop, differing=differing, progress=progress)
        elif not extractor:
            made = plan_corpus(corpus, schemas, drop, differing=differing, progress=progress)
        else:
            evaluation = evaluate(
                extractor,
                corpus,
                schema=schemas,
                labels=read_labels(labels, only),
                samples=1,
                progress=progress,
            )
            made = planned(evaluation, drop=drop, differing=differing, progress=progress)
    write_if(html, lambda: plan_page(made))
    show_result(json_file, made.to_dict, lambda: plan_view(made))
