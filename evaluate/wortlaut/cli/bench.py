"""The command that times extractors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from wortlaut.cli.common import (
    CorpusRef,
    Extractors,
    JsonFile,
    app,
    exit_if_failed,
    progress_bars,
    show_result,
    target,
    write_if,
)
from wortlaut.errors import WortlautError


@app.command(rich_help_panel="Guard and measure")
def bench(
    extractor: Extractors = None,
    corpus: CorpusRef = "gold",
    batch: Annotated[
        list[int] | None,
        typer.Option(
            "--batch", min=1, metavar="N", help="Documents in a batch; repeat it. Default: 1 and 32."
        ),
    ] = None,
    texts: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Texts of a pass: those of the corpus, repeated to so many."),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Timed passes. Default: three seconds of them, 3 to 20."),
    ] = None,
    warmup: Annotated[int, typer.Option(min=0, metavar="N", help="Passes before the timed ones.")] = 1,
    scaling: Annotated[
        bool, typer.Option("--scaling", help="Also texts of 1k to 1M characters, and batches of 1 to 512.")
    ] = False,
    score: Annotated[
        str | None,
        typer.Option(
            "--quality", metavar="SCORE", help="Also this score: LAYER.SCHEMA.MEASURE, as entities.strict.f1."
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", callback=target, help="Quality against speed as an SVG."),
    ] = None,
    json_file: JsonFile = None,
    save_file: Annotated[
        Path | None,
        typer.Option("--save", metavar="FILE", callback=target, help="Write the JSON of pytest-benchmark."),
    ] = None,
    compare_file: Annotated[
        Path | None,
        typer.Option("--compare", metavar="FILE", help="Compare with what --save wrote."),
    ] = None,
    compare_fail: Annotated[
        list[str] | None,
        typer.Option(
            "--compare-fail", metavar="EXPR", help="Exit 1 where slower: mean:10%, ratio:10%; repeat it."
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="For loading, and for one pass.")
    ] = 300.0,
    point: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="For one pass at a point of --scaling.")
    ] = 20.0,
) -> None:
    """Time extractors: rates, latency, load time, memory; each in a process of its own."""
    from wortlaut.bench import quality, records, run
    from wortlaut.corpus.load import load_corpus
    from wortlaut.reports.bench import bench_view
    from wortlaut.reports.pareto import pareto_svg

    # What is wrong with the options is told before minutes go into the run.
    wanted = quality.Wanted.parse(score or quality.DEFAULT) if score or plot else None
    thresholds = [records.Threshold.parse(text) for text in compare_fail or ()]
    if thresholds and compare_file is None:
        raise WortlautError("--compare-fail without --compare", hint="Name the file to compare with.")
    old = None if compare_file is None else records.read(compare_file)
    loaded = load_corpus(corpus)
    with progress_bars() as progress:
        result = run.bench(
            extractor,
            loaded,
            sizes=batch or run.SIZES,
            rounds=rounds,
            warmup=warmup,
            scaling=scaling,
            texts=texts,
            timeout=timeout,
            point=point,
            progress=progress,
        )
    if wanted is not None:
        result = quality.with_quality(result, loaded, wanted)
    if save_file is not None:
        records.save(result, save_file)
    if compare_file is not None and old is not None:
        result = replace(result, compared=records.compare(result, compare_file, old, thresholds))
    write_if(plot, lambda: pareto_svg(result))
    show_result(json_file, result.to_dict, lambda: bench_view(result))
    exit_if_failed([f"{one.name} failed\n  {one.failed}" for one in result.systems if one.failed is not None])
    if result.compared is not None and result.compared.regressed:
        raise typer.Exit(1)
