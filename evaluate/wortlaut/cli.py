"""The command line: thin commands over plain functions.

Exit codes: 0 fine, 1 found wanting, 2 input that cannot be used.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wortlaut import __version__
from wortlaut.errors import WortlautError, unknown_name

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from wortlaut.evaluation import Evaluation, Progress

app = typer.Typer(
    name="wortlaut",
    help="Who said what, in exactly which words, and how well a program finds that out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)


def main() -> None:
    """The entry point: an error of the input is told in a sentence, without a traceback, with exit code 2."""
    # Started with a closed stream (a daemon, `>&-`), Python has None there.
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115 (for as long as the program runs)
    sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    # A text with a lone surrogate, or a terminal without UTF-8, must not break the report of an error.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except WortlautError as error:
        fail(error)
        raise SystemExit(2) from None
    except BrokenPipeError:
        # Nobody reads on: what is still buffered goes nowhere, and Python does not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        fail(WortlautError(error.strerror or str(error), where=str(error.filename or "standard output")))
        raise SystemExit(2) from None


def fail(error: WortlautError) -> None:
    from rich.console import Console
    from rich.text import Text

    # On a terminal lines break between words; in a file or a log a line stays a line.
    console = Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())
    console.print(Text("error: ", style="bold red") + Text(str(error)))


def _target(path: Path | None) -> Path | None:
    """The file that ``--json`` names, refused before the work begins rather than after it."""
    if path is not None and path != Path("-"):
        from wortlaut.files import check_target

        check_target(path)
    return path


def _console() -> Console:
    from rich.console import Console

    # Without a terminal, lines of a table are not cut to a width that nobody set.
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=100)


def _version(asked: bool) -> None:
    if asked:
        print(f"wortlaut {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Who said what, in exactly which words, and how well a program finds that out."""


#: Options that several commands share.
Schemas = Annotated[
    list[str] | None,
    typer.Option("--schema", metavar="NAME", help="Span schema; repeat it. Default: strict and partial."),
]
Labels = Annotated[
    str | None,
    typer.Option("--labels", metavar="NAME|FILE", help="conll4, coarse, or a JSON file label → label."),
]
ScoresFile = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", callback=_target, help="Write the scores as JSON (- for stdout)."),
]
ByLabel = Annotated[bool, typer.Option("--by-label", help="Show every label.")]
Everything = Annotated[bool, typer.Option("--all", help="Show every role and setting.")]
Samples = Annotated[int, typer.Option(help="Bootstrap resamples; 0 for no intervals.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")]


@app.command()
def evaluate(
    extractor: Annotated[
        list[str] | None,
        typer.Option(
            "--extractor",
            "-e",
            metavar="SPEC",
            help="What to score; repeat it for several. Default: the built-in ones.",
        ),
    ] = None,
    corpus: Annotated[
        str, typer.Option("--corpus", metavar="REF", help="gold, a dataset folder, or FORMAT:PATH.")
    ] = "gold",
    schema: Schemas = None,
    labels: Labels = None,
    json_file: ScoresFile = None,
    by_label: ByLabel = False,
    everything: Everything = False,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by", metavar="GROUP", help="Break entities down: level, length, document, surface, meta:NAME."
        ),
    ] = None,
    seen: Annotated[
        str | None,
        typer.Option("--seen", metavar="REF", help="A corpus whose names count as seen (--by surface)."),
    ] = None,
    samples: Samples = 1000,
    seed: Seed = 0,
) -> None:
    """Run extractors on a corpus and score entities, quotes and speakers, with intervals."""
    from wortlaut.evaluation import DEFAULT_SCHEMAS
    from wortlaut.evaluation import evaluate as run_evaluation

    with _progress() as progress:
        evaluation = run_evaluation(
            extractor or None,
            corpus,
            schemas=schema or DEFAULT_SCHEMAS,
            labels=_labels(labels),
            by=by or (),
            seen=seen,
            samples=samples,
            seed=seed,
            progress=progress,
        )
    _show(evaluation, json_file, by_label, everything)


