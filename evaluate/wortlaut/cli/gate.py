"""Commands of the gate: the baseline, and the check against it."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wortlaut.cli.common import (
    Extractors,
    JsonFile,
    Labels,
    Only,
    Runs,
    StrictSchemas,
    Timeout,
    app,
    print_notes,
    print_parts,
    progress_bars,
    read_labels,
    say,
    target,
    write_if,
    write_json,
)
from wortlaut.errors import WortlautError, counted
from wortlaut.io.reading import read_text

if TYPE_CHECKING:
    from wortlaut.evaluation.evaluate import Evaluation

baseline = typer.Typer(help="The baseline that wortlaut check compares with.", no_args_is_help=True)


app.add_typer(baseline, name="baseline", rich_help_panel="Guard and measure")


@baseline.command("write")
def baseline_write(
    extractor: Extractors = None,
    corpus: Annotated[
        str | None, typer.Option("--corpus", metavar="REF", help="gold, a dataset folder, or FORMAT:PATH.")
    ] = None,
    schema: StrictSchemas = None,
    labels: Labels = None,
    only: Only = None,
    runs: Runs = 1,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", callback=target, help="Default: baseline.json."),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", metavar="FILE", help="Default: pyproject.toml here.")
    ] = None,
    timeout: Timeout = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a baseline that is there.")] = False,
) -> None:
    """Score extractors and write the baseline: scores, sums of documents, hashes of errors, no text."""
    from wortlaut.gate.rules import read_rules
    from wortlaut.gate.run import DEFAULT_PATH, TIMEOUT, Settings, write_baseline

    given = read_rules(rules)
    path = target(out or Path(given.baseline or DEFAULT_PATH))
    assert path is not None
    if path.exists() and not force:
        raise WortlautError(
            "there is a baseline already",
            where=str(path),
            hint="wortlaut check --update compares before it takes a run over; --force replaces it unseen.",
        )
    with progress_bars() as progress:
        written = write_baseline(
            path,
            extractor or given.extractors,
            corpus or given.corpus or "gold",
            Settings(tuple(schema or Settings.schemas), read_labels(labels, only)),
            runs=runs,
            timeout=timeout or given.timeout or TIMEOUT,
            progress=progress,
        )
    on = f"{written.signature.corpus} ({counted(written.documents, 'document')})"
    say(f"wrote {path}: {', '.join(written.systems)} on {on}")


def _fixed(given: list[str] | None) -> None:
    if given:
        raise WortlautError(
            "--schema, --labels and --only are those of the baseline",
            where=given[0],
            hint="A check scores as the baseline was scored; others: `wortlaut baseline write --force`.",
        )


@app.command(rich_help_panel="Guard and measure")
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="What --if-changed is about.")
    ] = None,
    path: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Default: baseline.json, or what the rules say."),
    ] = None,
    extractor: Annotated[
        list[str] | None,
        typer.Option("--extractor", "-e", metavar="[NAME=]SPEC", help="Default: those of the rules."),
    ] = None,
    corpus: Annotated[
        str | None, typer.Option("--corpus", metavar="REF", help="Default: the corpus of the baseline.")
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules", metavar="FILE", help="TOML. Default: the table tool.wortlaut.check in pyproject.toml."
        ),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(metavar="F1", help="The loss allowed, such as .01. Default: that of the rules."),
    ] = None,
    runs: Runs = 1,
    timeout: Timeout = None,
    update: Annotated[
        bool, typer.Option("--update", help="Take this run over as the new baseline; floors still hold.")
    ] = False,
    if_changed: Annotated[
        bool,
        typer.Option("--if-changed", help="Check only if a FILE is named in the rules, or here."),
    ] = False,
    json_file: JsonFile = None,
    junit_file: Annotated[
        Path | None,
        typer.Option("--junit", metavar="FILE", callback=target, help="Write JUnit XML."),
    ] = None,
    markdown_file: Annotated[
        Path | None,
        typer.Option("--markdown", metavar="FILE", callback=target, help="Write a summary in Markdown."),
    ] = None,
    html_file: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="FILE", callback=target, help="Write verdict, scores and errors as a web page."
        ),
    ] = None,
    fixed: Annotated[
        list[str] | None,
        typer.Option("--schema", "--labels", "--only", hidden=True, callback=_fixed),
    ] = None,
) -> None:
    """Compare a run with the baseline; exit 1 if a system got worse, 2 if one failed or is not comparable.

    Where the gold changed the system is judged: give what it found then, too, as -e before=preds:FILE.
    Exit 3 if the corpus cannot tell whether it lost more than a margin, and the rules want that to fail.
    Schemas and labels are the baseline's: --schema, --labels and --only stand at baseline write.
    """
    from wortlaut.gate.rules import named, parse_rules, read_rules
    from wortlaut.gate.run import DEFAULT_PATH, gate
    from wortlaut.gate.verdicts import invalid
    from wortlaut.reports.comment import shortened
    from wortlaut.reports.gate import SUMMARY, check_page, check_view, junit, markdown, workflow_commands

    if files and not if_changed:
        hint = "Name extractors by -e, a baseline by --baseline."
        raise WortlautError("a file is for --if-changed", where=str(files[0]), hint=hint)
    evaluations: list[Evaluation] = []
    try:
        given = read_rules(rules)
        if margin is not None:
            given = replace(given, margin=parse_rules({"margin": margin}, "--margin").margin)
    except WortlautError as error:
        outcome = invalid(error)
    else:
        own = (str(rules or "pyproject.toml"), str(path or given.baseline or DEFAULT_PATH))
        run = (*(extractor or given.extractors or ()), corpus or given.corpus)
        if if_changed and not named(files or (), *own, *run):
            say(f"nothing to check: none of {counted(len(files or ()), 'file')} is named in the rules")
            raise typer.Exit
        with progress_bars() as progress:
            outcome = gate(
                path or Path(given.baseline or DEFAULT_PATH),
                given,
                extractor,
                corpus,
                runs=runs,
                update=update,
                timeout=timeout,
                progress=progress,
                scored=evaluations.append,
            )
    # Files come first: one that cannot be written ends with 2 before a verdict is printed.
    write_if(junit_file, lambda: junit(outcome))
    write_if(markdown_file, lambda: markdown(outcome))
    if evaluations:
        write_if(html_file, lambda: check_page(outcome, *evaluations))
    elif html_file is not None:
        print_notes([f"{html_file} is not written: nothing was scored"])
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(shortened(markdown(outcome), SUMMARY))
    if json_file is not None:
        write_json(json_file, outcome.to_dict())
    to_stdout = json_file != Path("-")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        stream = sys.stdout if to_stdout else sys.stderr
        stream.writelines(f"{line}\n" for line in workflow_commands(outcome))
    if to_stdout:
        print_parts(check_view(outcome))
    raise typer.Exit(outcome.exit_code)


@app.command(rich_help_panel="Guard and measure")
def comment(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="Markdown, as check --markdown writes it (- for stdin).")
    ],
    name: Annotated[
        str, typer.Option(metavar="TEXT", help="Another one is another comment.")
    ] = "wortlaut check",
    page: Annotated[str, typer.Option(metavar="URL", help="Where page, JUnit and scores are, to link.")] = "",
) -> None:
    """Keep one comment with FILE on the pull request of a GitHub job, the merge request of a GitLab job.

    What others wrote calls nobody there and is no link. GITHUB_TOKEN or GITLAB_TOKEN is the right to comment.
    """
    from wortlaut.reports.comment import keep_comment

    say(keep_comment(read_text(path), name, page, os.environ))
