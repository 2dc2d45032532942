"""A release as a folder: files that its manifest names with size and SHA-256; built, read and checked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError, MissingFileError
from wortlaut.formats.native import Problem
from wortlaut.release import card, croissant, standoff
from wortlaut.release.build import FORMAT, build
from wortlaut.version import VERSION

MANIFEST = "manifest.json"
CARD = "README.md"
#: What a Git repository or the Hub adds to a folder.
_FOREIGN = (".git/", ".gitattributes", ".cache/")


@dataclass(frozen=True, slots=True)
class Release:
    """What will be published: the folder it lies in, its manifest, and each file with size and SHA-256."""

    folder: Path
    format: str
    version: str
    hash: str
    files: dict[str, tuple[int, str]]
    license: str
    rights: tuple[str, ...]


def is_release(folder: Path) -> bool:
    """Whether the folder holds what `wortlaut build` or `publish` wrote."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return (folder / MANIFEST).is_file() and not (folder / "annotations" / "gold").is_dir()
    return isinstance(manifest, dict) and "files" in manifest


def make(root: Path, folder: Path, *, stand_off: bool = False) -> Release:
    """Builds a release of the repository ``root`` in ``folder`` and checks it.

    Raises DataError for annotations with errors, a card that cannot be published, and words of the text in a
    stand-off release.
    """
    if stand_off:
        _make_stand_off(root, folder)
    else:
        build(root, folder)
    found = list(problems(folder, whole=True))
    if found:
        name, first = found[0]
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        missing = card.missing(root) if first.rule == "P05" else []
        hint = f"Missing in {card.STATEMENT}: {', '.join(missing)}." if missing else first.fix
        if missing and not (root / card.STATEMENT).is_file():
            hint = f"Write {card.STATEMENT}, a line `KEY: text` for each of: {', '.join(missing)}."
        raise DataError(
            f"not fit to be published: {first.what} ({first.rule}){more}",
            where=f"{name}:{first.line}" if first.line else name,
            hint=hint or f"Say what is missing in {card.STATEMENT}.",
        )
    return opened(folder, root)


def opened(folder: Path, root: Path) -> Release:
    """The release in ``folder``; the rights of the texts are told as ``root`` states them."""
    import yaml

    from wortlaut.formats.native import read_provenance

    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    head = yaml.safe_load((folder / CARD).read_text("utf-8").split("---\n")[1])
    rights = sorted({about.get("rights", "not stated") for about in read_provenance(root / "seeds").values()})
    return Release(
        folder,
        manifest["format"],
        manifest["version"],
        manifest["hash"],
        {name: (path.stat().st_size, _hash(path.read_bytes())) for name, path in _files(folder).items()},
        str(head.get("license_name") or head["license"]),
        tuple(rights),
    )


def read(folder: Path, wanted: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Manifest and files of an untouched release of the format ``wanted``. Raises DataError otherwise."""
    if not (folder / MANIFEST).is_file():
        hint = "A release is what `wortlaut publish` wrote: a folder with a manifest.json."
        raise MissingFileError("no release here", where=str(folder), hint=hint)
    for name, problem in problems(folder):
        raise DataError(problem.what, where=f"{folder}/{name}", hint="Get the release again.")
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    if manifest["format"] != wanted:
        hint = "Nothing has to be merged: this release has the text." if manifest["format"] == FORMAT else ""
        raise DataError(f"the release is {manifest['format']}, not {wanted}", where=str(folder), hint=hint)
    return manifest, {name: path.read_bytes() for name, path in _files(folder).items()}


def problems(folder: Path, *, whole: bool = False) -> Iterator[tuple[str, Problem]]:
    """What is wrong with a release: file, and the broken rule (C01 to C04; with ``whole`` P01 to P08 too)."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        named = {name: entry["sha256"] for name, entry in manifest["files"].items()}
        corpus_hash, format_ = str(manifest["hash"]), manifest["format"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        yield MANIFEST, Problem("C01", 1, f"the manifest cannot be read: {error!r}")
        return
    if format_ not in (FORMAT, standoff.FORMAT):
        yield MANIFEST, Problem("C01", 1, f"the format is {format_!r}")
        return
    content = {name: path.read_bytes() for name, path in _files(folder).items() if name != MANIFEST}
    broken = False
    for name, digest in named.items():
        if name not in content:
            yield MANIFEST, Problem("C02", 1, f"{name} is missing")
            broken = True
        elif _hash(content[name]) != digest:
            yield name, Problem("C02", 0, "the file is not the one in the manifest")
            broken = True
    for name in sorted(content.keys() - named.keys()):
        yield name, Problem("C03", 0, "the manifest does not name this file")
    if broken:
        return
    if format_ == FORMAT:
        yield from _content(folder, corpus_hash)
    if whole:
        if CARD not in content:
            yield MANIFEST, Problem("P01", 1, "there is no card, README.md")
        else:
            found = card.check(content[CARD].decode("utf-8", "replace"), corpus_hash)
            yield from ((CARD, problem) for problem in found)
        if format_ == standoff.FORMAT:
            yield from standoff.check(content)
        elif croissant.FILE not in content:
            yield MANIFEST, Problem("P07", 1, f"there is no {croissant.FILE}")
        else:
            described = content[croissant.FILE].decode("utf-8", "replace")
            yield from ((croissant.FILE, problem) for problem in croissant.check(described, named))


def _content(folder: Path, corpus_hash: str) -> Iterator[tuple[str, Problem]]:
    from wortlaut.corpus.load import load_corpus

    try:
        loaded = load_corpus(folder)
    except DataError as error:
        yield MANIFEST, Problem("C04", 1, f"the tables cannot be read: {error.what}")
        return
    if loaded.hash != corpus_hash:
        what = f"the documents have the hash {loaded.hash[:12]}…, the manifest says {corpus_hash[:12]}…"
        yield MANIFEST, Problem("C04", 1, what)


def _make_stand_off(root: Path, folder: Path) -> None:
    from wortlaut.corpus.load import Corpus
    from wortlaut.formats import native
    from wortlaut.release.build import refuse_errors

    refuse_errors(root)
    files = standoff.release(root)
    content, manifest = standoff.describe(root, files)
    files[CARD] = content.encode("utf-8")
    manifest |= {"program": VERSION, "files": _described(files)}
    files[MANIFEST] = (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode("utf-8")
    corpus = Corpus.of("gold", native.read(root / "annotations" / "gold"))
    standoff.check_words(files, (document.text for document in corpus.documents))
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def _described(files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    return {name: {"sha256": _hash(files[name]), "bytes": len(files[name])} for name in sorted(files)}


def _files(folder: Path) -> dict[str, Path]:
    found = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    return {name: path for name, path in found.items() if not name.startswith(_FOREIGN)}


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()