@app.command()
def score(
    gold: Annotated[str, typer.Argument(metavar="GOLD", help="A file or folder, or FORMAT:PATH.")],
    predicted: Annotated[
        str, typer.Argument(metavar="PRED", help="The same texts as another annotated them.")
    ],
    schema: Schemas = None,
    labels: Labels = None,
    json_file: ScoresFile = None,
    by_label: ByLabel = False,
    everything: Everything = False,
    samples: Samples = 1000,
    seed: Seed = 0,
) -> None:
    """Score one annotated file against another, in any format that can be read."""
    from wortlaut.evaluation import DEFAULT_SCHEMAS, score_files

    evaluation = score_files(
        gold,
        predicted,
        schemas=schema or DEFAULT_SCHEMAS,
        labels=_labels(labels),
        samples=samples,
        seed=seed,
    )
    _show(evaluation, json_file, by_label, everything)


@app.command()
def compare(
    results: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Results of evaluate --json.")],
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="FILE", callback=_target, help="Write the comparison as JSON (- for stdout)."
        ),
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="Swaps of the randomisation test.")] = 10_000,
    samples: Annotated[int, typer.Option(min=1, help="Bootstrap resamples.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of both.")] = 0,
    flips: Annotated[int, typer.Option(min=0, help="How many flipped items to show a row.")] = 5,
) -> None:
    """Test whether systems differ: paired randomisation and bootstrap, Holm over all pairs and scores."""
    from wortlaut.comparison import compare as run_comparison
    from wortlaut.comparison import read_evaluation
    from wortlaut.reports.terminal import comparison_view

    comparison = run_comparison(
        {str(path): read_evaluation(path) for path in results}, samples=samples, trials=trials, seed=seed
    )
    if json_file is not None:
        _write_json(json_file, comparison.to_dict())
    if json_file != Path("-"):
        _print(comparison_view(comparison, flips))


baseline = typer.Typer(help="The baseline that wortlaut check compares with.", no_args_is_help=True)
app.add_typer(baseline, name="baseline")


@baseline.command("write")
def baseline_write(
    extractor: Annotated[
        list[str] | None,
        typer.Option(
            "--extractor", "-e", metavar="SPEC", help="What to score; repeat it. Default: the built-in ones."
        ),
    ] = None,
    corpus: Annotated[
        str | None, typer.Option("--corpus", metavar="REF", help="gold, a dataset folder, or FORMAT:PATH.")
    ] = None,
    schema: Annotated[
        list[str] | None,
        typer.Option("--schema", metavar="NAME", help="Span schema; repeat it. Default: strict."),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option("--labels", metavar="NAME|FILE", help="conll4, coarse, or a JSON file label → label."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", callback=_target, help="Default: baseline.json."),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", metavar="FILE", help="Default: pyproject.toml here.")
    ] = None,
) -> None:
    """Score extractors and write the baseline: scores, sums of documents, hashes of errors, no text."""
    from wortlaut.check.baseline import Settings
    from wortlaut.check.rules import read_rules
    from wortlaut.check.run import DEFAULT_PATH, write_baseline

    given = read_rules(rules)
    path = _target(out or Path(given.baseline or DEFAULT_PATH))
    assert path is not None
    with _progress() as progress:
        written = write_baseline(
            path,
            extractor or given.extractors,
            corpus or given.corpus or "gold",
            Settings(tuple(schema or Settings.schemas), _labels(labels)),
            progress=progress,
        )
    print(f"wrote {path}: {', '.join(written.systems)} on {written.corpus} ({written.documents} documents)")


