"""Tables as plain text, Markdown, LaTeX and in the terminal: words to the left, figures to the right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich import table as rich

from wortlaut.reports import escapes
from wortlaut.reports.console import Text


@dataclass(frozen=True)
class Table:
    """``names`` are the heads of the columns of words, ``columns`` of those of figures."""

    names: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    @property
    def lines(self) -> list[Sequence[str]]:
        return [[*self.names, *self.columns], *self.rows]


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


def markdown(table: Table) -> str:
    """GitHub's Markdown."""
    marks = ["---"] * len(table.names) + ["---:"] * len(table.columns)
    head, *rows = (list(map(escapes.markdown, line)) for line in table.lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, marks, *rows])


def latex(table: Table) -> str:
    """A ``booktabs`` table."""
    head, *rows = (rf"{' & '.join(map(escapes.latex, line))} \\" for line in table.lines)
    begin = rf"\begin{{tabular}}{{{'l' * len(table.names)}{'r' * len(table.columns)}}}"
    return "\n".join([begin, r"\toprule", head, r"\midrule", *rows, r"\bottomrule", r"\end{tabular}"])


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
