"""The frozen probes in a release of the corpus that they belong to: a configuration of their own, with texts.

A statement names their version (``probes: 1.0.0``); a corpus without it has none.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wortlaut.corpus.frozen import check_version
from wortlaut.corpus.probes import SPLITS, frozen_hash, release
from wortlaut.formats.dataset import described, documents_schema, feature, table_files, table_sizes
from wortlaut.probes import lexicon

CONFIG = "probes"
HOLDS = "one row per made news item, as in `documents`"


@dataclass(frozen=True, slots=True)
class Probes:
    """What a release holds of them: ``rows`` by split, and what the card counts."""

    version: str
    hash: str
    rows: dict[str, int]
    phenomena: dict[str, int]
    contrasts: dict[str, int]
    templates: int
    entries: int
    sizes: dict[str, Any]

    def config(self) -> dict[str, Any]:
        return {"config_name": CONFIG, "data_files": table_files(CONFIG, self.rows)}

    def info(self) -> dict[str, Any]:
        """Its features, and what tells datasets that the rows are others."""
        features = [{"name": field.name} | feature(field) for field in documents_schema()]
        what = described(HOLDS, self.hash)
        return {"config_name": CONFIG, "description": what, "features": features, **self.sizes}

    def said(self) -> dict[str, Any]:
        """For the manifest."""
        return {"version": self.version, "hash": self.hash, "rows": self.rows}


def write(stated: Mapping[str, Any], folder: Path) -> Probes | None:
    """Writes the tables into ``folder``, where the statement names a version.

    Raises a DataError where the package holds another one, and UnknownNameError.
    """
    import pyarrow.parquet as pq

    version = stated.get("probes")
    if version is None:
        return None
    # By checksums: a build need not read 5,000 documents.
    digest = frozen_hash()
    check_version(f"probes@{version}", digest)
    (folder / "data" / CONFIG).mkdir(parents=True)
    tables = {split: folder / f"data/{CONFIG}/{split}-00000-of-00001.parquet" for split in SPLITS.values()}
    for file, table in zip(release(), tables.values(), strict=True):
        shutil.copyfile(file, table)
    meta = [
        {pair["name"]: pair["value"] for pair in pairs}
        for file in release()
        for pairs in pq.read_table(file, columns=["meta"]).column("meta").to_pylist()
    ]
    halves = Counter(one["half"] for one in meta)
    return Probes(
        str(version),
        digest,
        {split: halves[half] for half, split in SPLITS.items()},
        Counter(one["phenomenon"] for one in meta),
        Counter(one["contrast"] for one in meta if one.get("side") == "a"),
        len({one["template"] for one in meta}),
        lexicon.size(),
        table_sizes(tables),
    )