@app.command()
def check(
    path: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Default: baseline.json, or what the rules say."),
    ] = None,
    extractor: Annotated[
        list[str] | None,
        typer.Option("--extractor", "-e", metavar="SPEC", help="Default: the systems of the baseline."),
    ] = None,
    corpus: Annotated[
        str | None, typer.Option("--corpus", metavar="REF", help="Default: the corpus of the baseline.")
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules", metavar="FILE", help="TOML. Default: [tool.wortlaut.check] in pyproject.toml."
        ),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Take this run over as the new baseline; floors still hold.")
    ] = False,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", callback=_target, help="Write JSON (- for stdout)."),
    ] = None,
    junit_file: Annotated[
        Path | None,
        typer.Option("--junit", metavar="FILE", callback=_target, help="Write JUnit XML."),
    ] = None,
    markdown_file: Annotated[
        Path | None,
        typer.Option("--markdown", metavar="FILE", callback=_target, help="Write a summary in Markdown."),
    ] = None,
) -> None:
    """Compare a run with the baseline; exit 1 if a system got worse, 2 if they cannot be compared."""
    from wortlaut.check.gate import invalid
    from wortlaut.check.rules import read_rules
    from wortlaut.check.run import DEFAULT_PATH, gate
    from wortlaut.files import write_whole
    from wortlaut.reports.gate import check_view, junit, markdown, workflow_commands

    try:
        given = read_rules(rules)
    except WortlautError as error:
        outcome = invalid(error)
    else:
        with _progress() as progress:
            outcome = gate(
                path or Path(given.baseline or DEFAULT_PATH),
                given,
                extractor or given.extractors,
                corpus or given.corpus,
                update=update,
                progress=progress,
            )
    # Files come first: one that cannot be written ends with 2 before a verdict is printed.
    if junit_file is not None:
        write_whole(junit_file, junit(outcome))
    if markdown_file is not None:
        write_whole(markdown_file, markdown(outcome))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(markdown(outcome))
    if json_file is not None:
        _write_json(json_file, outcome.to_dict())
    to_stdout = json_file != Path("-")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in workflow_commands(outcome):
            print(line, file=sys.stdout if to_stdout else sys.stderr)
    if to_stdout:
        _print(check_view(outcome))
    raise typer.Exit(outcome.exit_code)


def _print(parts: Iterable[RenderableType]) -> None:
    from rich.text import Text

    console = _console()
    for part in parts:
        # A signature can be searched for and copied where no terminal limits the line.
        console.print(part, soft_wrap=isinstance(part, Text) and not sys.stdout.isatty())


def _show(evaluation: Evaluation, json_file: Path | None, by_label: bool, everything: bool) -> None:
    """Print and write what was scored; what failed is told last, and ends with exit code 2."""
    from wortlaut.reports.terminal import evaluation_view

    if json_file is not None:
        _write_json(json_file, evaluation.to_dict())
    if json_file != Path("-"):
        _print(evaluation_view(evaluation, by_label=by_label, everything=everything))
    failures = [system for system in evaluation.systems if system.failed is not None]
    for system in failures:
        fail(WortlautError(f"{system.name} has no scores\n  {system.failed}"))
    if failures:
        raise typer.Exit(2)


@app.command()
def extractors(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the extractors: what each finds, and what it lacks here."""
    from dataclasses import asdict

    from wortlaut.extractors import available

    infos = available()
    if as_json:
        print(json.dumps([asdict(info) for info in infos], ensure_ascii=False, indent=2))
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("extractor", "finds", "what it is", "ready"):
        table.add_column(name, overflow="fold")
    for info in infos:
        ready = Text("yes") if not info.missing else Text(f"lacks {', '.join(info.missing)}", style="yellow")
        table.add_row(
            Text(info.name),
            ", ".join(info.finds) or "depends",
            Text(f"{info.summary} ({info.source})"),
            ready,
        )
    console = _console()
    console.print(table)
    for info in infos:
        if info.missing and info.install:
            console.print(Text(f"{info.name}: {info.install}", style="dim"))


@app.command()
def corpora() -> None:
    """List the corpora that can be read, and how to name them."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from wortlaut.corpus.known import KNOWN

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("--corpus", "what it holds", "licence", "where it is, and how to get it"):
        table.add_column(name, overflow="fold")
    for corpus in KNOWN:
        lies = "\n".join(part for part in (f"{corpus.home}: {corpus.get}", corpus.folder) if part)
        table.add_row(Text(corpus.ref), Text(corpus.holds), Text(corpus.licence), Text(lies))
    _console().print(table)


@app.command()
def validate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]…",
            help="Files, folders or repositories. Default: this one, else the shipped gold.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check annotation files; exit 1 where a rule is broken."""
    from wortlaut.corpus.load import gold_root
    from wortlaut.corpus.validate import exit_code
    from wortlaut.corpus.validate import validate as check

    incidents = check(paths or [Path() if Path("annotations").is_dir() else gold_root()])
    if as_json:
        print(json.dumps([incident.to_dict() for incident in incidents], ensure_ascii=False, indent=2))
    else:
        from rich.text import Text

        console = _console()
        for incident in incidents:
            at = ", ".join(f"[{start}, {end})" for start, end in incident.offsets)
            place = f"{incident.file}:{incident.line}" if incident.line else incident.file
            style = "red" if incident.severity == "error" else "yellow"
            head = Text(f"{place}: ") + Text(f"{incident.severity} {incident.rule}", style=style)
            console.print(head + Text(f" {at}" if at else ""), soft_wrap=True)
            console.print(Text(f"    {incident.what}\n    {incident.fix}"), soft_wrap=True)
        errors = sum(incident.severity == "error" for incident in incidents)
        console.print(f"{errors} error(s), {len(incidents) - errors} warning(s)")
    raise typer.Exit(exit_code(incidents))


