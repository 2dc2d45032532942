"""Quotation marks in another style, the inner ones with the outer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from random import Random

from wortlaut.annotations.carry import Transformed, edited
from wortlaut.model import Document
from wortlaut.stress.registry import Transformation
from wortlaut.text.edits import Edit

#: Style → the marks of the outer and of the inner pair.
STYLES: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "german": ("„“", "‚‘"),
    "straight": ('""', "''"),
    "guillemets": ("»«", "›‹"),
    "french": ("«»", "‹›"),
    "single": ("‚‘", "„“"),
    "none": (("", ""), ("", "")),
}


def restyled(document: Document, random: Random, *, style: str) -> Transformed:
    """Every pair of marks in the style; a mark without its partner stays, and is reported."""
    from wortlaut.extractors.quotes_de.marks import find_quoted

    quoted = find_quoted(document.text)
    edits = [
        Edit(at, at + 1, mark)
        for one in quoted
        if one.closed
        for at, mark in zip((one.start, one.end - 1), STYLES[style][one.depth % 2], strict=True)
    ]
    left = [f"the mark at {one.start} is never closed" for one in quoted if not one.closed]
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
