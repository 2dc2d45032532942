"""Gold and predicted spans over the same numbers of documents and labels."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from wortlaut.errors import DataError
from wortlaut.model.columns import Ints, Spans, first_row, run_starts
from wortlaut.scoring.inputs import Side, tags_of

Unknown = Literal["error", "spurious"]


def join(
    gold: Side,
    predicted: Side,
    *,
    documents: Sequence[Hashable] | None = None,
    unknown_documents: Unknown = "error",
) -> tuple[Spans, Spans, int, tuple[str, ...]]:
    """Both sides over the same numbers of documents and labels, how many documents, and the labels."""
    if unknown_documents not in ("error", "spurious"):
        raise DataError(f"unknown_documents is {unknown_documents!r}", hint="Use 'error' or 'spurious'.")
    labels = tuple(sorted({*gold.labels, *predicted.labels}))
    number = {label: i for i, label in enumerate(labels)}
    codes = [np.asarray([number[label] for label in side.labels], np.int64) for side in (gold, predicted)]
    left, right = (
        side.spans if side.labels == labels else replace(side.spans, label=code[side.spans.label])
        for side, code in zip((gold, predicted), codes, strict=True)
    )
    for what, one, other in (("gold", gold, predicted), ("predicted", predicted, gold)):
        if one.lengths is not None and one.lengths.any() and other.lengths is None:
            raise tags_of(what)
    if (gold.documents is None) != (predicted.documents is None) and len(left) and len(right):
        raise DataError(
            "gold and predicted are of different kinds: a table with named documents, and a list",
            hint="Give both as tables, or both as lists.",
        )
    if gold.documents is None or predicted.documents is None:
        units = max(gold.size, predicted.size)
        if gold.documents is None and predicted.documents is None and gold.size != predicted.size:
            raise DataError(
                f"gold has {gold.size} documents, predicted has {predicted.size}",
                hint="Lists are compared item by item; give an empty list where nothing was found.",
            )
        if documents is not None:
            raise DataError("documents names documents, but gold and predicted are lists without names")
        asked, found = gold.lengths, predicted.lengths
        if asked is not None and found is not None and (at := first_row(asked != found)) is not None:
            raise DataError(
                f"gold has {asked[at]} tags, predicted has {found[at]}",
                where=f"sentence {at}",
                hint="Tags are compared token by token; give O where nothing was found.",
            )
        return left, right, units, labels
    codes, units = _same_documents((gold.documents, predicted.documents), documents, unknown_documents)
    numbers = [code[side.document] for code, side in zip(codes, (left, right), strict=True)]
    left, right = (
        replace(side, document=number, unit=number)
        for side, number in zip((left, right), numbers, strict=True)
    )
    return left, right, units, labels


def _same_documents(
    names: tuple[Sequence[Hashable], Sequence[Hashable]],
    documents: Sequence[Hashable] | None,
    unknown: Unknown,
) -> tuple[list[Ints], int]:
    """The number of each side's documents among those of both, and how many these are."""
    firsts = [next(iter(own), None) for own in names]
    if None not in firsts and isinstance(firsts[0], str) != isinstance(firsts[1], str):
        raise DataError(
            f"gold names documents as {firsts[0]!r}, predicted as {firsts[1]!r}: they have none in common",
            hint="Use numbers on both sides, or strings on both.",
        )
    if documents is None:
        if names[0] == names[1]:
            return [np.arange(len(own), dtype=np.int64) for own in names], len(names[0])
        if all(isinstance(first, int) for first in firsts):
            numbers = [np.asarray(own, np.int64) for own in names]
            # Two sorted runs: a stable sort merges them, which is faster than hashing.
            known = np.sort(np.concatenate(numbers), kind="stable")
            known = known[run_starts(known)]
            return [np.searchsorted(known, own) for own in numbers], len(known)
        number = {name: i for i, name in enumerate(dict.fromkeys([*names[0], *names[1]]))}
    else:
        documents = list(documents)
        number = {name: i for i, name in enumerate(documents)}
        if len(number) != len(documents):
            raise DataError("a document is named twice in documents")
        for what, own in zip(("gold", "predicted"), names, strict=True):
            strange = [name for name in own if name not in number]
            if strange and (what == "gold" or unknown == "error"):
                raise DataError(
                    f"{what} has spans for {len(strange)} documents that are not among documents,"
                    f" such as {strange[0]!r}",
                    hint="Give all documents, or unknown_documents='spurious' to count them as wrong.",
                )
            number |= {name: i for i, name in enumerate(strange, len(number))}
    return [np.asarray([number[name] for name in own], np.int64) for own in names], len(number)
