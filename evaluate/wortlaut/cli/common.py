"""What the commands share: the application, options, output and its errors."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from wortlaut.errors import WortlautError
from wortlaut.io.files import check_target, write_whole
from wortlaut.io.reading import exists, read_json, read_text
from wortlaut.reports.escapes import log, terminal

if TYPE_CHECKING:
    from rich.console import RenderableType

    from wortlaut.evaluation.evaluate import Progress
    from wortlaut.reports.console import Console
    from wortlaut.scoring.labels import Projection


class _Commands(TyperGroup):
    """Tells what is wrong with arguments as any other error; Typer would print what was typed as it is."""

    def make_context(self, info_name: str | None, args: list[str], *arguments: Any, **options: Any) -> Any:
        check_standard_input(args)
        with _usage_errors():
            return super().make_context(info_name, args, *arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        with _usage_errors():
            return super().invoke(ctx)


def check_standard_input(args: Sequence[str]) -> None:
    """Raises where two things are to be read from it: ``-``, ``conll:-``, ``NAME=-``.

    Behind some options ``-`` is standard output, or a label that is left out.
    """
    named = [
        arg
        for before, arg in pairwise(["", *args])
        if re.fullmatch("(.*[:=])?-", arg)
        and not {before, arg.partition("=")[0]}
        & {"--json", "--latex", "--markdown", "--csv", "--out", "-o", "--labels"}
    ]
    if len(named) > 1:
        hint = "Write what one of them gives into a file first."
        raise WortlautError(f"standard input is named twice: {' and '.join(named)}", hint=hint)


@contextmanager
def _usage_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # The class is click's or that of Typer's own copy; without a message the help was printed instead.
        if not (what := getattr(error, "format_message", str)()):
            raise
        ctx = getattr(error, "ctx", None)
        hint = f"{ctx.get_usage()}\n  Try '{ctx.command_path} --help' for help." if ctx else ""
        raise WortlautError(what, hint=hint) from None


app = typer.Typer(
    name="wortlaut",
    cls=_Commands,
    help="Who said what, in exactly which words, and how well a program finds that out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)


def say(*lines: object, err: bool = False) -> None:
    """Each on a line of its own, on standard output or error."""
    stream = sys.stderr if err else sys.stdout
    stream.writelines(log(terminal(str(line))) + "\n" for line in lines)


def fail(error: WortlautError) -> None:
    from wortlaut.reports.console import Text

    print_parts([Text("error: ", style="bold red") + Text(str(error))], err=True)


def target(path: Path | None) -> Path | None:
    """The file that ``--json`` names, refused before the work begins rather than after it."""
    if path is not None and path != Path("-"):
        check_target(path)
    return path


#: Options that several commands share.
Extractors = Annotated[
    list[str] | None,
    typer.Option(
        "--extractor", "-e", metavar="[NAME=]SPEC", help="What to run; repeat it. Default: the built-in ones."
    ),
]
Runs = Annotated[
    int, typer.Option(min=1, help="How often each extractor runs: with ?seed=0, 1, … if it takes one.")
]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        min=0.001,
        help="That a document may take at most.",
    ),
]
CorpusRef = Annotated[
    str, typer.Option("--corpus", metavar="REF", help="gold, a dataset folder, or FORMAT:PATH.")
]
StrictSchemas = Annotated[
    list[str] | None,
    typer.Option("--schema", metavar="NAME", help="Span schema; repeat it. Default: strict."),
]
Schemas = Annotated[
    list[str] | None,
    typer.Option("--schema", metavar="NAME", help="Span schema; repeat it. Default: strict and partial."),
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--labels",
        metavar="[gold:|pred:]MAP",
        help="Such as GPE=LOC,DATE=- (leave out), a file of such, conll4 or coarse; repeat it.",
    ),
]
Only = Annotated[
    str | None, typer.Option("--only", metavar="LABEL,…", help="Entities of other labels are left out.")
]
InScheme = Annotated[
    str | None,
    typer.Option(
        "--scheme",
        metavar="NAME",
        help="Annotations as germeval2014 or german-news-quotation has them, with notes of what changes.",
    ),
]
ScoresFile = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", callback=target, help="Write the scores as JSON (- for stdout)."),
]
JsonFile = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", callback=target, help="Write JSON (- for stdout)."),
]
ByLabel = Annotated[bool, typer.Option("--by-label", help="Show every label.")]
Everything = Annotated[bool, typer.Option("--all", help="Show every role and setting.")]
Samples = Annotated[
    int | None,
    typer.Option(help="Intervals by the bootstrap, of so many resamples; 0 for none. Default: jackknife."),
]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of the bootstrap, which it asks for.")]


def read_labels(refs: Sequence[str] | None, only: str | None) -> Projection | None:
    """What ``--labels`` and ``--only`` say."""
    from wortlaut.scoring.labels import PROJECTIONS, projection

    kept = None if only is None else [label.strip() for label in only.split(",")]
    if refs and len(refs) == 1 and refs[0] in PROJECTIONS:
        return projection(refs[0], kept)
    whole: dict[str, Any] = {}
    for ref in refs or ():
        prefix, _, rest = ref.partition(":")
        side = {"gold": "gold", "pred": "predicted"}.get(prefix)
        into = whole if side is None else whole.setdefault(side, {})
        for label, to in _mapping(ref if side is None else rest).items():
            if into.setdefault(label, to) != to:
                raise WortlautError(f"{label!r} is mapped to {into[label]!r} and to {to!r}", where="--labels")
    return projection(whole if refs else None, kept)


def _mapping(ref: str) -> Mapping[str, Any]:
    """A file, a name, or pairs as they are."""
    from wortlaut.scoring.labels import projection

    path, pairs = Path(ref), ref
    if ref.endswith(".json") or exists(path):
        if ref.endswith(".json") or (pairs := read_text(path)).lstrip().startswith("{"):
            hint = 'Write {"GPE": "LOC", "DATE": null}, for example.'
            mapping = read_json(path, hint)
            if not isinstance(mapping, dict):
                raise WortlautError("is not a JSON object", where=ref, hint=hint)
            return mapping
        pairs = ",".join(line for line in pairs.splitlines() if line.strip() and not line.startswith("#"))
    elif "=" not in ref:
        try:
            named = projection(ref)
        except WortlautError as error:
            error.hint += " Or write pairs, such as GPE=LOC; a file of this name is not there, either."
            raise
        assert named is not None
        return named.labels
    found: dict[str, str | None] = {}
    for pair in pairs.split(","):
        label, _, to = (part.strip() for part in pair.rpartition("="))
        if not (label and to):
            hint = "Write GPE=LOC, or DATE=- to leave DATE out."
            raise WortlautError(f"{pair!r} maps no label", where=f"--labels {ref}", hint=hint)
        found[label] = None if to == "-" else to
    return found


def make_console(*, err: bool = False) -> Console:
    from wortlaut.reports.console import Console

    # Without a terminal, lines of a table are not cut to a width that nobody set.
    return Console(stderr=err, width=None if (sys.stderr if err else sys.stdout).isatty() else 100)


def print_parts(parts: Iterable[RenderableType], *, err: bool = False, soft_wrap: bool = False) -> None:
    """On a terminal words are wrapped, unless lines are to stay whole (``soft_wrap``); in a log they stay."""
    from rich.text import Text  # noqa: TID251 (ours, and sums of them)

    console, stream = make_console(err=err), sys.stderr if err else sys.stdout
    for part in parts:
        if stream.isatty():
            console.print(part, soft_wrap=soft_wrap)
            continue
        with console.capture() as captured:
            # A signature can be searched for and copied where no terminal limits the line.
            console.print(part, soft_wrap=isinstance(part, Text))
        # Tables fill their lines with blanks, which a file would keep.
        stream.write(log(re.sub(" +$", "", captured.get(), flags=re.MULTILINE)))


def write_json(path: Path, data: dict[str, Any] | list[Any]) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False)
    if path == Path("-"):
        say(text)
    else:
        # Half a surrogate pair, as in a file name that is no UTF-8, becomes the escape that JSON has for it.
        write_whole(path, (text + "\n").encode("utf-8", "backslashreplace"))


def write_if(path: Path | None, text: Callable[[], str]) -> None:
    """Write the file, if one was asked for."""
    if path is not None:
        write_whole(path, text().encode("utf-8", "backslashreplace"))


def print_notes(notes: Iterable[str]) -> None:
    """On standard error: what is on standard output may be JSON."""
    for note in notes:
        say(f"note: {note}", err=True)


Lenient = Annotated[
    bool, typer.Option("--lenient", help="Leave out what cannot be read, and count it by its cause.")
]


def leniently(ref: str) -> str:
    """A file or folder, as FORMAT:PATH, of which what cannot be read is left out."""
    from wortlaut.formats import leniently as optional
    from wortlaut.running.convert import named

    if (lenient := optional(str(named(ref)))) == str(ref):
        print_notes([f"nothing is left out of {ref}: it is read whole or not at all, with --lenient, too"])
    return lenient


def show_result(
    json_file: Path | None,
    data: Callable[[], dict[str, Any] | list[Any]],
    view: Callable[[], Iterable[RenderableType]],
    *,
    printed: bool = True,
) -> None:
    """Write the JSON that was asked for, and print the view, unless standard output is for something else."""
    if json_file is not None:
        write_json(json_file, data())
    if printed and json_file != Path("-"):
        print_parts(view())


def exit_if_failed(failures: Sequence[str]) -> None:
    """Tell what failed, last of all, and end with exit code 2."""
    for what in failures:
        fail(WortlautError(what))
    if failures:
        raise typer.Exit(2)


@contextmanager
def progress_bars() -> Iterator[Progress | None]:
    """A bar for each system that takes more than a second, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    import time

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=make_console(err=True),
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
            tasks[name] = bar.add_task(terminal(name), total=total or None)
        bar.update(tasks[name], completed=done)

    try:
        yield advance
    finally:
        if tasks:
            bar.stop()
