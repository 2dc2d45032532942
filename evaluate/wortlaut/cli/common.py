"""What the commands share: the application, options, output and its errors."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wortlaut.errors import WortlautError
from wortlaut.io.files import check_target, write_whole
from wortlaut.io.reading import read_json

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from wortlaut.evaluation.evaluate import Progress


app = typer.Typer(
    name="wortlaut",
    help="Who said what, in exactly which words, and how well a program finds that out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)


def fail(error: WortlautError) -> None:
    from rich.console import Console
    from rich.text import Text

    # On a terminal lines break between words; in a file or a log a line stays a line.
    console = Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())
    console.print(Text("error: ", style="bold red") + Text(str(error)))


def target(path: Path | None) -> Path | None:
    """The file that ``--json`` names, refused before the work begins rather than after it."""
    if path is not None and path != Path("-"):
        check_target(path)
    return path


#: Options that several commands share.
Extractors = Annotated[
    list[str] | None,
    typer.Option(
        "--extractor", "-e", metavar="SPEC", help="What to run; repeat it. Default: the built-in ones."
    ),
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
    str | None,
    typer.Option("--labels", metavar="NAME|FILE", help="conll4, coarse, or a JSON file label → label."),
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
Samples = Annotated[int, typer.Option(help="Bootstrap resamples; 0 for no intervals.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")]


def read_labels(ref: str | None) -> str | dict[str, str | None] | None:
    if ref is None or not (ref.endswith(".json") or Path(ref).exists()):
        return ref
    hint = 'Write {"GPE": "LOC", "DATE": null}, for example.'
    mapping = read_json(Path(ref), hint)
    if not isinstance(mapping, dict):
        raise WortlautError("is not a JSON object", where=ref, hint=hint)
    return mapping


def make_console() -> Console:
    from rich.console import Console

    # Without a terminal, lines of a table are not cut to a width that nobody set.
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=100)


def print_parts(parts: Iterable[RenderableType]) -> None:
    from rich.text import Text

    console = make_console()
    for part in parts:
        if sys.stdout.isatty():
            console.print(part)
            continue
        with console.capture() as captured:
            # A signature can be searched for and copied where no terminal limits the line.
            console.print(part, soft_wrap=isinstance(part, Text))
        # Tables fill their lines with blanks, which a file would keep.
        sys.stdout.write(re.sub(" +$", "", captured.get(), flags=re.MULTILINE))


def write_json(path: Path, data: dict[str, Any] | list[Any]) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    if path == Path("-"):
        sys.stdout.write(text)
    else:
        write_whole(path, text)


def write_if(path: Path | None, text: Callable[[], str]) -> None:
    """Write the file, if one was asked for."""
    if path is not None:
        write_whole(path, text())


def print_notes(notes: Iterable[str]) -> None:
    """On standard error: what is on standard output may be JSON."""
    for note in notes:
        print(f"note: {note}", file=sys.stderr)


def show_result(
    json_file: Path | None,
    data: Callable[[], dict[str, Any] | list[Any]],
    view: Callable[[], Iterable[RenderableType]],
) -> None:
    """Write the JSON that was asked for, and print the view, unless the JSON is on standard output."""
    if json_file is not None:
        write_json(json_file, data())
    if json_file != Path("-"):
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
            tasks[name] = bar.add_task(name, total=total or None)
        bar.update(tasks[name], completed=done)

    try:
        yield advance
    finally:
        if tasks:
            bar.stop()
