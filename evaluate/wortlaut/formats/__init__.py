"""File formats: one module each, with ``read(path) -> Iterator[Document]``, imported only when used."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import cast

from wortlaut.errors import DataError, unknown_name
from wortlaut.formats.losses import Losses
from wortlaut.model import Document

Reader = Callable[[Path], Iterator[Document]]
#: ``write(path, documents, **options) -> Losses``; ``path`` is not there yet.
Writer = Callable[..., Losses]
#: ``join(path, parts)`` makes of files or folders that ``write`` wrote what it would write of them all.
Joiner = Callable[[Path, Sequence[Path]], None]

#: What a corpus can be read from: name → module.
READERS = {
    "native": "wortlaut.formats.native",
    "dataset": "wortlaut.formats.dataset",
    "predictions": "wortlaut.formats.predictions",
    "german-news-quotation": "wortlaut.formats.german_news_quotation",
    "germeval": "wortlaut.formats.germeval",
    "hipe": "wortlaut.formats.hipe",
    "conll": "wortlaut.formats.conll",
    "conllu": "wortlaut.formats.conllu",
    "brat": "wortlaut.formats.brat",
    "label-studio": "wortlaut.formats.label_studio",
    "doccano": "wortlaut.formats.doccano",
    "prodigy": "wortlaut.formats.prodigy",
    "inception": "wortlaut.formats.inception",
    "docbin": "wortlaut.formats.docbin",
    "tei": "wortlaut.formats.tei",
    "web-annotation": "wortlaut.formats.web_annotation",
}
#: What can be written: name → module.
WRITERS = {
    "native": "wortlaut.formats.native",
    "dataset": "wortlaut.formats.dataset",
    "predictions": "wortlaut.formats.predictions",
    "label-studio": "wortlaut.formats.label_studio",
    "doccano": "wortlaut.formats.doccano",
    "prodigy": "wortlaut.formats.prodigy",
    "inception": "wortlaut.formats.inception",
    "docbin": "wortlaut.formats.docbin",
    "tei": "wortlaut.formats.tei",
    "web-annotation": "wortlaut.formats.web_annotation",
    "brat": "wortlaut.formats.brat",
    "conll": "wortlaut.formats.conll",
    "conllu": "wortlaut.formats.conllu",
    "german-news-quotation": "wortlaut.formats.german_news_quotation",
    "germeval": "wortlaut.formats.germeval",
    "hipe": "wortlaut.formats.hipe",
}


def reader(name: str) -> Reader:
    """The ``read`` function of the format ``name``. Raises UnknownNameError, with near names."""
    if name not in READERS:
        raise unknown_name("format", name, READERS)
    return cast(Reader, import_module(READERS[name]).read)


def writer(name: str) -> Writer:
    """The ``write`` function of the format ``name``. Raises UnknownNameError, with near names."""
    if name not in WRITERS:
        raise unknown_name("format to write", name, WRITERS)
    return cast(Writer, import_module(WRITERS[name]).write)


def joiner(name: str) -> Joiner | None:
    """The ``join`` function of the format ``name``; None where it must be written in one go."""
    return cast(Joiner | None, getattr(import_module(WRITERS[name]), "join", None))


def detect(path: Path) -> str:
    """The format of a file or folder by its content.

    Raises DataError where nothing fits.
    """
    if path.is_dir():
        if (path / "README.md").is_file() and any(path.rglob("*.parquet")):
            return "dataset"
        for pattern, name in _FOLDERS.items():
            if any(path.rglob(pattern)):
                return name
    elif path.suffix in _SUFFIXES:
        return _SUFFIXES[path.suffix]
    elif path.suffix == ".jsonl":
        return _lines(path)
    elif path.suffix == ".json":
        return (
            "label-studio" if _head(path).lstrip("\ufeff \r\n\t").startswith("[") else "german-news-quotation"
        )
    elif path.suffix in (".ann", ".txt") and path.with_suffix(".ann").is_file():
        return "brat"
    else:
        head = _head(path)
        if head.startswith("TOKEN\tNE-COARSE-LIT"):
            return "hipe"
        rows = [line.split("\t") for line in head.splitlines() if line and not line.startswith("#")][:-1]
        if rows and all(len(row) == 4 and row[0].isdigit() and _tag(row[2]) and _tag(row[3]) for row in rows):
            return "germeval"
        if any(_tag(field) for line in head.splitlines() for field in line.split()):
            return "conll"
    raise DataError(
        "the format does not show",
        where=str(path),
        hint=f"Name it, as one of {', '.join(READERS)}: conll:FILE",
    )


#: Files that say what a folder holds, in the order in which they are looked for.
_FOLDERS = {
    "*.ann": "brat",
    "*.jsonld": "web-annotation",
    "*.xmi": "inception",
    "*.spacy": "docbin",
    "*.json": "german-news-quotation",
    "*.jsonl": "native",
    "*.conllu": "conllu",
    "*.xml": "tei",
}
_SUFFIXES = {
    ".jsonld": "web-annotation",
    ".xmi": "inception",
    ".conllu": "conllu",
    ".xml": "tei",
    ".tei": "tei",
    ".spacy": "docbin",
    **dict.fromkeys((".conll", ".bio", ".iob", ".iob1", ".iob2", ".bioes", ".bilou"), "conll"),
}


def _lines(path: Path) -> str:
    """Which of the formats of JSON lines the first line is in."""
    with path.open(encoding="utf-8", errors="replace") as file:
        try:
            first = json.loads(file.readline())
        except (ValueError, RecursionError):
            first = None
    keys = set(first) if isinstance(first, dict) else set()
    entities = first.get("entities") if isinstance(first, dict) else None
    inner = entities[0] if isinstance(entities, list) and entities else None
    if "kind" in keys and "text" not in keys:
        return "native"
    if keys & {"spans", "tokens", "_input_hash"}:
        return "prodigy"
    if keys & {"relations", "label", "labels"} or (isinstance(inner, dict) and "start_offset" in inner):
        return "doccano"
    return "predictions"


def _head(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(4096)


def _tag(field: str) -> bool:
    return field == "O" or field[:2] in ("B-", "I-", "E-", "S-", "L-", "U-")
