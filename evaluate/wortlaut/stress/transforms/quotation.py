"""Quotation marks in another style, the inner ones with the outer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from random import Random

from wortlaut.model import Document
from wortlaut.stress.carry import Transformed, edited
from wortlaut.stress.registry import Transformation
from wortlaut.text.edits import Edit

#: Style → the outer and the inner pair.
STYLES: Mapping[str, tuple[str, str]] = {
    "german": ("„“", "‚‘"),
    "straight": ('""', "''"),
    "guillemets": ("»«", "›‹"),
    "french": ("«»", "‹›"),
    "single": ("‚‘", "„“"),
    "none": ("", ""),
}


def restyled(document: Document, random: Random, *, style: str) -> Transformed:
    """Every pair of marks in the style; a mark without its partner stays, and is reported."""
    from wortlaut.extractors.quotes_de.marks import find_quoted

    edits, left = [], []
    outer, inner = STYLES[style]
    quoted = find_quoted(document.text)
    for one in quoted:
        if not one.closed:
            left.append(f"the mark at {one.start} is never closed")
            continue
        pair = inner if one.depth % 2 else outer
        for at, mark in ((one.start, pair[:1]), (one.end - 1, pair[1:])):
            edits.append(Edit(at, at + 1, mark))
    return edited(document, edits, left=left)


def _style(
    name: str, does: str, meaning: str = "same", inverse: str | None = "quotes-german"
) -> Transformation:
    return Transformation(f"quotes-{name}", does, meaning, partial(restyled, style=name), inverse)


TRANSFORMATIONS = (
    _style("german", "quotation marks „…“ and ‚…‘", inverse=None),
    _style("straight", "quotation marks \"…\" and '…'"),
    _style("guillemets", "quotation marks »…« and ›…‹"),
    _style("french", "quotation marks «…» and ‹…›"),
    _style("single", "quotation marks ‚…‘, and „…“ inside"),
    _style("none", "no quotation marks", "blurred", None),
)
