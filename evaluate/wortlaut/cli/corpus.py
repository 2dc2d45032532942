"""Commands that make, check, measure and publish a corpus."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wortlaut.cli.common import (
    InScheme,
    JsonFile,
    Lenient,
    app,
    leniently,
    print_parts,
    progress_bars,
    read_labels,
    say,
    show_result,
    write_json,
)
from wortlaut.errors import WortlautError, counted
from wortlaut.formats.losses import EXAMPLES

if TYPE_CHECKING:
    from rich.console import RenderableType

    from wortlaut.annotations.validate import Incident
    from wortlaut.formats.losses import Loss
    from wortlaut.model import Annotations, Document


Annotators = typer.Option(
    "--extractor", "-e", metavar="[NAME=]SPEC", help="Annotates them to begin with; repeat it."
)
LayerName = Annotated[
    str | None, typer.Option(metavar="NAME", help="One layer for all. Default: one named after each.")
]
Relabel = Annotated[
    list[str] | None,
    typer.Option("--labels", metavar="MAP", help="PER=PERSON,LOC=- (leave out), or a file of such."),
]
Root = Annotated[Path, typer.Option(metavar="DIR", help="The corpus repository.")]


@app.command(rich_help_panel="Make a corpus")
def init(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="Where the corpus will be.")] = Path(),
    labels: Annotated[
        str | None,
        typer.Option(metavar="NAME,…", help="Its labels. Default: the twelve of GermEval 2014."),
    ] = None,
) -> None:
    """Start a corpus: labels, guidelines to fill in, configurations of tools; replaces nothing."""
    from wortlaut.release.start import start

    started = start(root, [name.strip() for name in labels.split(",")] if labels else ())
    say(*started.written, *(f"{path}: is there, and stays" for path in started.kept), *started.notes)
    say(f"Next: {root / 'README.md'}")


@app.command(rich_help_panel="Make a corpus")
def add(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Plain texts; the name is the id.")],
    extractor: Annotated[list[str] | None, Annotators] = None,
    layer: LayerName = None,
    labels: Relabel = None,
    root: Root = Path(),
    language: Annotated[str, typer.Option(help="Language of the texts.")] = "de",
    kind: Annotated[str, typer.Option(help="What kind of text, such as 'news article'.")] = "",
    source: Annotated[str, typer.Option(help="Where the texts come from.")] = "",
    rights: Annotated[str, typer.Option(help="Whose they are, and what is allowed.")] = "",
    note: Annotated[str, typer.Option(help="What else a reader must know.")] = "",
) -> None:
    """Take texts into seeds/ as they are, with provenance and, by extractors, first annotations."""
    from wortlaut.annotations.grow import NewLayer, check, write

    about = {"language": language, "kind": kind, "source": source, "rights": rights, "note": note}
    wanted = _layer_names(extractor, layer)
    additions = check(files, root, about)
    documents = [addition.document for addition in additions]
    change, left_out = _relabelling(labels)
    layers = [
        NewLayer(name, " + ".join(specs), [change(said) for said in _annotated(specs, documents)])
        for name, specs in wanted.items()
    ]
    say(*write(additions, root, layers), *left_out())


@app.command(rich_help_panel="Make a corpus")
def annotate(
    extractor: Annotated[list[str], Annotators],
    documents: Annotated[
        list[str] | None, typer.Argument(metavar="DOCUMENT…", help="Their ids. Default: all texts.")
    ] = None,
    layer: LayerName = None,
    labels: Relabel = None,
    root: Root = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Annotate texts in seeds/ by extractors; what a layer has already stays."""
    from wortlaut.annotations.grow import seeds, take

    texts = seeds(root, documents)
    change, left_out = _relabelling(labels)
    for name, specs in _layer_names(extractor, layer).items():
        there = {path.stem for path in root.glob(f"annotations/layers/{name}/*.jsonl")}
        wanted = [text for text in texts if force or text.id not in there]
        found = _annotated(specs, wanted) if wanted else []
        annotated = [text.with_annotations(change(said)) for text, said in zip(wanted, found, strict=True)]
        say(*take(annotated, root, layer=name, annotator=" + ".join(specs), force=force))
        if len(wanted) < len(texts):
            say(f"{name}: {counted(len(texts) - len(wanted), 'text')} annotated before, left as they are")
    say(*left_out())


