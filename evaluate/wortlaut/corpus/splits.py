"""Splits by document: the same for everybody, and near copies on the same side.

``annotations/splits.yaml`` declares those of a corpus that is made: documents by name, or shares::

    train: [brief, rede]          train: 0.8
    test: [glosse]                test: 0.2
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate, combinations
from pathlib import Path

from wortlaut.errors import DataError, counted, listed, unknown_name
from wortlaut.io.entries import Entry, read_entries
from wortlaut.model import Document

#: Of training data for other programs, each with its share.
SHARES = {"train": 0.8, "dev": 0.1, "test": 0.1}
#: Where a corpus declares its splits, and what they are called; without the file, all of it is ``test``.
DECLARED = "annotations/splits.yaml"
NAMES = ("train", "validation", "test")
#: Words in a shingle, and the share of the shorter text's shingles in the longer one from which two texts are
#: near copies (containment, which is never less than Jaccard).
SHINGLE = 5
NEAR = 0.5
#: A shingle that more documents hold is a turn of phrase or boilerplate, and makes no copies.
_COMMON = 200


@dataclass(frozen=True, slots=True)
class Near:
    """Two documents that are near copies, and the share of the shorter one's shingles that the other has."""

    first: str
    second: str
    similarity: float


def read_splits(root: Path, documents: Sequence[Document]) -> tuple[dict[str, str], list[Near]]:
    """The split that ``root`` declares for every document, and the near copies that shares keep together.

    Raises DataError, with file and line, for a document in no split or in two, a split without one, shares
    that do not make 1, and near copies in different splits.
    """
    path = root / DECLARED
    if not os.path.lexists(path):
        return dict.fromkeys((document.id for document in documents), "test"), []
    entries = read_entries(path, _HINT)
    for name, entry in entries.items():
        if name not in NAMES:
            raise unknown_name("split", name, NAMES, where=entry.where)
    if all(isinstance(entry.value, str) for entry in entries.values()):
        return split(documents, _shares(path, entries), where=str(path))
    sides = _listed(path, entries, {document.id for document in documents})
    for pair in near_copies(documents):
        if sides[pair.first] != sides[pair.second]:
            raise DataError(
                f"{pair.first} is in {sides[pair.first]} and {pair.second} in {sides[pair.second]}, and "
                f"{pair.similarity:.0%} of the shorter one is in the other",
                where=str(path),
                hint="Put near copies into one split, or take one of them out.",
            )
    return sides, []


_HINT = "Write documents (`test: [brief, rede]`) or shares (`test: 0.2`) for train, validation and test."


def _shares(path: Path, entries: Mapping[str, Entry]) -> dict[str, float]:
    shares = {}
    for name, entry in entries.items():
        if not re.fullmatch(r"0?\.[0-9]+|1(\.0*)?", str(entry.value)):
            raise DataError(f"{name} cannot be {entry.value!r}", where=entry.where, hint=_HINT)
        shares[name] = float(str(entry.value))
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise DataError(f"the shares make {sum(shares.values()):g}, not 1", where=str(path), hint=_HINT)
    return {name: shares[name] for name in NAMES if shares.get(name)}


def _listed(path: Path, entries: Mapping[str, Entry], known: set[str]) -> dict[str, str]:
    sides: dict[str, str] = {}
    for name, entry in entries.items():
        if not isinstance(entry.value, list) or not entry.value:
            raise DataError(f"{name} has no documents", where=entry.where, hint=_HINT)
        for item in entry.value:
            id = item.text(_HINT)
            if id not in known:
                raise unknown_name("document", id, known, where=item.where)
            if id in sides:
                raise DataError(f"{id} is in {sides[id]} already", where=item.where, hint="Keep one of them.")
            sides[id] = name
    if lacking := sorted(known - sides.keys()):
        what = f"{counted(len(lacking), 'document')} in no split: {listed(lacking, 5)}"
        raise DataError(what, where=str(path), hint="Put each into one.")
    return sides


def split(
    documents: Sequence[Document], shares: Mapping[str, float] = SHARES, where: str = ""
) -> tuple[dict[str, str], list[Near]]:
    """The split of every document by id, and the near copies, which all stand on the side of their group.

    A group goes where the SHA-256 of its first id falls, so that a corpus that grows leaves the others where
    they are; where a split would be empty, the group nearest to it goes there. Raises DataError where there
    are fewer groups than splits.
    """
    near = near_copies(documents)
    group = {document.id: document.id for document in documents}

    def first(id: str) -> str:
        while group[id] != id:
            id = group[id]
        return id

    for pair in near:
        one, other = sorted((first(pair.first), first(pair.second)))
        group[other] = one
    heads = sorted({first(id) for id in group}, key=_place)
    if len(heads) < len(shares):
        count = "one document" if len(documents) == 1 else f"{len(documents)} documents"
        copies = ", of which some are near copies," if near else ""
        raise DataError(
            f"{count}{copies} cannot be split: nothing is measured on a text that it was trained on",
            where=where,
            hint=f"At least {len(shares)} different documents are needed. Name another corpus with --corpus, "
            "or take in more texts with `wortlaut add`.",
        )
    first_name, *others = shares
    others.reverse()  # the last split has the first places
    ends = list(accumulate(shares[name] for name in others))
    sides = {
        head: next((name for name, end in zip(others, ends, strict=True) if _place(head) < end), first_name)
        for head in heads
    }
    for number, wanted in enumerate((*others, first_name)):
        if wanted not in sides.values():
            order = heads[number:] if wanted in others else heads[::-1]
            free = [head for head in order if list(sides.values()).count(sides[head]) > 1]
            sides[next((head for head in free if sides[head] == first_name), free[0])] = wanted
    return {document.id: sides[first(document.id)] for document in documents}, near


def near_copies(documents: Sequence[Document]) -> list[Near]:
    """Every pair of near copies, counted exactly by an index of shingles."""
    shingles = [_shingles(document.text) for document in documents]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, found in enumerate(shingles):
        for shingle in found:
            holders[shingle].append(number)
    common = Counter(
        pair for numbers in holders.values() if len(numbers) <= _COMMON for pair in combinations(numbers, 2)
    )
    pairs = (
        Near(documents[one].id, documents[other].id, count / min(len(shingles[one]), len(shingles[other])))
        for (one, other), count in sorted(common.items())
    )
    return [pair for pair in pairs if pair.similarity >= NEAR]


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))}


def _place(id: str) -> float:
    """A number from 0 to 1 for an id, the same everywhere."""
    return int.from_bytes(sha256(id.encode("utf-8")).digest()[:8], "big") / 2**64
