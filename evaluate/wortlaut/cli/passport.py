"""Commands that write a result without its texts, and check one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wortlaut.cli.common import app, say, write_json
from wortlaut.errors import WortlautError
from wortlaut.io.files import check_target, write_whole

if TYPE_CHECKING:
    from wortlaut.evaluation.evaluate import Evaluation


@app.command(rich_help_panel="Score and compare")
def passport(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A result of evaluate or score --json.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="The folder that it is written into.")
    ],
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FORM",
            help="Instead, scores as others collect them: every-eval-ever, eval-results (a model's repository"
            " on the Hub), model-index (a model card).",
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model", metavar="[SYSTEM=]OWNER/NAME", help="With --to: which model a system is; repeat it."
        ),
    ] = None,
    dataset: Annotated[
        list[str] | None,
        typer.Option(
            "--dataset",
            metavar="[CORPUS=]OWNER/NAME",
            help="With --to: the dataset that a corpus is on the Hub; of hub:… it is known.",
        ),
    ] = None,
) -> None:
    """Write what others need to check a result without its texts: counts, hashes, settings, versions."""
    from wortlaut.evaluation import passport as made
    from wortlaut.evaluation.evaluate import load_evaluations

    if out.exists() and not out.is_dir():
        raise WortlautError("is a file", where=str(out), hint="Name a folder.")
    if to is not None:
        _send(load_evaluations(result), out, to, model or (), dataset or ())
        return
    if model or dataset:
        raise WortlautError("a passport names no models", hint="--model and --dataset go with --to.")
    check_target(out / made.NAME if out.exists() else out)
    data = made.passport(load_evaluations(result), str(result))
    out.mkdir(exist_ok=True)
    write_json(out / made.NAME, data)
    say(f"wrote {out / made.NAME}", f"digest: {data['digest']}")


def _send(
    evaluations: Sequence[Evaluation], out: Path, to: str, models: Sequence[str], datasets: Sequence[str]
) -> None:
    from wortlaut.reports.travel import packed

    parcel = packed(evaluations, to, models, datasets)
    for path in (out / name for name in parcel.files):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WortlautError(
                f"cannot be made: {error.strerror}", where=str(path.parent), hint="Name another folder."
            ) from error
        check_target(path)
    for name, content in parcel.files.items():
        write_whole(out / name, content)
    say(*(f"wrote {out / name}" for name in parcel.files), *parcel.losses)


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
