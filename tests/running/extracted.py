"""Corpora, runs and folders for the tests of extraction."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from command import WORTLAUT
from command import run as run_command
from faulty import SPEC

from wortlaut.formats.shards import iter_failures, iter_shards, read_manifest
from wortlaut.model import Annotations
from wortlaut.running.extraction import Extraction, extract


def texts(count: int, words: Mapping[int, str] | None = None) -> dict[str, str]:
    """Id → text; ``words`` are first words for the faulty extractor. Ids are not in order."""
    words = words or {}
    return {
        f"{chr(97 + i % 7)}{i:04}": f"{words.get(i, 'Text')} {i} über die UNO und die NATO \U0001f642."
        for i in range(count)
    }


def jsonl(path: Path, documents: Mapping[str, str]) -> str:
    lines = [json.dumps({"id": name, "text": text}) + "\n" for name, text in documents.items()]
    path.write_text("".join(lines), "utf-8")
    return str(path)


def run(corpus: str, out: Path | str, spec: str = SPEC, **options: Any) -> Extraction:
    return extract(corpus, spec, str(out), **{"shard_size": 20, "batch_size": 8, **options})


def command(*arguments: str | Path, cwd: Path) -> list[str]:
    return [str(WORTLAUT), "extract", *map(str, arguments)]


def cli(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """``wortlaut extract``; what an extractor prints may look like a traceback."""
    return run_command("extract", *arguments, cwd=cwd)


def found(out: Path | str) -> dict[str, Annotations]:
    """Id → annotations over all shards; an id that is there twice fails."""
    rows = [(name, annotations) for _, shard in iter_shards(out) for name, _, annotations in shard]
    assert len(dict(rows)) == len(rows)
    return dict(rows)


def failures(out: Path | str) -> dict[str, str]:
    """Id → kind of failure."""
    rows = [(row["id"], row["kind"]) for row in iter_failures(out)]
    assert len(dict(rows)) == len(rows)
    return dict(rows)


def files(out: Path) -> dict[str, bytes]:
    """Name → content of all files in the folder, but for what was run on what."""
    return {
        file.relative_to(out).as_posix(): file.read_bytes()
        for file in sorted(out.rglob("*"))
        if file.is_file() and file.name != "manifest.json"
    }


def shards(out: Path | str) -> list[dict[str, Any]]:
    return [
        {name: getattr(shard, name) for name in type(shard).__slots__} for shard in read_manifest(out).shards
    ]


def asked(log: Path) -> list[str]:
    """The ids that the extractor answered, in order."""
    return [line.split()[1] for line in log.read_text("utf-8").splitlines()] if log.exists() else []