@app.command()
def convert(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="gold, FORMAT:PATH, or a path whose format shows.")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A file or folder that is not there yet.")],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="FORMAT", help="What to write; needed where OUT does not show it."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Write nothing if anything would be lost.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT.")] = False,
) -> None:
    """Write annotated documents in another format, and report what it cannot hold."""
    from wortlaut.convert import convert as run

    conversion = run(source, out, to, strict=strict, force=force)
    for loss in conversion.losses:
        print(f"lost: {loss.kind} ({loss.count}): {loss.reason}")
        for example in loss.examples:
            print(f"    {example}")
    total = sum(loss.count for loss in conversion.losses)
    print(f"wrote {out} ({conversion.format}, {conversion.documents} documents read, {total} losses)")


@app.command()
def build(
    root: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="A repository with seeds/ and annotations/.")
    ] = Path(),
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Default: corpus/ in the repository.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Build nothing; exit 1 if it is stale.")] = False,
) -> None:
    """Write the dataset (Parquet, card, manifest) from the seeds and the annotations."""
    from wortlaut.corpus.build import build as write
    from wortlaut.corpus.build import is_stale

    if check:
        stale = is_stale(root, out)
        for line in stale:
            print(line)
        print("stale: run `wortlaut build`" if stale else "up to date")
        raise typer.Exit(1 if stale else 0)
    report = write(root, out)
    for loss in report.losses:
        place = f"{loss.document} [{loss.span.start}, {loss.span.end}) {loss.label}"
        print(f"not in the token view: {place}: {loss.reason}")
    rows = ", ".join(f"{name} {count}" for name, count in report.rows.items())
    print(f"wrote {report.out} ({rows}; {len(report.losses)} losses in the token view)\nhash {report.hash}")


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Plain texts; the name is the id.")],
    extractor: Annotated[
        str | None, typer.Option("--extractor", "-e", metavar="SPEC", help="Annotates them to begin with.")
    ] = None,
    layer: Annotated[
        str | None, typer.Option(metavar="NAME", help="The layer it writes. Default: the extractor's name.")
    ] = None,
    root: Annotated[Path, typer.Option(metavar="DIR", help="The corpus repository.")] = Path(),
    language: Annotated[str, typer.Option(help="Language of the texts.")] = "de",
    kind: Annotated[str, typer.Option(help="What kind of text, such as 'news article'.")] = "",
    source: Annotated[str, typer.Option(help="Where the texts come from.")] = "",
    rights: Annotated[str, typer.Option(help="Whose they are, and what is allowed.")] = "",
    note: Annotated[str, typer.Option(help="What else a reader must know.")] = "",
) -> None:
    """Take texts into seeds/ as they are, with provenance and, by an extractor, a first layer."""
    from wortlaut.corpus.grow import check, write

    if layer and not extractor:
        raise WortlautError("a layer needs an extractor that writes it", hint="Say which: -e quotes-de")
    about = {"language": language, "kind": kind, "source": source, "rights": rights, "note": note}
    additions = check(files, root, about)
    if extractor:
        from wortlaut.extractors import resolve
        from wortlaut.extractors.run import run

        name = layer or re.sub(r"[^\w-]+", "-", extractor.partition("?")[0]).strip("-")
        found = run(resolve(extractor), [addition.document for addition in additions])
        written = write(additions, root, layer=name, annotator=extractor, annotations=found)
    else:
        written = write(additions, root)
    for path in written:
        print(path)


