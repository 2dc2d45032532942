"""An outcome of the gate for people and for CI: terminal, Markdown, JUnit XML, annotations of GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as Xml

from rich.console import RenderableType

from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.gate.verdicts import SHOWN, Outcome, Row
from wortlaut.reports import escapes, tables
from wortlaut.reports.cells import difference, number, p_value
from wortlaut.reports.console import Text
from wortlaut.reports.goldchange import gold_table, gold_view, what_changed
from wortlaut.reports.page import report_page
from wortlaut.reports.tables import Table, grid, noted

#: Characters of a job's summary: GitHub takes 1 MiB, and a character has four bytes at most.
SUMMARY = 1 << 18
_NAMES = ("system", "layer", "schema", "label")
_FIGURES = ("then", "now", "change", "p", "shows", "new", "gone")


def check_view(outcome: Outcome) -> Iterator[RenderableType]:
    """The scores then and now, new and lost errors, what failed, and the verdict in the last line."""
    if outcome.gold is not None:
        yield from gold_view(outcome.gold)
    table = grid(_NAMES, _FIGURES)
    rows = _shown(outcome)
    for row in rows:
        table.add_row(*_cells(row), style="" if row.gated else "dim")
    if table.row_count:
        yield table
    if hidden := len(outcome.rows) - len(rows):
        yield Text(f"{hidden} more scores are as they were, and in no rule (--json)", style="dim")
    for row in outcome.changed:
        yield Text(f"{row.place}", style="bold")
        yield from (Text(line, style="red" if worse else "green") for worse, line in row.lines(SHOWN))
    for line in _recorded(outcome):
        yield Text(line, style="green")
    yield from noted(outcome.notes)
    for one in outcome.warnings:
        yield Text(f"{one.status}: ", style="bold yellow") + Text(str(one))
    for failure in outcome.failures:
        yield Text(f"{failure.status}: ", style="bold red") + Text(str(failure))
    colour = "red" if outcome.exit_code else "yellow" if outcome.warnings else "green"
    yield Text(outcome.headline, style=f"bold {colour}")


def markdown(outcome: Outcome) -> str:
    """A summary of a job in GitHub's Markdown."""
    lines = [f"## Wortlaut: {escapes.markdown(outcome.headline)}", ""]
    told = (*outcome.failures, *outcome.warnings)
    lines += [f"- **{one.status}**: {escapes.markdown(str(one))}" for one in told]
    if outcome.gold is not None:
        lines += ["", *(f"- {escapes.markdown(line)}" for line in what_changed(outcome.gold))]
        if (shares := gold_table(outcome.gold)).rows:
            lines += ["", tables.markdown(shares).joined()]
    if rows := _shown(outcome):
        lines += ["", tables.markdown(Table(_NAMES, _FIGURES, list(map(_cells, rows)))).joined()]
    for row in outcome.changed:
        new = sum(change.worse for change in row.changes)
        what = f"{row.place}: {new} new errors, {len(row.changes) - new} gone"
        lines += ["", f"<details><summary>{escapes.markdown(what)}</summary>", ""]
        lines += [f"- {escapes.markdown(line.strip())}" for _, line in row.lines(SHOWN)]
        lines += ["", "</details>"]
    tail = [*_recorded(outcome), *(f"note: {note}" for note in outcome.notes)]
    lines += ["", *(f"- {escapes.markdown(line)}" for line in tail)] if tail else []
    return "\n".join(lines) + "\n"


def check_page(outcome: Outcome, evaluation: Evaluation) -> str:
    """The page of what was scored, with the verdict and its reasons above the scores."""
    told = (outcome.headline, *(f"{one.status}: {one}" for one in (*outcome.failures, *outcome.warnings)))
    return report_page(replace(evaluation, notes=(*told, *evaluation.notes)))


def junit(outcome: Outcome) -> str:
    """JUnit XML: one test case a check, ``failure`` for a regression, ``error`` for what is invalid.

    What the corpus cannot tell is an ``error``, too, or ``skipped`` where that is a warning.
    """
    statuses = [check.status for check in outcome.checks]
    counts = {
        "tests": str(len(outcome.checks)),
        "failures": str(statuses.count("regression")),
        "errors": str(statuses.count("invalid") + statuses.count("undecided")),
        "skipped": str(statuses.count("warning")),
    }
    top = Xml.Element("testsuites", {"name": "wortlaut check", **counts})
    suite = Xml.SubElement(top, "testsuite", {"name": "wortlaut check", **counts})
    changed = {row.place: row for row in outcome.changed}
    for check in outcome.checks:
        system = check.place.system if check.place else "run"
        name = f"{check.place}: {check.name}" if check.place else check.name
        about = {"classname": f"wortlaut.{system}", "name": name, "time": "0"}
        case = Xml.SubElement(suite, "testcase", {k: escapes.terminal(v) for k, v in about.items()})
        if check.status == "pass":
            continue
        kind = {"regression": "failure", "warning": "skipped"}.get(check.status, "error")
        element = Xml.SubElement(case, kind, {"type": check.name, "message": escapes.terminal(check.what)})
        row = changed.get(check.place) if check.place else None
        items = [line for _, line in row.lines(SHOWN)] if row else []
        element.text = escapes.terminal("\n".join([str(check), *items]))
    Xml.SubElement(suite, "system-out").text = escapes.terminal(outcome.headline)
    Xml.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(top, "unicode") + "\n"


def workflow_commands(outcome: Outcome) -> Iterator[str]:
    """Workflow commands of GitHub Actions, one a line: for each failed check, each warning, the verdict."""
    for kind, checks in (("error", outcome.failures), ("warning", outcome.warnings)):
        for one in checks:
            yield escapes.workflow_command(kind, f"wortlaut check {one.name}", str(one))
    yield escapes.workflow_command("notice", "wortlaut check", outcome.headline)


def _cells(row: Row) -> tuple[str, ...]:
    worse = sum(change.worse for change in row.changes)
    place, key = row.place, row.place.key
    label = place.phenomenon or ("all" if key.label == "micro" else key.label)
    return (
        place.system,
        key.layer,
        key.variant,
        label,
        number(row.before),
        number(row.now),
        difference(row.delta),
        p_value(row.p),
        number(row.shows),
        str(worse),
        str(len(row.changes) - worse),
    )


def _shown(outcome: Outcome) -> list[Row]:
    """The scores that are checked, and those that changed."""
    return [row for row in outcome.rows if row.gated or row.changes or row.before != row.now]


def _recorded(outcome: Outcome) -> list[str]:
    better = [str(row.place) for row in outcome.rows if row.improved and row.gated]
    return [f"better than the baseline, worth recording by --update: {'; '.join(better)}"] if better else []
