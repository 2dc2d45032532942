"""The command that runs an extractor over a corpus of any size."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from wortlaut.cli.common import app, make_console, say
from wortlaut.errors import WortlautError, counted

if TYPE_CHECKING:
    from wortlaut.running.extraction import Extraction, Progress


class Engine(StrEnum):
    local = "local"
    ray = "ray"


@app.command(rich_help_panel="Scale")
def extract(
    corpus: Annotated[
        str,
        typer.Argument(
            metavar="CORPUS", help="As for evaluate; or Parquet, JSON Lines, .txt: a file, a folder, a URL."
        ),
    ],
    extractor: Annotated[list[str], typer.Option("--extractor", "-e", metavar="SPEC", help="What to run.")],
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="DIR", help="Folder or URL. One that is begun goes on.")
    ],
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes, each with its extractor. Default: one a core.")
    ] = None,
    shard_size: Annotated[int, typer.Option(min=1, help="Documents in a file.")] = 1000,
    batch_size: Annotated[
        int | None,
        typer.Option(min=1, help="Documents the extractor gets at a time. Default: 32, or as it asks for."),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.01, metavar="SECONDS", help="Longest wait for an answer.")
    ] = 300.0,
    max_memory: Annotated[
        int | None, typer.Option(min=1, metavar="MIB", help="Most that a worker may hold. Default: no limit.")
    ] = None,
    max_failures: Annotated[int, typer.Option(min=0, help="Documents that may fail before it stops.")] = 100,
    retry: Annotated[bool, typer.Option("--retry", help="Do shards with failures once more.")] = False,
    engine: Annotated[Engine, typer.Option(help="Processes here, or Ray.")] = Engine.local,
    address: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Ray: the cluster. Default: one started here.")
    ] = None,
    max_workers: Annotated[
        int | None, typer.Option(min=1, help="Ray: as many actors if there is room. Default: --workers.")
    ] = None,
    gpus: Annotated[float, typer.Option(min=0, help="Ray: GPUs for each actor.")] = 0.0,
) -> None:
    """Run an extractor over a corpus of any size; run it again to go on after a stop.

    Exit code 0: all documents are extracted. 1: some failed, see DIR/failures.jsonl. 2: it had to end.
    """
    from wortlaut.running.extraction import extract as run_extraction
    from wortlaut.running.on_ray import Cluster
    from wortlaut.running.processes import usable_cores

    ray = engine is Engine.ray
    for name, given in (("--address", address), ("--max-workers", max_workers), ("--gpus", gpus)):
        if given and not ray:
            raise WortlautError(f"{name} is for --engine ray")
    if len(extractor) > 1:
        raise WortlautError("one extractor writes one folder", hint="Run the command once for each -e.")
    count = workers or usable_cores()
    # What a batch system sends before it kills: end in order, as at Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _bar() as progress:
            done = run_extraction(
                corpus,
                extractor[0],
                out,
                engine="ray" if ray else "local",
                workers=count,
                shard_size=shard_size,
                batch_size=batch_size,
                timeout=timeout,
                max_memory=max_memory,
                max_failures=max_failures,
                retry=retry,
                cluster=Cluster(address, (count, max(count, max_workers or count)), gpus),
                progress=progress,
            )
    except KeyboardInterrupt:
        say("interrupted: what is finished is kept, and the same command goes on", err=True)
        raise typer.Exit(130) from None
    _tell(done)
    if done.failures:
        raise typer.Exit(1)


def _tell(done: Extraction) -> None:
    lines = [f"note: {note}" for note in done.notes]
    lines += [f"{name} was damaged, and is made anew" for name in done.damaged]
    if not done.made:
        lines.append(f"{done.folder} is complete: nothing was left to do")
    many = "1 document" if done.documents == 1 else f"{done.documents:,} documents"
    parts = [f"{many} in {done.folder}"]
    if done.made:
        parts.append(f"{done.made:,} in this run, {done.made / done.seconds:,.1f} a second")
    if done.restarts:
        parts.append(f"{counted(done.restarts, 'worker')} replaced")
    lines.append("; ".join(parts))
    if done.failures:
        many = counted(done.failures, "document is", "documents are")
        lines.append(f"{many} in quarantine, see {done.folder}/failures.jsonl; --retry tries again")
    say(*lines)


@contextmanager
def _bar() -> Iterator[Progress | None]:
    """Documents, rate and failures, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(20), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=make_console(err=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(documents: int, total: int | None, failures: int) -> None:
            begun = bar.tasks[0].elapsed or 0.0
            rate = f"{documents / begun:,.1f} documents/s" if begun > 1 else ""
            failed = f", {failures} failed" if failures else ""
            bar.update(task, completed=documents, total=total, description=rate + failed)

        yield show
