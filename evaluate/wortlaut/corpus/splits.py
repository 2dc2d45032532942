"""Splits by document: the same for everybody, and near copies on the same side."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations

from wortlaut.errors import DataError
from wortlaut.model import Document

SPLITS = ("train", "dev", "test")
#: The share of dev and of test.
SHARE = 0.1
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


def split(documents: Sequence[Document]) -> tuple[dict[str, str], list[Near]]:
    """The split of every document by id, and the near copies, which all stand on the side of their group.

    A group goes where the SHA-256 of its first id falls, so that a corpus that grows leaves the others where
    they are; where dev or test would be empty, the group nearest to it goes there. Raises DataError where
    there are fewer than three groups.
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
    if len(heads) < len(SPLITS):
        count = "one document" if len(documents) == 1 else f"{len(documents)} documents"
        copies = ", of which some are near copies," if near else ""
        raise DataError(
            f"{count}{copies} cannot be split: nothing is measured on a text that it was trained on",
            hint=f"At least {len(SPLITS)} different documents are needed. Name another corpus with --corpus, "
            "or take in more texts with `wortlaut add`.",
        )
    sides = {head: _side(_place(head)) for head in heads}
    for wanted, order in (("test", heads), ("dev", heads[1:])):
        if wanted not in sides.values():
            sides[next(head for head in order if sides[head] == "train")] = wanted
    if "train" not in sides.values():
        sides[heads[-1]] = "train"
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


def _side(place: float) -> str:
    return "test" if place < SHARE else "dev" if place < 2 * SHARE else "train"
