"""The probes as a corpus: the frozen release that the package holds, and fresh ones from a seed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qsl

from wortlaut.errors import DataError, MissingFileError, unknown_name
from wortlaut.formats.dataset import table_batches
from wortlaut.io.files import file_hash
from wortlaut.io.reading import read_json
from wortlaut.model import Document
from wortlaut.probes.generate import SIZE, generate
from wortlaut.probes.lexicon import HALVES

#: Name of the half → split of the dataset.
SPLITS = {"development": "validation", "test": "test"}
#: What the tables of the frozen release are: version, hash of the documents, checksums of the files.
ABOUT = "about.json"
_NAMES = ("phenomenon", "contrast", "template")
OPTIONS = ("seed", "size", "half", "only")
_REF = re.compile(r"probes(?:@([^?]*))?(?:\?(.*))?")


def documents(ref: str) -> Iterator[Document]:
    """What ``probes``, ``probes@VERSION`` or ``probes?seed=7&size=10&half=test&only=NAME`` names.

    Without a seed the frozen release, of which ``half`` and ``only`` (a phenomenon, a contrast or a template)
    choose; with one, fresh items. Raises DataError and UnknownNameError.
    """
    found = _REF.fullmatch(ref)
    if found is None:
        raise unknown_name("corpus", ref, ["probes"])
    version, options = found[1], dict(parse_qsl(found[2] or "", keep_blank_values=True))
    for name in options:
        if name not in OPTIONS:
            raise unknown_name("option of probes", name, OPTIONS)
    half, only = options.get("half", ""), options.get("only", "")
    if "seed" in options or "size" in options:
        if version is not None:
            raise DataError(
                "a frozen version has no seed and no size", where=ref, hint="Write probes?seed=7."
            )
        seed, size = (_number(options, name, one, ref) for name, one in (("seed", 1), ("size", SIZE)))
        return generate(seed, size, half, only)
    if half and half not in HALVES:
        raise unknown_name("half", half, HALVES)
    return _chosen(half, only)


def _number(options: dict[str, str], name: str, otherwise: int, ref: str) -> int:
    given = options.get(name, str(otherwise))
    if not given.isdecimal() or (name == "size" and int(given) < 2):
        least = "a whole number, from 2" if name == "size" else "a whole number"
        raise DataError(f"{name}={given} is not {least}", where=ref, hint=f"Write {name}=40.")
    return int(given)


def release() -> list[Path]:
    """The tables of the frozen release, one a half."""
    folder = Path(str(files("wortlaut"))) / "probes" / "data" / "release"
    return [folder / f"{split}.parquet" for split in SPLITS.values()]


def frozen_hash() -> str:
    """The hash of the frozen documents, by checksums of their files. Raises a DataError where one differs."""
    about = read_json(release()[0].parent / ABOUT, "Install the package again.")
    for file in release():
        if file_hash(file) != about["files"].get(file.name):
            raise DataError(
                "the frozen probes are damaged", where=str(file), hint="Install the package again."
            )
    return str(about["hash"])


def frozen_documents() -> Iterator[Document]:
    """All of the frozen release."""
    for file in release():
        if not file.is_file():
            raise MissingFileError(
                "the frozen probes are not here", where=str(file), hint="Write probes?seed=1."
            )
        for batch in table_batches(file):
            yield from batch.documents()


def _chosen(half: str, only: str) -> Iterator[Document]:
    held = list(frozen_documents())
    names = {name for one in held for key, name in one.meta if key in _NAMES}
    if only and only not in names:
        raise unknown_name("phenomenon, contrast or template", only, sorted(names))
    for one in held:
        meta = dict(one.meta)
        named = {meta[key] for key in _NAMES if key in meta}
        if half in ("", meta["half"]) and (not only or only in named):
            yield one