def _relabelling(
    refs: Sequence[str] | None,
) -> tuple[Callable[[Annotations], Annotations], Callable[[], list[str]]]:
    """What gives annotations the labels that ``--labels`` says, and what it left out so far."""
    from collections import Counter

    from wortlaut.annotations.grow import relabelled

    mapping = read_labels(refs, None)
    if mapping is None:
        return lambda said: said, list
    gone: Counter[str] = Counter()
    return (
        lambda said: relabelled(said, lambda label: mapping(label, "predicted"), gone),
        lambda: [f"left out by --labels: {label} ({count})" for label, count in sorted(gone.items())],
    )


def _layer_names(extractors: Sequence[str] | None, layer: str | None) -> dict[str, list[str]]:
    """Layer → specs of the extractors that write it."""
    from wortlaut.annotations.grow import check_layer
    from wortlaut.evaluation.systems import of_one_run

    if layer and not extractors:
        hint = "Say which: -e quotes-de"
        raise WortlautError("a layer needs an extractor that writes it", hint=hint)
    systems = of_one_run(extractors) if extractors else []
    if layer:
        check_layer(layer)
        return {layer: [system.spec for system in systems]}
    found: dict[str, list[str]] = {}
    for system in systems:
        name = re.sub(r"[^\w-]+", "-", system.name.partition("?")[0]).strip("-")
        if name in found:
            hint = f"Name each: -e {name}=SPEC -e {name}2=SPEC"
            raise WortlautError(f"two extractors would write the layer {name!r}", hint=hint)
        check_layer(name)
        found[name] = [system.spec]
    return found


def _annotated(specs: Sequence[str], documents: Sequence[Document]) -> list[Annotations]:
    """What the extractors find in each document, together."""
    from wortlaut.annotations.grow import together
    from wortlaut.extractors import resolve
    from wortlaut.extractors.run import run

    return together({spec: run(resolve(spec), documents) for spec in specs})


@app.command("import", rich_help_panel="Make a corpus")
def import_layer(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="What a tool exported: FORMAT:PATH, or a path.")
    ],
    layer: Annotated[str, typer.Option(metavar="NAME", help="The layer that it becomes.")],
    annotator: Annotated[str, typer.Option(metavar="WHO", help="Default: the layer's name.")] = "",
    labels: Relabel = None,
    root: Root = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    lenient: Lenient = False,
    json_file: JsonFile = None,
) -> None:
    """Take annotations of texts in seeds/ from a tool's export into a layer, or a layer an annotator."""
    from wortlaut.annotations.grow import take
    from wortlaut.corpus.load import stream_corpus
    from wortlaut.formats import annotators, names_format
    from wortlaut.formats.files import Names
    from wortlaut.formats.losses import Losses
    from wortlaut.running.convert import named

    change, left_out = _relabelling(labels)
    ref = leniently(source) if lenient else str(named(source))
    people = annotators(ref) if names_format(ref) else {}
    names = Names(r"\w.\-")
    layers = {names.name(f"{layer}-{who}"): (who, one) for who, one in people.items()}
    written: list[Path] = []
    lost: list[Loss] = []
    for name, (who, one) in (layers or {layer: (annotator or layer, ref)}).items():
        losses = Losses(one.partition("?")[0].partition(":")[0])
        read = stream_corpus(one, losses)
        documents = (document.with_annotations(change(document.annotations)) for document in read)
        written += take(documents, root, layer=name, annotator=who, force=force)
        lost += losses
    _say_or_json(json_file, lost, [*map(str, written), *loss_lines(lost), *left_out()])


