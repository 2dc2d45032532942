"""Commands that score and compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wortlaut.cli.common import (
    ByLabel,
    Everything,
    Extractors,
    InScheme,
    JsonFile,
    Labels,
    Lenient,
    Only,
    Runs,
    Samples,
    Schemas,
    ScoresFile,
    Seed,
    Timeout,
    app,
    exit_if_failed,
    leniently,
    print_notes,
    print_parts,
    progress_bars,
    read_labels,
    say,
    show_result,
    target,
)
from wortlaut.cli.tables import CsvFile, LatexFile, MarkdownFile, Tables
from wortlaut.errors import WortlautError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from wortlaut.evaluation.evaluate import Evaluation


def _page(path: Path | None) -> Path | None:
    """The file that ``--html`` names, refused before the work begins."""
    if path == Path("-"):
        raise WortlautError(
            "a page cannot be printed", where="--html", hint="Name a file: --html report.html"
        )
    return target(path)


By = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        metavar="GROUP",
        help="Break scores down: level, surface (entities); type, medium, attribution, speaker-form, distance"
        " (quotes); length, length-tokens, document, meta:NAME.",
    ),
]
Seen = Annotated[
    str | None,
    typer.Option("--seen", metavar="REF", help="A corpus whose names count as seen (--by surface)."),
]
PageFile = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", callback=_page, help="Write scores and errors as a web page."),
]


def _folder(path: Path | None) -> Path | None:
    """The folder that ``--figures`` names; refused, like a missing matplotlib, before the work begins."""
    if path is not None:
        from wortlaut.reports.figures import check_folder

        check_folder(path)
    return path


Figures = Annotated[
    Path | None,
    typer.Option(
        "--figures", metavar="DIR", callback=_folder, help="Draw figures for papers, as SVG and PDF."
    ),
]


Items = Annotated[
    bool | None,
    typer.Option(
        "--items/--no-items",
        show_default=False,
        help="Keep texts and items, or only counts. Default: with --html, or to 5 million characters.",
    ),
]
AllowEmpty = Annotated[
    bool, typer.Option("--allow-empty", help="No documents, or no spans on either side, are no error.")
]


@app.command(rich_help_panel="Score and compare")
def evaluate(
    extractor: Extractors = None,
    corpora: Annotated[
        list[str] | None,
        typer.Option(
            "--corpus",
            metavar="REF",
            help="gold, a dataset folder, or FORMAT:PATH; repeat it. Default: gold.",
        ),
    ] = None,
    schema: Schemas = None,
    labels: Labels = None,
    only: Only = None,
    scheme: InScheme = None,
    json_file: ScoresFile = None,
    by_label: ByLabel = False,
    everything: Everything = False,
    by: By = None,
    seen: Seen = None,
    runs: Runs = 1,
    samples: Samples = None,
    seed: Seed = None,
    items: Items = None,
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="local, or ray: a cluster (RAY_ADDRESS) or all cores here.")
    ] = "local",
    isolate: Annotated[
        bool, typer.Option("--isolate", help="Run each extractor in a process of its own, without the gold.")
    ] = False,
    timeout: Timeout = None,
    allow_empty: AllowEmpty = False,
    lenient: Lenient = False,
    audit: Annotated[
        bool, typer.Option("--audit", help="Under every schema: which conclusions about systems hold?")
    ] = False,
    html: PageFile = None,
    figures: Figures = None,
    latex: LatexFile = None,
    markdown: MarkdownFile = None,
    csv: CsvFile = None,
) -> None:
    """Run extractors on a corpus and score entities, quotes and speakers, with intervals."""
    tables = Tables.asked(json_file, latex, markdown, csv)
    from wortlaut.evaluation import evaluate as run

    if audit:
        if schema:
            raise WortlautError("--audit takes every schema", where="--schema", hint="Leave one of them out.")
        schema = [run.EVERY]
    check_some_known(extractor or ())
    corpora = [leniently(corpus) if lenient else corpus for corpus in corpora or ["gold"]]
    _check_corpora(corpora, allow_empty)
    if lenient:
        extractor = [_leniently(spec) for spec in extractor or ()]
    with progress_bars() as progress:
        evaluations = [
            run.evaluate(
                extractor or None,
                corpus,
                schema=schema or run.DEFAULT_SCHEMAS,
                labels=read_labels(labels, only),
                scheme=scheme,
                by=by or (),
                seen=seen,
                runs=runs,
                samples=samples,
                seed=seed,
                items=True if items is None and html is not None else items,
                engine=engine,
                isolate=isolate,
                timeout=timeout,
                on_error="keep",
                allow_empty=allow_empty,
                progress=progress,
            )
            for corpus in corpora
        ]
    _show(evaluations, json_file, tables, by_label, everything, html, figures, audit=audit)


@app.command(rich_help_panel="Score and compare")
def score(
    gold: Annotated[str, typer.Argument(metavar="GOLD", help="A file or folder, or FORMAT:PATH.")],
    predicted: Annotated[
        list[str],
        typer.Argument(metavar="[NAME=]PRED…", help="The same texts as others annotated them."),
    ],
    schema: Schemas = None,
    labels: Labels = None,
    only: Only = None,
    scheme: InScheme = None,
    json_file: ScoresFile = None,
    by_label: ByLabel = False,
    everything: Everything = False,
    by: By = None,
    seen: Seen = None,
    samples: Samples = None,
    seed: Seed = None,
    items: Items = None,
    allow_empty: AllowEmpty = False,
    lenient: Lenient = False,
    html: PageFile = None,
    figures: Figures = None,
    latex: LatexFile = None,
    markdown: MarkdownFile = None,
    csv: CsvFile = None,
) -> None:
    """Score annotated files against another, in any format that can be read."""
    tables = Tables.asked(json_file, latex, markdown, csv)
    from wortlaut.evaluation.evaluate import DEFAULT_SCHEMAS, score_files
    from wortlaut.extractors.registry import split_name

    if lenient:
        gold = leniently(gold)
        parts = [(None, one) if Path(one).exists() else split_name(one) for one in predicted]
        predicted = [f"{name}={leniently(one)}" if name else leniently(one) for name, one in parts]
    evaluation = score_files(
        gold,
        predicted,
        schema=schema or DEFAULT_SCHEMAS,
        labels=read_labels(labels, only),
        scheme=scheme,
        by=by or (),
        seen=seen,
        samples=samples,
        seed=seed,
        items=True if items is None and html is not None else items,
        allow_empty=allow_empty,
    )
    _show([evaluation], json_file, tables, by_label, everything, html, figures)


@app.command(rich_help_panel="Score and compare")
def compare(
    results: Annotated[list[Path], typer.Argument(metavar="RESULT…", help="Results of evaluate --json.")],
    layer: Annotated[
        list[str] | None,
        typer.Option("--layer", metavar="LAYER", help="Only entities, quotes, …; repeat it."),
    ] = None,
    schema: Annotated[
        list[str] | None,
        typer.Option("--schema", metavar="SCHEMA", help="Only strict, partial, …; repeat it."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="SYSTEM", help="Compare the others with this one alone."),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option("--margin", metavar="F1", help="The loss allowed, such as .01: is it shown to be less?"),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="FILE", callback=target, help="Write the comparison as JSON (- for stdout)."
        ),
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="Swaps of the randomisation test.")] = 10_000,
    samples: Annotated[int, typer.Option(min=1, help="Bootstrap resamples.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of both.")] = 0,
    flips: Annotated[
        int | None,
        typer.Option(
            min=0,
            show_default=False,
            help="How many flipped items to show a pair. Default: 5, and 0 of several corpora.",
        ),
    ] = None,
    figures: Figures = None,
    latex: LatexFile = None,
    markdown: MarkdownFile = None,
    csv: CsvFile = None,
) -> None:
    """Test whether systems differ, with Holm's correction over the pairs and scores compared.

    Of results on several corpora also on how many, and by how much on average.

    Of results on two golds of the same texts, old one first: how much is the gold's, how much the system's.
    """
    from wortlaut.evaluation.comparison import compare as run_comparison
    from wortlaut.evaluation.corpora import compare_grouped, grouped
    from wortlaut.reports.terminal import comparison_view, corpora_view

    tables = Tables.asked(json_file, latex, markdown, csv)
    groups = grouped(results)
    options: dict[str, Any] = {
        "layer": layer or (),
        "schema": schema or (),
        "against": against,
        "margin": margin,
        "samples": samples,
        "trials": trials,
        "seed": seed,
    }
    if len(groups) > 1:
        several = compare_grouped(groups, **options)
        if figures is not None:
            from wortlaut.reports.figures import write_ranks

            _tell_figures(*write_ranks(several, figures))
        show_result(
            json_file,
            several.to_dict,
            lambda: corpora_view(several, flips or 0),
            printed=not tables.on_stdout,
        )
        tables.write(several)
        return
    if figures is not None:
        raise WortlautError(
            "a figure of ranks needs results on several corpora",
            where="--figures",
            hint="wortlaut evaluate --figures draws those of one.",
        )
    comparison, shown = run_comparison(*groups.values(), **options), 5 if flips is None else flips
    show_result(
        json_file,
        comparison.to_dict,
        lambda: comparison_view(comparison, shown),
        printed=not tables.on_stdout,
    )
    tables.write(comparison)


def _leniently(spec: str) -> str:
    """Predictions without what cannot be read of them; other extractors read no annotations."""
    from wortlaut.extractors.registry import split_name, with_option

    name, one = split_name(spec)
    if not one.startswith("preds:"):
        return spec
    return f"{name}={with_option(one, 'lenient', 1)}" if name else with_option(one, "lenient", 1)


def check_some_known(specs: Sequence[str]) -> None:
    """Raises, before a corpus is read, where no extractor is one; where some are, these are scored."""
    from wortlaut.extractors.registry import check_name, split_name

    errors = []
    for spec in specs:
        try:
            check_name(split_name(spec)[1])
        except WortlautError as error:
            errors.append(error)
    if specs and len(errors) == len(specs):
        raise errors[0]


def _check_corpora(refs: Sequence[str], allow_empty: bool) -> None:
    """Raises, before the first of several corpora is scored, where one is named twice or cannot be read."""
    from wortlaut.corpus.load import stream_batches
    from wortlaut.formats.losses import Losses

    for ref in refs if len(refs) > 1 else ():
        if refs.count(ref) > 1:
            raise WortlautError(f"{ref} is named twice", where="--corpus", hint="Name each corpus once.")
        next(iter(stream_batches(ref, Losses(""), allow_empty=allow_empty)), None)


def _write_page(evaluations: Sequence[Evaluation], path: Path | None) -> None:
    if path is not None:
        from wortlaut.io.files import write_whole
        from wortlaut.reports.page import report_page

        write_whole(path, report_page(*evaluations))
        if not any(one.corpus.documents for one in evaluations):
            print_notes([f"{path} has scores and no texts: that is --no-items"])


def _write_figures(evaluation: Evaluation, folder: Path | None) -> None:
    if folder is not None:
        from wortlaut.reports.figures import write_figures

        _tell_figures(*write_figures(evaluation, folder))


def _tell_figures(written: Sequence[Path], left_out: Sequence[str]) -> None:
    say(*written, err=True)
    print_notes(left_out)


def _show(
    evaluations: list[Evaluation],
    json_file: Path | None,
    tables: Tables,
    by_label: bool,
    everything: bool,
    html: Path | None,
    figures: Path | None,
    *,
    audit: bool = False,
) -> None:
    """Print and write what was scored; what failed is told last, and ends with exit code 2.

    Of several corpora each has a folder of figures of its own.
    """
    from wortlaut.evaluation.files import of_several
    from wortlaut.reports.terminal import audit_view, evaluation_view

    def view(one: Evaluation) -> Iterator[RenderableType]:
        if audit:
            from wortlaut.evaluation.audit import audit as audited

            return audit_view(audited(one))
        return evaluation_view(one, by_label=by_label, everything=everything)

    several = len(evaluations) > 1
    _write_page(evaluations, html)
    if several and figures is not None:
        figures.mkdir(exist_ok=True)
    for evaluation, slug in zip(evaluations, _slugs(evaluations), strict=True):
        _write_figures(evaluation, figures / slug if figures and several else figures)
    show_result(
        json_file,
        lambda: of_several([one.to_dict() for one in evaluations]) if several else evaluations[0].to_dict(),
        lambda: chain.from_iterable(map(view, evaluations)),
        printed=not tables.on_stdout,
    )
    tables.write(evaluations if several else evaluations[0], by_label=by_label, everything=everything)
    if several:
        print_notes(["scores on different corpora are not averaged: `wortlaut compare` compares on each"])
    exit_if_failed(
        [
            f"{system.name}{f', run {run.name},' * (run is not system)} has no scores"
            f"{f' on {one.corpus.name}' * several}\n  {run.failed}"
            for one in evaluations
            for system in one.systems
            for run in (system, *(system.runs if system.failed is None else ()))
            if run.failed is not None
        ]
    )


def _slugs(evaluations: Sequence[Evaluation]) -> list[str]:
    from wortlaut.scoring.keys import corpus_text
    from wortlaut.text.excerpts import slugs

    return slugs(corpus_text(one.corpus.name, "") for one in evaluations)


@app.command(rich_help_panel="Score and compare")
def extractors(
    json_file: JsonFile = None,
) -> None:
    """List the extractors: what each finds, and what it lacks here."""
    from wortlaut.extractors import available
    from wortlaut.records.record import plain

    infos = available()
    entries = []
    for info in infos:
        lines = [f"{', '.join(info.finds) or 'what it finds depends'}: {info.summary} ({info.source})"]
        if info.missing:
            lines.append(f"lacks {', '.join(info.missing)}: {info.install}".removesuffix(": "))
        entries.append((info.name, lines))
    show_result(json_file, lambda: plain(infos), lambda: _entries(entries))


def _entries(entries: Iterable[tuple[str, Iterable[str]]]) -> Iterator[RenderableType]:
    """A name, which can be copied whole, and below it what there is to say."""
    from rich.padding import Padding

    from wortlaut.reports.console import Text

    for name, lines in entries:
        yield Text(name, style="bold")
        yield from (Padding(Text(line), (0, 0, 0, 4)) for line in lines)


@app.command(rich_help_panel="Score and compare")
def corpora() -> None:
    """List the corpora that can be read, and how to name them."""
    from wortlaut.corpus.known import KNOWN

    entries = []
    for corpus in KNOWN:
        sizes = [f"{n:,} {what.removesuffix('s') if n == 1 else what}" for what, n in corpus.size.items()]
        size = ", ".join(sizes)
        told = {
            "language": ", ".join(corpus.languages),
            "size": f"{size} ({corpus.counted})" if corpus.counted else size,
            "licence": corpus.licence,
            "home": corpus.home,
            "get it": corpus.get,
            "holds": corpus.folder,
        }
        entries.append((corpus.ref, [corpus.holds, *(f"{key}: {of}" for key, of in told.items() if of)]))
    print_parts(_entries(entries))


@app.command(rich_help_panel="Score and compare")
def schema(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Such as predictions or evaluation; a wrong one lists all.")
    ],
) -> None:
    """Print the JSON Schema of a file format."""
    import json

    from wortlaut.reports.schemas import schema as described

    say(json.dumps(described(name), ensure_ascii=False, indent=2))
