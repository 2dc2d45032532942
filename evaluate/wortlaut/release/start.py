"""Starts a corpus: the folder that `wortlaut init` writes, with nothing in it replaced."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wortlaut.annotations.labels import (
    GERMEVAL,
    LABELS,
    Labels,
    check_name,
    format_labels,
    read_labels,
)
from wortlaut.corpus.splits import DECLARED
from wortlaut.errors import DataError
from wortlaut.formats.projects import configurations
from wortlaut.io.files import write_whole
from wortlaut.release.card import PARTS, STATEMENT, filled


@dataclass(frozen=True, slots=True)
class Started:
    """Which files were written, which were there and stay, and what could not be asked for in a tool."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    notes: tuple[str, ...]


def start(root: Path, names: Sequence[str] = ()) -> Started:
    """Writes what is not there yet of a corpus with labels of these ``names``, or those declared there.

    Raises DataError for a name that cannot be a label, and for names where labels are declared already.
    """
    labels = read_labels(root)
    if names and (root / LABELS).is_file():
        hint = "Edit it, remove the folder tools and run `wortlaut init` without --labels."
        raise DataError("declares labels already", where=str(root / LABELS), hint=hint)
    for name in names:
        check_name(name, "--labels")
    if names:
        known = dict(GERMEVAL.meanings)
        labels = Labels(tuple((name, known.get(name, "")) for name in names))
    tools, notes = configurations(dict(labels.meanings))
    name = json.dumps(root.resolve().name, ensure_ascii=False)
    values = {"labels": labels.meanings, "levels": labels.levels, "name": root.resolve().name}
    files = {
        "README.md": filled("start_readme.md.j2", splits=DECLARED, **values),
        LABELS: format_labels(labels),
        "annotations/guidelines.md": filled("start_guidelines.md.j2", **values),
        STATEMENT: filled("start_statement.yaml.j2", parts=PARTS, name=name),
        **{f"tools/{name}": content for name, content in tools.items()},
    }
    written, kept = [], []
    for folder in ("seeds", "annotations/gold", "annotations/layers"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        if path.exists():
            kept.append(path)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
        written.append(path)
    return Started(tuple(written), tuple(kept), tuple(notes))