def loss_lines(losses: Sequence[Loss], what: str = "lost") -> Iterator[str]:
    for loss in losses:
        yield f"{what}: {loss.kind} ({loss.count}): {loss.reason}"
        yield from (f"    {example}" for example in loss.examples[:EXAMPLES])


def _say_or_json(json_file: Path | None, losses: Sequence[Loss], lines: Iterable[str]) -> None:
    """The losses as JSON where they are asked for, and the lines, unless the JSON is on standard output."""
    if json_file is not None:
        write_json(json_file, [asdict(loss) for loss in losses])
    if json_file != Path("-"):
        say(*lines)


@app.command(rich_help_panel="Make a corpus")
def reanchor(
    before: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Texts as they were: a file, or a folder of them. Default: corpus/."
        ),
    ] = None,
    root: Root = Path(),
) -> None:
    """After texts in seeds/ were edited: move their annotations along; exit 1 if some could not be."""
    from wortlaut.annotations import reanchor
    from wortlaut.annotations.file import read_text
    from wortlaut.corpus.load import load_corpus

    def texts() -> Iterator[str]:
        if before is not None:
            yield from map(read_text, sorted(before.glob("*.txt")) if before.is_dir() else [before])
        elif (root / "corpus" / "manifest.json").is_file():
            yield from (document.text for document in load_corpus(root / "corpus").documents)

    done = reanchor.reanchor(root, texts)
    for one in done:
        say(f"{one.path}: {counted(one.spans, 'span')} there, {len(one.dropped)} left out")
        say(*(f"    look at: {what}" for what in one.changed))
        say(*(f"    left out: {what}" for what in one.dropped))
    say("Next: wortlaut validate" if done else "nothing to move: no text was edited")
    raise typer.Exit(int(any(one.dropped for one in done)))


@app.command(rich_help_panel="Make a corpus")
def diff(
    first: Annotated[str, typer.Argument(metavar="LAYER", help="gold, a layer here, or annotation files.")],
    second: Annotated[str, typer.Argument(metavar="LAYER", help="The same texts as another read them.")],
    root: Root = Path(),
    json_file: JsonFile = None,
) -> None:
    """Show what differs between two layers, in context; exit 1 if anything does."""
    from wortlaut.annotations import diff as layers
    from wortlaut.reports.layers import diff_view

    found = layers.diff(layers.read_layer(first, root), layers.read_layer(second, root))
    show_result(json_file, found.to_dict, lambda: diff_view(found))
    raise typer.Exit(0 if found.equal else 1)


@app.command(rich_help_panel="Make a corpus")
def adjudicate(
    layers: Annotated[
        list[str] | None, typer.Argument(metavar="LAYER LAYER", help="The two layers to merge.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Default: annotations/gold.")
    ] = None,
    root: Root = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="Carry out what was decided in the files of FOLDER.")
    ] = False,
) -> None:
    """Merge two layers; what they differ in is decided in the file, then carried out by --finish."""
    from wortlaut.annotations import adjudicate
    from wortlaut.annotations.diff import read_layer

    folder = root / "annotations" / "gold" if out is None else out
    if finish:
        if layers:
            raise WortlautError("--finish takes no layers", hint="The decisions are in the files of FOLDER.")
        done = adjudicate.finish(folder)
        for one in done:
            say(f"{one.path}: {len(one.carried_out)} carried out, {len(one.open)} open")
            for decision in one.open:
                say(f"  {decision.id} is open: {decision.open}")
        if not done:
            say(f"{folder}: nothing to decide")
        raise typer.Exit(1 if any(one.open for one in done) else 0)
    if len(layers or ()) != 2:
        raise WortlautError("two layers are needed", hint="For example: wortlaut adjudicate a b")
    first, second = (read_layer(ref, root) for ref in layers or ())
    merged = adjudicate.merge(first, second)
    paths = adjudicate.write_merged(merged, folder, force=force)
    for path, document in zip(paths, merged, strict=True):
        taken = f"{document.only_one} taken over, " if document.only_one else ""
        say(f"{path}: {document.agreed} agree, {taken}{len(document.decisions)} to decide")
    for what in merged[0].taken_over:
        say(f"taken over: {what}")
    if any(document.decisions for document in merged):
        say("Fill in keep and reason in each line of kind decision, then: wortlaut adjudicate --finish")


