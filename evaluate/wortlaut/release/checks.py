"""Checks what is published against the catalogue of rules: releases, and the annotations below them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from wortlaut.annotations.grow import seeds
from wortlaut.annotations.rules import Problem
from wortlaut.annotations.validate import Incident, files_of, incident
from wortlaut.annotations.validate import validate as validate_annotations
from wortlaut.corpus.load import load_corpus
from wortlaut.corpus.splits import DECLARED, read_splits
from wortlaut.errors import DataError
from wortlaut.io.reading import raw_bytes
from wortlaut.release import card, croissant, manifest, standoff
from wortlaut.release.manifest import CARD, FORMAT, MANIFEST


def validate(paths: Iterable[Path]) -> list[Incident]:
    """Every incident in annotation files, folders of them, repositories or releases.

    The dataset ``corpus`` of a repository is checked against its manifest, a release as a whole.

    A path that is not there, or holds nothing to check, raises a :class:`MissingFileError`; labels or
    splits that cannot be read, and near copies in different splits, a :class:`DataError`.
    """
    found: list[Incident] = []
    for path in paths:
        if (path / MANIFEST).exists():
            found += _release(path, whole=True)
            continue
        found += validate_annotations([path])
        home = files_of(path)[1]
        if home is not None and (home / "corpus" / MANIFEST).exists():
            found += _release(home / "corpus", whole=False)
        if home is not None and os.path.lexists(home / DECLARED):
            read_splits(home, seeds(home))
    return list(dict.fromkeys(found))


def _release(folder: Path, *, whole: bool) -> Iterator[Incident]:
    return (incident(folder / name, problem) for name, problem in problems(folder, whole=whole))


def problems(folder: Path, *, whole: bool = False) -> Iterator[tuple[str, Problem]]:
    """What is wrong with a release: file, and the broken rule (C01 to C04; with ``whole`` P01 to P08 too)."""
    try:
        about = manifest.read(folder)
        named = {name: entry["sha256"] for name, entry in about["files"].items()}
        corpus_hash, format_ = str(about["hash"]), about["format"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = error.what if isinstance(error, DataError) else repr(error)
        yield MANIFEST, Problem("C01", 1, f"the manifest cannot be read: {why}")
        return
    if format_ not in (FORMAT, standoff.FORMAT):
        yield MANIFEST, Problem("C01", 1, f"the format is {format_!r}")
        return
    content = {name: raw_bytes(path) for name, path in manifest.paths(folder).items() if name != MANIFEST}
    there = {name: sha256(data).hexdigest() for name, data in content.items()}
    other = [name for name, digest in named.items() if there.get(name) != digest]
    for name in other:
        if name in content:
            yield name, Problem("C02", 0, "the file is not the one in the manifest")
        else:
            yield MANIFEST, Problem("C02", 1, f"{name} is missing")
    for name in sorted(content.keys() - named.keys()):
        yield name, Problem("C03", 0, "the manifest does not name this file")
    if other:
        return
    if format_ == FORMAT:
        yield from _content(folder, corpus_hash)
    if whole:
        if CARD not in content:
            yield MANIFEST, Problem("P01", 1, "there is no card, README.md")
        else:
            yield from (
                (CARD, problem)
                for problem in card.check(content[CARD].decode("utf-8", "replace"), corpus_hash)
            )
        if format_ == standoff.FORMAT:
            yield from standoff.check(content)
        elif croissant.FILE not in content:
            yield MANIFEST, Problem("P07", 1, f"there is no {croissant.FILE}")
        else:
            yield from (
                (croissant.FILE, problem)
                for problem in croissant.check(content[croissant.FILE].decode("utf-8", "replace"), named)
            )


def _content(folder: Path, corpus_hash: str) -> Iterator[tuple[str, Problem]]:
    try:
        loaded = load_corpus(folder)
    except DataError as error:
        yield MANIFEST, Problem("C04", 1, f"the tables cannot be read: {error.what}")
        return
    if loaded.hash != corpus_hash:
        what = f"the documents have the hash {loaded.hash[:12]}…, the manifest says {corpus_hash[:12]}…"
        yield MANIFEST, Problem("C04", 1, what)
