"""Commands of the history: a line a run, and what became of the scores."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Annotated

import typer

from wortlaut.cli.common import app, print_parts, say, target, write_if, write_json
from wortlaut.errors import WortlautError, unknown_name

history = typer.Typer(help="Scores over commits, in a file of your repository.", no_args_is_help=True)


app.add_typer(history, name="history", rich_help_panel="Guard and measure")


@history.command("add")
def add_runs(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A result of evaluate or score --json.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", callback=target, help="Default: wortlaut-history.jsonl."),
    ] = None,
    commit: Annotated[
        str | None, typer.Option(metavar="NAME", help="What was scored. Default: HEAD of the repository.")
    ] = None,
    date: Annotated[
        str | None, typer.Option(metavar="DATE", help="In ISO 8601. Default: that of the commit.")
    ] = None,
) -> None:
    """Append a result to the history: a line with commit, scores, intervals, signature, and no text."""
    from wortlaut.evaluation.evaluate import load_evaluations
    from wortlaut.gate.history import DEFAULT_PATH, add, moment, run_of

    path = target(out or Path(DEFAULT_PATH))
    assert path is not None
    if date is not None:
        try:
            moment(date)
        except ValueError as error:
            raise WortlautError(str(error), where="--date", hint="Such as 2026-03-01T12:00:00Z.") from error
    evaluations = load_evaluations(result)
    if commit is None or date is None:
        known, when = _commit(path, commit or "HEAD")
        commit, date = known, date or when
    runs = [run_of(one, commit, date) for one in evaluations]
    fresh = add(path, runs)
    there = len(runs) - len(fresh)
    say(f"added {len(fresh)} to {path}: {commit}, {date}" + (f"; there already: {there}" if there else ""))


def _commit(path: Path, name: str) -> tuple[str, str]:
    """The hash of a commit in the repository of the file, and its date."""
    ask = ["git", "-C", str(path.absolute().parent), "log", "-1", "--format=%H %cI", "--end-of-options", name]
    try:
        said = subprocess.run([*ask, "--"], capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError) as error:
        why = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1]
        raise WortlautError(
            f"git knows no commit: {why}", where=name, hint="Name both: --commit NAME --date 2026-03-01"
        ) from error
    return said[0], said[1]


@history.command("show")
def show_history(
    path: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Default: wortlaut-history.jsonl.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="COMMIT", help="Compare with this one, not each run with the one before."),
    ] = None,
    system: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this system; repeat it.")
    ] = None,
    layer: Annotated[
        list[str] | None, typer.Option(metavar="LAYER", help="Only entities, quotes, …; repeat it.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Of wortlaut check. Default: pyproject.toml here.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", callback=target, help="Write it as a web page, with figures."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="FORM",
            help="Print the last scores as JSON for github-action-benchmark, bencher, or a badge of shields.",
        ),
    ] = None,
) -> None:
    """Scores with intervals over commits, the gate's verdict on each, and between which one got worse."""
    from wortlaut.gate.history import DEFAULT_PATH, read, steps
    from wortlaut.gate.rules import read_rules
    from wortlaut.reports.history import FORMS, history_page, history_view, series

    if to is not None and to not in FORMS:
        raise unknown_name("form", to, FORMS, where="--to")
    shown = series(
        steps(read(path or Path(DEFAULT_PATH)), read_rules(rules), against), system or (), layer or ()
    )
    write_if(html, lambda: history_page(shown, against))
    if to is not None:
        write_json(Path("-"), FORMS[to](shown))
    else:
        print_parts(history_view(shown, against))