@app.command(rich_help_panel="Make a corpus")
def agree(
    layers: Annotated[
        list[str] | None, typer.Argument(metavar="LAYER LAYER…", help="Two or more. Default: all there are.")
    ] = None,
    root: Root = Path(),
    json_file: JsonFile = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write annotations/agreement.json, which the card shows.")
    ] = False,
    gamma: Annotated[bool, typer.Option("--gamma", help="Also gamma; needs the extra gamma.")] = False,
    samples: Annotated[
        int, typer.Option(min=0, help="Bootstrap resamples of kappa and alpha; 0 for no intervals.")
    ] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
) -> None:
    """Measure how far annotators agree, pair by pair: F1, kappa, alpha for unitised text, gamma."""
    from wortlaut.annotations import labels as declared
    from wortlaut.annotations.diff import read_layer
    from wortlaut.annotations.validate import AGREEMENT, layer_hashes
    from wortlaut.evaluation import agreement
    from wortlaut.reports.layers import agreement_view

    names = layers or sorted(path.name for path in root.glob("annotations/layers/*/"))
    if write and layers:
        raise WortlautError("--write measures all layers", hint="Name none: wortlaut agree --write")
    found = agreement.agree(
        [read_layer(name, root) for name in names],
        labels=declared.read_labels(root).names,
        samples=samples,
        seed=seed,
        gamma=gamma,
    )
    if write:
        write_json(root / AGREEMENT, agreement.to_dict(found, layer_hashes(root)))
    show_result(
        json_file,
        lambda: agreement.to_dict(found),
        lambda: (part for one in found for part in agreement_view(one)),
    )


