"""Tables as plain text, Markdown, LaTeX, CSV and in the terminal: words to the left, figures to the right."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from csv import writer
from dataclasses import dataclass

from rich import box
from rich import table as rich

from wortlaut.reports import escapes
from wortlaut.reports.console import Text

#: What a spreadsheet would run.
_FORMULA = re.compile(r"[=+@\t\r]|-[^\d.]")


class Bold(str):
    """A cell that is set in bold where that can be."""


@dataclass(frozen=True)
class Table:
    """``names`` are the heads of the columns of words, ``columns`` of those of figures.

    A line is drawn before the rows of ``breaks``. ``says`` explains it to a reader, ``signatures`` reproduce
    it; in LaTeX, ``floating`` makes a caption of both, else they are comments, as ``notes`` always are.
    """

    names: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    breaks: Sequence[int] = ()
    says: Sequence[str] = ()
    signatures: Sequence[str] = ()
    notes: Sequence[str] = ()
    floating: bool = False

    @property
    def lines(self) -> list[Sequence[str]]:
        return [[*self.names, *self.columns], *self.rows]


@dataclass(frozen=True)
class Parts:
    """A table as text: what stands above the rows, each row, what is between groups of rows, and below."""

    head: str
    rows: Sequence[str]
    rule: str = ""
    foot: str = ""

    def joined(self, breaks: Sequence[int] = ()) -> str:
        between = {place: self.rule for place in breaks if self.rule}
        rows = [part for i, row in enumerate(self.rows) for part in (between.get(i), row) if part]
        return "\n".join([self.head, *rows, *([self.foot] if self.foot else [])])


def text(table: Table) -> str:
    """Columns set apart by spaces, a line below the heads."""
    rows = [list(map(escapes.terminal, line)) for line in table.lines]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [str.ljust] * len(table.names) + [str.rjust] * len(table.columns)
    lines = [
        "  ".join(side(cell, width) for side, cell, width in zip(sides, line, widths, strict=True)).rstrip()
        for line in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def markdown(table: Table) -> Parts:
    """GitHub's Markdown."""

    def cell(text: str) -> str:
        return f"**{escapes.markdown(text)}**" if isinstance(text, Bold) else escapes.markdown(text)

    marks = ["---"] * len(table.names) + ["---:"] * len(table.columns)
    head, *rows = (f"| {' | '.join(map(cell, line))} |" for line in table.lines)
    below = [" ".join(map(escapes.markdown, table.says)), *map(escapes.markdown_code, table.signatures)]
    below += map(escapes.markdown_comment, table.notes)
    foot = "\n".join(["", *filter(None, below), ""]) if any(below) else ""
    return Parts(f"{head}\n| {' | '.join(marks)} |", rows, foot=foot)


def latex(table: Table) -> Parts:
    """A ``booktabs`` table."""

    def row(line: Sequence[str], minus: str = "−") -> str:
        words = len(table.names)
        # A hyphen before a number is a minus.
        cells = [
            escapes.latex(cell.replace("-", minus) if i >= words else cell) for i, cell in enumerate(line)
        ]
        bold = (
            rf"\textbf{{{cell}}}" if isinstance(of, Bold) else cell
            for of, cell in zip(line, cells, strict=True)
        )
        return " & ".join(bold) + r" \\"

    head, rows = row([*table.names, *table.columns], "-"), list(map(row, table.rows))
    heads = [rf"\begin{{tabular}}{{{'l' * len(table.names)}{'r' * len(table.columns)}}}", r"\toprule", head]
    foot = [r"\bottomrule", r"\end{tabular}"]
    if table.floating:
        signed = (rf"\texttt{{{escapes.latex_signature(line)}}}" for line in table.signatures)
        says = "\n".join([*map(escapes.latex, table.says), *signed])
        heads, foot = (
            [r"\begin{table}", r"\centering", *heads],
            [*foot, rf"\caption{{{says}}}", r"\end{table}"],
        )
    else:
        foot += map(escapes.latex_comment, [*table.says, *table.signatures])
    foot += map(escapes.latex_comment, table.notes)
    return Parts(
        "\n".join([*heads, r"\midrule"]), rows, r"\midrule" if table.breaks else "", "\n".join([*foot, ""])
    )


def csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Parts:
    """Comma-separated values, a line end of one character; what a spreadsheet takes for a formula is text."""

    def line(cells: Sequence[object]) -> str:
        file = io.StringIO()
        made = (f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell for cell in cells)
        writer(file, lineterminator="\r\n").writerow(list(made))  # so that it quotes both
        return file.getvalue().removesuffix("\r\n")

    return Parts(line(head), list(map(line, rows)))


def grid(names: Sequence[str], columns: Sequence[str], *, wrap: bool = False) -> rich.Table:
    """For the terminal, still without rows: words are folded where they are too long, figures if they may."""
    made = rich.Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in names:
        made.add_column(name, overflow="fold")
    for name in columns:
        made.add_column(name, justify="right", overflow="fold" if wrap else "ellipsis", no_wrap=not wrap)
    return made


def noted(notes: Iterable[str]) -> Iterator[Text]:
    """For the terminal, below a table: what a reader must know."""
    yield from (Text(f"note: {note}", style="dim") for note in notes)
