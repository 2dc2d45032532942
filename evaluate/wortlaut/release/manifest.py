"""The manifest of a release, which names every file in its folder with size and SHA-256."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError
from wortlaut.io.files import file_hash
from wortlaut.io.reading import read_json

MANIFEST = "manifest.json"
CARD = "README.md"
#: The format of a release with the text.
FORMAT = "wortlaut-corpus/1"
#: What a Git repository or the Hub adds to a folder.
_FOREIGN = (".git/", ".gitattributes", ".cache/")


def paths(folder: Path) -> dict[str, Path]:
    """The files of a release by name, in order."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: found[name] for name in sorted(found) if not name.startswith(_FOREIGN)}


def write(folder: Path, about: Mapping[str, Any]) -> None:
    """Writes the manifest: what is said ``about`` the release, and the files that lie in the folder."""
    content = (
        json.dumps(
            {
                **about,
                "files": {
                    name: {"sha256": file_hash(path), "bytes": path.stat().st_size}
                    for name, path in paths(folder).items()
                },
            },
            ensure_ascii=False,
            indent=2,
        )
        + "\n"
    )
    (folder / MANIFEST).write_text(content, encoding="utf-8", newline="\n")


def read(folder: Path) -> dict[str, Any]:
    """Raises DataError and MissingFileError."""
    manifest: dict[str, Any] = read_json(folder / MANIFEST, "Get the release again.")
    return manifest


def refuse_other(out: Path) -> None:
    """Raises DataError where ``out`` holds something that is no release, and so is not replaced."""
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not _is_release(out)):
        raise DataError(
            "the folder holds something else and is not replaced",
            where=str(out),
            hint="Choose another folder, or empty it.",
        )


def _is_release(folder: Path) -> bool:
    try:
        manifest = read(folder)
    except (OSError, ValueError):
        return (folder / MANIFEST).is_file() and not (folder / "annotations" / "gold").is_dir()
    return isinstance(manifest, dict) and "files" in manifest