@app.command(rich_help_panel="Make a corpus")
def validate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]…",
            help="Files, folders or repositories. Default: this one, else the shipped gold.",
        ),
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Check annotation files; exit 1 where a rule is broken."""
    from wortlaut.annotations.validate import exit_code
    from wortlaut.corpus.load import gold_root
    from wortlaut.records.record import plain
    from wortlaut.release.checks import validate as check

    incidents = check(paths or [Path() if Path("annotations").is_dir() else gold_root()])
    if json_file is not None:
        write_json(json_file, plain(incidents))
    if json_file != Path("-"):
        print_parts(_incidents(incidents), soft_wrap=True)
    raise typer.Exit(exit_code(incidents))


def _incidents(incidents: Sequence[Incident]) -> Iterator[RenderableType]:
    from wortlaut.reports.console import Text

    for incident in incidents:
        at = ", ".join(f"[{start}, {end})" for start, end in incident.offsets)
        place = f"{incident.file}:{incident.line}" if incident.line else incident.file
        style = "red" if incident.severity == "error" else "yellow"
        head = Text(f"{place}: ") + Text(f"{incident.severity} {incident.rule}", style=style)
        yield head + Text(f" {at}" if at else "")
        yield Text(f"    {incident.what}\n    {incident.fix}")
    errors = sum(incident.severity == "error" for incident in incidents)
    yield Text(f"{errors} error(s), {len(incidents) - errors} warning(s)")


@app.command(rich_help_panel="Make a corpus")
def rules() -> None:
    """Print the rules of `validate`, as Markdown."""
    from wortlaut.annotations.rules import document

    say(document().rstrip("\n"))


@app.command(rich_help_panel="Make a corpus")
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
    from wortlaut.release import build

    if check:
        stale = build.is_stale(root, out)
        say(*stale, "stale: run `wortlaut build`" if stale else "up to date")
        raise typer.Exit(1 if stale else 0)
    report = build.build(root, out)
    for loss in report.losses:
        place = f"{loss.document} [{loss.span.start}, {loss.span.end}) {loss.label}"
        say(f"not in the token view: {place}: {loss.reason}")
    for pair in report.near:
        share = f"{pair.similarity:.0%} in common"
        say(f"near copies, kept in one split: {pair.first} and {pair.second} ({share})")
    if len(report.splits) > 1:
        say(f"splits: {', '.join(f'{name} {count}' for name, count in report.splits.items())}")
    rows = ", ".join(f"{name} {count}" for name, count in report.rows.items())
    losses = counted(len(report.losses), "loss", "losses")
    say(f"wrote {report.out} ({rows}; {losses} in the token view)\nhash {report.hash}")


@app.command(rich_help_panel="Make a corpus")
def publish(
    target: Annotated[str, typer.Argument(metavar="DIR|hub:OWNER/NAME", help="Where the release goes.")],
    root: Root = Path(),
    stand_off: Annotated[
        bool | None,
        typer.Option(
            "--stand-off/--with-text",
            help="Offsets and checksums only, no word of the texts; or all of them.",
            show_default="--stand-off where the statement's licence is unknown",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go where, and stop.")] = False,
) -> None:
    """Build a release, check it and its card, show what goes where, and publish it."""
    from tempfile import TemporaryDirectory

    from wortlaut.release import publish

    publish.check_target(target)
    with TemporaryDirectory(prefix="wortlaut-release-") as folder:
        release = publish.make(root, Path(folder) / "release", target=target, stand_off=stand_off)
        say(*publish.describe(release, target))
        if stand_off is None and not release.with_text:
            say("the texts are left out: their licence is not stated (--with-text publishes them too)")
        if dry_run:
            return
        if not yes:
            if not sys.stdin.isatty():
                raise WortlautError("nobody is there to be asked", hint="Say --yes, or look with --dry-run.")
            typer.confirm("Publish this?", abort=True)
        say(f"published: {publish.publish(release, target)}")


@app.command(rich_help_panel="Make a corpus")
def merge(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="A stand-off release.")],
    texts: Annotated[Path, typer.Argument(metavar="TEXTS", help="Your copies: DOCUMENT.txt, or a folder.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The repository to write.")],
) -> None:
    """Join a stand-off release with your own copy of the texts: all of it, exactly, or nothing."""
    from wortlaut.release.merge import merge as join

    merged = join(release, texts, out)
    unused = (f"{path}: no document of the release" for path in merged.unused)
    wrote = f"wrote {merged.out} ({counted(merged.documents, 'document')})"
    say(*merged.normalised, *unused, wrote, f"hash {merged.hash}")


@app.command(rich_help_panel="Make a corpus")
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
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was broken off, if there is one.")
    ] = False,
    lenient: Lenient = False,
    scheme: InScheme = None,
    json_file: JsonFile = None,
) -> None:
    """Write annotated documents in another format, and report what it cannot hold."""
    from wortlaut.running.convert import convert as run

    source = leniently(source) if lenient else source
    with progress_bars() as progress:
        conversion = run(
            source, out, to, scheme=scheme, strict=strict, force=force, resume=resume, progress=progress
        )
    read = f"{counted(conversion.documents, 'document')} read"
    if conversion.before:
        read += f", {conversion.before} of them before"
    total = counted(sum(loss.count for loss in conversion.losses), "loss", "losses")
    wrote = f"wrote {out} ({conversion.format}, {read}, {total})"
    beside = [f"wrote {one}, for the settings of the project" for one in [conversion.beside] if one]
    changes = loss_lines(conversion.changes, f"as {scheme}")
    told = (*conversion.changes, *conversion.losses)
    _say_or_json(json_file, told, [*changes, *loss_lines(conversion.losses), wrote, *beside])


@app.command(rich_help_panel="Make a corpus")
def export(
    format: Annotated[str, typer.Argument(metavar="FORMAT", help="spacy: training data and a config.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write.")],
    corpus: Annotated[str, typer.Option("--corpus", metavar="REF", help="What evaluate takes.")] = "gold",
    scheme: InScheme = None,
) -> None:
    """Write training data, split by document so that no near copy stands on both sides."""
    from wortlaut.release.training import export as write

    say(*write(format, corpus, out, scheme).lines())
