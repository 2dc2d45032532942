"""The list of phenomena that probes test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from wortlaut.errors import counted
from wortlaut.model import Document
from wortlaut.reports.console import Text
from wortlaut.reports.tables import grid, noted

if TYPE_CHECKING:
    from rich.console import RenderableType

MADE = "made text, not found: it ranks and diagnoses systems, and says nothing of how often a case is met"


def catalogue(documents: Iterable[Document]) -> Iterator[RenderableType]:
    """A row a phenomenon: what it tests, its items, its minimal pairs, and a command that shows one."""
    items, pairs, tests = Counter[str](), Counter[str](), dict[str, str]()
    first = ""
    for document in documents:
        meta = dict(document.meta)
        first = first or document.id
        items[meta["phenomenon"]] += 1
        pairs[meta["phenomenon"]] += meta.get("side") == "a"
        tests[meta["phenomenon"]] = meta["tests"]
    table = grid(("phenomenon", "tests"), ("items", "pairs"))
    for name, count in items.items():
        table.add_row(name, tests[name], str(count), str(pairs[name] or "–"))
    yield table
    phenomena = counted(len(items), "phenomenon", "phenomena")
    yield Text(f"{phenomena}, {counted(items.total(), 'item')}, {counted(pairs.total(), 'pair')}")
    yield from noted([MADE, f"to see one: wortlaut show --corpus probes {first}"])
