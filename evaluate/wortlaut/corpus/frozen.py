"""Versions of gold and probes that do not change any more: ``gold@1.0.0`` is one hash, for good."""

from __future__ import annotations

import json
import re
from datetime import date
from importlib.resources import files
from pathlib import Path

from wortlaut.errors import DataError, unknown_name
from wortlaut.io.reading import read_text

#: The history of a corpus: a heading ``## X.Y.Z`` a version, the newest first.
CHANGELOG = "annotations/CHANGELOG.md"
UNVERSIONED = "0.0.0"


def version(root: Path) -> str:
    """The version of the corpus in the repository ``root``, by its changelog; 0.0.0 where there is none."""
    path = root / CHANGELOG
    if not path.exists():
        return UNVERSIONED
    found = re.search(r"^## (\d+\.\d+\.\d+)\b", read_text(path), re.MULTILINE)
    if found is None:
        raise DataError(
            "the changelog names no version",
            where=str(path),
            hint="Begin each version with a heading: ## 1.0.0",
        )
    return found[1]


def published(root: Path) -> str | None:
    """The day in the heading of the newest version, ``## 1.0.0 (2026-11-24)``; None where it has none."""
    path = root / CHANGELOG
    heading = re.search(r"^## \d+\.\d+\.\d+\b.*", read_text(path), re.MULTILINE) if path.exists() else None
    day = heading and re.search(r"\b\d{4}-\d\d-\d\d\b", heading[0])
    if not day:
        return None
    try:
        return date.fromisoformat(day[0]).isoformat()
    except ValueError as error:
        hint = "Write the day of the version as 2026-11-24."
        raise DataError(f"{day[0]} is no day", where=str(path), hint=hint) from error


def versions(of: str = "gold") -> dict[str, str]:
    """The frozen versions of the shipped ``gold`` or ``probes``, the newest last: version → hash."""
    return dict(json.loads((files("wortlaut") / "corpus" / "frozen.json").read_text("utf-8"))[of])


def check_version(name: str, corpus_hash: str) -> None:
    """Raises where ``gold@VERSION`` is not known, or what is here under this name has another hash."""
    of, _, wanted = name.partition("@")
    known = versions(of)
    if wanted not in known:
        raise unknown_name(f"version of the {of}", wanted, known)
    if known[wanted] != corpus_hash:
        here = next((one for one, digest in known.items() if digest == corpus_hash), "changed")
        verb = "is" if of == "gold" else "are"
        raise DataError(
            f"the {of} that {verb} here {verb} not {wanted}: its hash is {corpus_hash[:12]}…, "
            f"that of {wanted} is {known[wanted][:12]}…",
            where=name,
            hint=f"The {of} here {verb} {here}. Known versions: {', '.join(known)}. "
            f"Install the release of wortlaut that has it, or score on `{of}` and say so.",
        )
