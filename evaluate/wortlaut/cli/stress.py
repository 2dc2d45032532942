"""The command that asks how scores change when the text does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wortlaut.cli.common import (
    CorpusRef,
    Extractors,
    JsonFile,
    Labels,
    Only,
    StrictSchemas,
    Timeout,
    app,
    exit_if_failed,
    progress_bars,
    read_labels,
    show_result,
    target,
    write_if,
)
from wortlaut.errors import WortlautError


@app.command(rich_help_panel="Score and compare")
def stress(
    extractor: Extractors = None,
    corpus: CorpusRef = "gold",
    transform: Annotated[
        list[str] | None,
        typer.Option(
            "--transform",
            "-t",
            metavar="NAME",
            help="Such as nfd, typos?rate=0.05 or lower+typos; repeat it. Default: all.",
        ),
    ] = None,
    expected: Annotated[
        bool, typer.Option("--expected", help="All that leave the meaning as it is.")
    ] = False,
    as_list: Annotated[bool, typer.Option("--list", help="List the transformations.")] = False,
    schema: StrictSchemas = None,
    labels: Labels = None,
    only: Only = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the transformations and the tests.")] = 0,
    samples: Annotated[
        int, typer.Option(min=0, help="Resamples of the paired bootstrap; 0 for no intervals.")
    ] = 1000,
    timeout: Timeout = None,
    cases: Annotated[int, typer.Option(min=0, help="How many of the worst cases to show.")] = 3,
    everything: Annotated[
        bool, typer.Option("--all", help="Show a line with intervals for each score.")
    ] = False,
    json_file: JsonFile = None,
    html_file: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", callback=target, help="Write a heat map with all cases."),
    ] = None,
) -> None:
    """Change the texts, carry the gold along, and show what that costs: one article tested many ways."""
    from wortlaut.records.record import plain
    from wortlaut.reports.stress import list_view, stress_page, stress_view
    from wortlaut.stress import registry, run

    if as_list:
        if extractor or transform or html_file:
            raise WortlautError("--list runs nothing", hint="It goes with --expected and --json only.")
        found = [one for one in registry.available() if not expected or getattr(one, "expected", False)]
        show_result(json_file, lambda: plain(found), lambda: list_view(found))
        return
    if expected:
        transform = [*(transform or ()), *(one.name for one in registry.built_in().values() if one.expected)]
    with progress_bars() as progress:
        report = run.stress(
            extractor or None,
            corpus,
            transform,
            schema=schema or ("strict",),
            labels=read_labels(labels, only),
            samples=samples,
            seed=seed,
            timeout=timeout,
            progress=progress,
        )
    write_if(html_file, lambda: stress_page(report))
    show_result(json_file, report.to_dict, lambda: stress_view(report, cases=cases, everything=everything))
    whole = [failure for failure in report.failures if not failure.transform]
    exit_if_failed([f"{failure.system} has no scores\n  {failure.why}" for failure in whole])
