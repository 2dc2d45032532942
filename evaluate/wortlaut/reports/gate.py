"""An outcome of the gate for people and for CI: terminal, Markdown, JUnit XML, annotations of GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as Xml

from rich.console import RenderableType

from wortlaut.gate.verdicts import SHOWN, Outcome, Row
from wortlaut.reports import escapes, tables
from wortlaut.reports.cells import difference, number, p_value
from wortlaut.reports.console import Text
from wortlaut.reports.tables import Table, grid, noted

_NAMES = ("system", "layer", "schema", "label")
_FIGURES = ("then", "now", "change", "p", "new", "gone")


def check_view(outcome: Outcome) -> Iterator[RenderableType]:
    """The scores then and now, new and lost errors, what failed, and the verdict in the last line."""
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
    for failure in outcome.failures:
        yield Text(f"{failure.status}: ", style="bold red") + Text(str(failure))
    yield Text(outcome.headline, style="bold green" if outcome.exit_code == 0 else "bold red")


def markdown(outcome: Outcome) -> str:
    """A summary of a job in GitHub's Markdown."""
    lines = [f"## Wortlaut: {escapes.markdown(outcome.headline)}", ""]
    lines += [f"- **{failure.status}**: {escapes.markdown(str(failure))}" for failure in outcome.failures]
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


def junit(outcome: Outcome) -> str:
    """JUnit XML: one test case a check, ``failure`` for a regression, ``error`` for what is invalid."""
    statuses = [check.status for check in outcome.checks]
    counts = {
        "tests": str(len(outcome.checks)),
        "failures": str(statuses.count("regression")),
        "errors": str(statuses.count("invalid")),
    }
    top = Xml.Element("testsuites", {"name": "wortlaut check", **counts})
    suite = Xml.SubElement(top, "testsuite", {"name": "wortlaut check", **counts, "skipped": "0"})
    changed = {row.place: row for row in outcome.changed}
    for check in outcome.checks:
        system = check.place.system if check.place else "run"
        name = f"{check.place}: {check.name}" if check.place else check.name
        about = {"classname": f"wortlaut.{system}", "name": name, "time": "0"}
        case = Xml.SubElement(suite, "testcase", {k: escapes.terminal(v) for k, v in about.items()})
        if check.status == "pass":
            continue
        kind = "failure" if check.status == "regression" else "error"
        element = Xml.SubElement(case, kind, {"type": check.name, "message": escapes.terminal(check.what)})
        row = changed.get(check.place) if check.place else None
        items = [line for _, line in row.lines(SHOWN)] if row else []
        element.text = escapes.terminal("\n".join([str(check), *items]))
    Xml.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(top, "unicode") + "\n"


def workflow_commands(outcome: Outcome) -> Iterator[str]:
    """A workflow command of GitHub Actions for each failed check, one a line."""
    for failure in outcome.failures:
        yield escapes.workflow_command("error", f"wortlaut check {failure.name}", str(failure))


def _cells(row: Row) -> tuple[str, ...]:
    worse = sum(change.worse for change in row.changes)
    place, key = row.place, row.place.key
    label = "all" if key.label == "micro" else key.label
    return (
        place.system,
        key.layer,
        key.variant,
        label,
        number(row.before),
        number(row.now),
        difference(row.delta),
        p_value(row.p),
        str(worse),
        str(len(row.changes) - worse),
    )


def _shown(outcome: Outcome) -> list[Row]:
    """The scores that are checked, and those that changed."""
    return [row for row in outcome.rows if row.gated or row.changes or row.before != row.now]


def _recorded(outcome: Outcome) -> list[str]:
    better = [str(row.place) for row in outcome.rows if row.improved and row.gated]
    return [f"better than the baseline, worth recording by --update: {'; '.join(better)}"] if better else []