@app.command()
def diff(
    first: Annotated[str, typer.Argument(metavar="LAYER", help="gold, a layer here, or annotation files.")],
    second: Annotated[str, typer.Argument(metavar="LAYER", help="The same texts as another read them.")],
    root: Annotated[Path, typer.Option(metavar="DIR", help="The corpus repository.")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what differs between two layers, in context; exit 1 if anything does."""
    from wortlaut.corpus.diff import diff as compare_layers
    from wortlaut.corpus.diff import read_layer

    found = compare_layers(read_layer(first, root), read_layer(second, root))
    if as_json:
        print(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
    else:
        from wortlaut.reports.layers import diff_view

        _print(diff_view(found))
    raise typer.Exit(0 if found.equal else 1)


@app.command()
def adjudicate(
    layers: Annotated[
        list[str] | None, typer.Argument(metavar="LAYER LAYER", help="The two layers to merge.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Default: annotations/gold.")
    ] = None,
    root: Annotated[Path, typer.Option(metavar="DIR", help="The corpus repository.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="Carry out what was decided in the files of FOLDER.")
    ] = False,
) -> None:
    """Merge two layers; what they differ in is decided in the file, then carried out by --finish."""
    from wortlaut.corpus.adjudicate import finish as carry_out
    from wortlaut.corpus.adjudicate import merge, write_merged
    from wortlaut.corpus.diff import read_layer

    folder = root / "annotations" / "gold" if out is None else out
    if finish:
        if layers:
            raise WortlautError("--finish takes no layers", hint="The decisions are in the files of FOLDER.")
        done = carry_out(folder)
        for one in done:
            print(f"{one.path}: {len(one.carried_out)} carried out, {len(one.open)} open")
            for decision in one.open:
                print(f"  {decision.id} is open: {decision.open}")
        if not done:
            print(f"{folder}: nothing to decide")
        raise typer.Exit(1 if any(one.open for one in done) else 0)
    if len(layers or ()) != 2:
        raise WortlautError("two layers are needed", hint="For example: wortlaut adjudicate a b")
    first, second = (read_layer(ref, root) for ref in layers or ())
    merged = merge(first, second)
    paths = write_merged(merged, folder, force=force)
    for path, document in zip(paths, merged, strict=True):
        print(f"{path}: {document.agreed} agree, {len(document.decisions)} to decide")
    for what in merged[0].taken_over:
        print(f"taken over: {what}")
    if any(document.decisions for document in merged):
        print("Fill in keep and reason in each line of kind decision, then: wortlaut adjudicate --finish")


@app.command()
def agree(
    layers: Annotated[
        list[str] | None, typer.Argument(metavar="LAYER LAYER…", help="Two or more. Default: all there are.")
    ] = None,
    root: Annotated[Path, typer.Option(metavar="DIR", help="The corpus repository.")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Write annotations/agreement.json, which the card shows.")
    ] = False,
    gamma: Annotated[bool, typer.Option("--gamma", help="Also gamma; needs wortlaut[gamma].")] = False,
    samples: Annotated[int, typer.Option(min=0, help="Bootstrap resamples; 0 for no intervals.")] = 1000,
    seed: Seed = 0,
) -> None:
    """Measure how far annotators agree, pair by pair: F1, kappa, alpha for unitised text, gamma."""
    from wortlaut.agreement import agree as measure
    from wortlaut.agreement import to_dict
    from wortlaut.corpus.diff import read_layer
    from wortlaut.corpus.validate import AGREEMENT, layer_hashes

    names = layers or sorted(path.name for path in root.glob("annotations/layers/*/"))
    if write and layers:
        raise WortlautError("--write measures all layers", hint="Name none: wortlaut agree --write")
    found = measure([read_layer(name, root) for name in names], samples=samples, seed=seed, gamma=gamma)
    if write:
        _write_json(root / AGREEMENT, to_dict(found, layer_hashes(root)))
    if as_json:
        _write_json(Path("-"), to_dict(found))
        return
    from wortlaut.reports.layers import agreement_view

    for agreement in found:
        _print(agreement_view(agreement))


@app.command()
def publish(
    target: Annotated[str, typer.Argument(metavar="DIR|hub:OWNER/NAME", help="Where the release goes.")],
    root: Annotated[Path, typer.Option(metavar="DIR", help="The corpus repository.")] = Path(),
    stand_off: Annotated[
        bool, typer.Option("--stand-off", help="Offsets and checksums only, no word of the texts.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go where, and stop.")] = False,
) -> None:
    """Build a release, check it and its card, show what goes where, and publish it."""
    from tempfile import TemporaryDirectory

    from wortlaut.corpus.publish import check_target, describe
    from wortlaut.corpus.publish import publish as send
    from wortlaut.corpus.release import make

    check_target(target)
    with TemporaryDirectory(prefix="wortlaut-release-") as folder:
        release = make(root, Path(folder) / "release", stand_off=stand_off)
        for line in describe(release, target):
            print(line)
        if dry_run:
            return
        if not yes:
            if not sys.stdin.isatty():
                raise WortlautError("nobody is there to be asked", hint="Say --yes, or look with --dry-run.")
            typer.confirm("Publish this?", abort=True)
        print(f"published: {send(release, target)}")


@app.command()
def merge(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="A stand-off release.")],
    texts: Annotated[Path, typer.Argument(metavar="TEXTS", help="Your copies: DOCUMENT.txt, or a folder.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The repository to write.")],
) -> None:
    """Join a stand-off release with your own copy of the texts: all of it, exactly, or nothing."""
    from wortlaut.corpus.standoff import merge as join

    merged = join(release, texts, out)
    for line in merged.normalised:
        print(line)
    for path in merged.unused:
        print(f"{path}: no document of the release")
    print(f"wrote {merged.out} ({merged.documents} documents)\nhash {merged.hash}")


@app.command()
def export(
    format: Annotated[str, typer.Argument(metavar="FORMAT", help="spacy: training data and a config.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write.")],
    corpus: Annotated[str, typer.Option("--corpus", metavar="REF", help="What evaluate takes.")] = "gold",
) -> None:
    """Write training data, split by document so that no near copy stands on both sides."""
    from wortlaut.export import export as write

    exported = write(format, corpus, out)
    for line in exported.lines():
        print(line)


@app.command()
def rules() -> None:
    """Print the rules of `validate`, as Markdown."""
    from wortlaut.corpus.rules import document

    print(document(), end="")


@app.command()
def schema(
    name: Annotated[str, typer.Argument(metavar="NAME", help="predictions, evaluation or comparison.")],
) -> None:
    """Print the JSON Schema of a file format."""
    from importlib.resources import files

    folder = files("wortlaut") / "schemas"
    known = sorted(item.name.removesuffix(".schema.json") for item in folder.iterdir())
    if name not in known:
        raise unknown_name("JSON Schema", name, known)
    print((folder / f"{name}.schema.json").read_text("utf-8"), end="")


def _labels(ref: str | None) -> str | dict[str, str | None] | None:
    if ref is None or not (ref.endswith(".json") or Path(ref).is_file()):
        return ref
    try:
        mapping = json.loads(Path(ref).read_text("utf-8"))
    except FileNotFoundError as error:
        raise WortlautError("no such file", where=ref) from error
    except (ValueError, OSError) as error:
        raise WortlautError(f"is not a JSON file: {error}", where=ref) from error
    if not isinstance(mapping, dict):
        raise WortlautError(
            "is not a JSON object", where=ref, hint='Write {"GPE": "LOC", "DATE": null}, for example.'
        )
    return mapping


def _write_json(path: Path, data: dict[str, Any]) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    if path == Path("-"):
        sys.stdout.write(text)
    else:
        from wortlaut.files import write_whole

        write_whole(path, text)


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A bar for each system that takes more than a second, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    import time

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, Any] = {}
    begun = time.monotonic()

    def advance(name: str, done: int, total: int) -> None:
        if time.monotonic() - begun < 1:
            return
        if not tasks:
            bar.start()
        if name not in tasks:
            tasks[name] = bar.add_task(name, total=total)
        bar.update(tasks[name], completed=done)

    try:
        yield advance
    finally:
        if tasks:
            bar.stop()
