"""Commands that write a result without its texts, and check one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wortlaut.cli.common import app, say, write_json
from wortlaut.errors import WortlautError
from wortlaut.io.files import check_target


@app.command(rich_help_panel="Score and compare")
def passport(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A result of evaluate or score --json.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where passport.json is to stand.")],
) -> None:
    """Write what others need to check a result without its texts: counts, hashes, settings, versions."""
    from wortlaut.evaluation import passport as made
    from wortlaut.evaluation.evaluate import load_evaluations

    if out.exists() and not out.is_dir():
        raise WortlautError("is a file", where=str(out), hint="Name a folder for the passport.")
    check_target(out / made.NAME if out.exists() else out)
    data = made.passport(load_evaluations(result), str(result))
    out.mkdir(exist_ok=True)
    write_json(out / made.NAME, data)
    say(f"wrote {out / made.NAME}", f"digest: {data['digest']}")


@app.command(rich_help_panel="Score and compare")
def verify(
    path: Annotated[Path, typer.Argument(metavar="PASSPORT", help="A folder or file of wortlaut passport.")],
    corpus: Annotated[
        str | None, typer.Option("--corpus", metavar="REF", help="Read texts and gold again, too.")
    ] = None,
    predictions: Annotated[
        list[str] | None,
        typer.Option(
            "--predictions",
            metavar="[NAME=]FILE",
            help="Count again what a system found in the corpus; repeat it.",
        ),
    ] = None,
) -> None:
    """Compute all numbers of a passport anew; exit 1 if something in it does not hold."""
    from wortlaut.evaluation.passport import verify as verified

    verdict = verified(path, corpus, predictions or ())
    say(
        *(f"holds: {line}" for line in verdict.holds),
        *(f"does not hold: {line}" for line in verdict.fails),
        *(f"not checked: {line}" for line in verdict.unchecked),
        f"digest: {verdict.digest}",
    )
    if verdict.fails:
        raise typer.Exit(1)
