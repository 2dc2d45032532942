"""Freezes a release of the probes: writes its tables and its hash. A frozen version is never written again.

    python docs/freeze_probes.py VERSION

The tables go into the package, below ``probes/data/release``, the hash into its ``corpus/frozen.json``.
Then set ``probes: VERSION`` in ``annotations/statement.yaml`` and run ``wortlaut build``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq

from wortlaut.corpus.load import corpus_hash
from wortlaut.corpus.probes import ABOUT, SPLITS, release
from wortlaut.formats.dataset import documents_table
from wortlaut.io.files import file_hash
from wortlaut.probes.generate import generate

#: Of the frozen items; who wants items that no system has seen takes another.
SEED = 1


def main(version: str) -> None:
    path = Path(__file__).parents[1] / "evaluate/wortlaut/corpus/frozen.json"
    versions = json.loads(path.read_text("utf-8"))
    if version in versions["probes"]:
        sys.exit(f"{version} is frozen")
    documents = list(generate(SEED))
    for half, file in zip(SPLITS, release(), strict=True):
        own = [document for document in documents if dict(document.meta)["half"] == half]
        file.parent.mkdir(exist_ok=True)
        pq.write_table(documents_table(own), file, compression="zstd", compression_level=19)
    versions["probes"][version] = corpus_hash(documents)
    sums = {file.name: file_hash(file) for file in release()}
    about = {"version": version, "hash": versions["probes"][version], "files": sums}
    (release()[0].parent / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    path.write_text(json.dumps(versions, indent=2) + "\n", encoding="utf-8")
    print(f"{version}: {len(documents)} items, {versions['probes'][version]}")


if __name__ == "__main__":
    main(sys.argv[1])
