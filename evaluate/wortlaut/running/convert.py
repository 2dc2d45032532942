"""One format into another: what could not be carried is reported, and nothing is left half done.

Formats that can be joined are written in parts, in a hidden folder beside the target, so that a conversion
that was broken off goes on behind its last whole part. A part is a stretch of the source that depends on
nothing else: the parts of a second run are those of the first.
"""

from __future__ import annotations

import json
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

from wortlaut.corpus.load import framed, needs_no_path, stream_corpus
from wortlaut.errors import DataError, MissingFileError, WortlautError
from wortlaut.formats import (
    FORMATS,
    WRITTEN,
    Writer,
    detect,
    format_to_write,
    joiner,
    module,
    names_format,
    options,
    quick_count,
    writer,
)
from wortlaut.formats.losses import Loss, Losses
from wortlaut.io.files import write_whole
from wortlaut.io.folders import emptied, parts_of, put, target
from wortlaut.io.reading import exists
from wortlaut.model import Document
from wortlaut.version import VERSION

#: A part ends with the document that reaches one of these.
DOCUMENTS, CHARACTERS = 20_000, 20_000_000
_STATE = "state.json"
#: Called with what is being done, the documents done, and their number (0 where it is not known).
Progress = Callable[[str, int, int], object]


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was written: where, in which format, how many documents were read, what is not in it.

    ``losses`` are what was not read from the source, then what ``format`` cannot hold.

    ``before`` of the documents were converted by an earlier run, which was broken off. ``beside``: what else
    a project of the target needs.
    """

    out: Path
    format: str
    documents: int
    losses: tuple[Loss, ...]
    before: int = 0
    beside: Path | None = None
    changes: tuple[Loss, ...] = ()


def convert(
    source: str | Path,
    out: Path,
    to: str | None = None,
    *,
    scheme: str | None = None,
    strict: bool = False,
    force: bool = False,
    resume: bool = False,
    progress: Progress | None = None,
) -> Conversion:
    """Write the documents of ``source`` to ``out``, whole or not at all.

    ``source`` is what ``load_corpus`` takes, or a path whose format shows. ``to`` is a format, with options
    as in ``conll?scheme=BILOU``; None tells it from the end of ``out``. With a ``scheme`` annotations become
    those of that scheme first (``changes``). With ``strict`` a loss to the format is an error.
    What is there is replaced with ``force`` only, and a folder only if it holds the same format; a link is
    followed. With ``resume`` a run that was broken off goes on; if there was none, this is the first.
    Raises :class:`WortlautError`; then ``out`` is what it was.
    """
    name, write, given = _target(to, out)
    out = target(out) if out.is_symlink() else out
    _refuse_to_overwrite(out, name, force)
    kind, labels = module(name), set[str]()
    beside = out.with_suffix(kind.BESIDE) if hasattr(kind, "BESIDE") else None
    if beside is not None:
        _refuse_to_overwrite(beside, name, force)
    ref = named(source)
    join = joiner(name)
    if resume and join is None:
        raise DataError(
            f"a conversion to {name} begins again, it cannot go on",
            where=str(out),
            hint=f"Run it without --resume. These go on: {', '.join(filter(joiner, WRITTEN))}.",
        )
    what = {"source": str(ref), "files": _fingerprint(ref), "format": to or name, "version": VERSION}
    what["scheme"] = scheme or ""
    spec, _, place = str(ref).partition(":")
    total = quick_count(spec.partition("?")[0], Path(place))
    unread, changes = Losses(spec.partition("?")[0]), Losses(scheme or "")
    read = stream_corpus(ref, unread, scheme=scheme, changes=changes)
    documents = _with_progress(read, f"to {name}", total, progress, labels)
    # The parts, each of which must be gone through before the next is asked for.
    stretches = (_Part(first, documents, join is None) for first in documents)
    with parts_of(out) as folder:
        parts = _finished_parts(folder, what, resume)
        for known in parts:
            _skip(next(stretches, None), known, folder)
        before = sum(part["documents"] for part in parts)
        try:
            for number, part in enumerate(stretches, len(parts)):
                losses = tuple(write(_made(folder / f"{number:05}") / out.name, part, **given))
                if strict and (lost := (*unread, *losses)):
                    raise _refused_losses(lost, out)
                parts.append(part.to_dict(losses))
                if join is not None:
                    write_whole(folder / _STATE, json.dumps({"of": what, "parts": parts}))
            paths = [folder / f"{number:05}" / out.name for number in range(len(parts))]
            if join is not None:
                join(new := _made(folder / "whole") / out.name, paths)
                paths = [new]
            put(paths[0], out)
            if beside is not None:
                write_whole(beside, kind.beside(labels))
        except BaseException as error:
            # Broken data are broken the next time, too; what comes over a network may not be.
            broken = isinstance(error, DataError | UnicodeError) and not str(ref).startswith("hub:")
            kept = (folder / _STATE).exists() and not broken
            if not kept:
                emptied(folder)
            shown = _shown(error, out, folder if kept else None)
            raise shown from (None if shown is error else error)
        emptied(folder)
    found = Losses(name)
    for row in (row for part in parts for row in part["losses"]):
        found.include(*row)
    count = sum(part["documents"] for part in parts)
    return Conversion(out, name, count, (*unread, *found), before, beside, tuple(changes))


# ---------------------------------------------------------------- parts


class _Part:
    """A stretch of a stream of documents, which counts what goes through it."""

    def __init__(self, first: Document, rest: Iterator[Document], whole: bool) -> None:
        self._documents, self._whole = chain([first], rest), whole
        self._texts = sha256()
        self.documents = 0

    def __iter__(self) -> Iterator[Document]:
        characters = 0
        for document in self._documents:
            self.documents += 1
            characters += len(document.text)
            self._texts.update(framed(document.id, document.text))
            yield document
            if not self._whole and (self.documents >= DOCUMENTS or characters >= CHARACTERS):
                return

    def to_dict(self, losses: Iterable[Loss]) -> dict[str, Any]:
        """What is kept of a part beside its file."""
        return {
            "documents": self.documents,
            "texts": self._texts.hexdigest(),
            "losses": [[loss.kind, loss.reason, loss.count, list(loss.examples)] for loss in losses],
        }


def _skip(part: _Part | None, known: dict[str, Any], folder: Path) -> None:
    deque(part or (), maxlen=0)  # goes through it
    if part is None or part.to_dict(()) != known | {"losses": []}:
        raise _other_run("the source does not give the documents that it gave before", folder)


def _with_progress(
    documents: Iterable[Document], what: str, total: int, progress: Progress | None, labels: set[str]
) -> Iterator[Document]:
    """The documents, whose labels are collected as they pass."""
    for read, document in enumerate(documents, 1):
        labels.update(entity.label for entity in document.entities)
        yield document
        if progress and read % 100 == 0:
            progress(what, read, total)


def _refused_losses(losses: Sequence[Loss], out: Path) -> DataError:
    count, first = sum(loss.count for loss in losses), losses[0]
    return DataError(
        f"{count} losses, the first: {first.kind}, {first.reason} ({first.examples[0]})",
        where=str(out),
        hint="Nothing was written. Without --strict the rest is, and every loss is listed.",
    )


# ---------------------------------------------------------------- the hidden folder


def _finished_parts(folder: Path, what: dict[str, str], resume: bool) -> list[dict[str, Any]]:
    """The parts of a run that was broken off, if it is to be gone on with."""
    if not (folder / _STATE).exists():
        return []
    state = json.loads((folder / _STATE).read_text("utf-8"))
    parts: list[dict[str, Any]] = state["parts"]
    if not resume:
        raise _other_run(
            f"an earlier run was broken off after {sum(part['documents'] for part in parts)} documents",
            folder,
            "Go on: --resume. ",
        )
    for key, value in state["of"].items():
        if value != what[key]:
            other = "the source has changed since" if key == "files" else f"its {key} was {value}"
            raise _other_run(f"an earlier run was broken off, but {other}", folder)
    return parts


def _other_run(what: str, folder: Path, hint: str = "") -> WortlautError:
    return WortlautError(what, where=str(folder), hint=f"{hint}To begin again, remove this folder.")


def _made(folder: Path) -> Path:
    """An empty folder: what a run that was broken off left in it is no whole part."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _shown(error: BaseException, out: Path, kept: Path | None) -> BaseException:
    """The error as it is shown, with how to go on where something was kept."""
    if isinstance(error, KeyboardInterrupt) and kept:
        error = WortlautError("interrupted", where=str(out))
    elif isinstance(error, UnicodeEncodeError):
        error = DataError("half a surrogate pair cannot be written", where=str(out))
    elif isinstance(error, OSError) and not isinstance(error, WortlautError):
        error = WortlautError(f"cannot be written: {error.strerror or error}", where=str(out))
    if isinstance(error, WortlautError) and kept:
        go_on = f"The same command with --resume goes on from what is in {kept}."
        error.hint = " ".join(filter(None, (error.hint, go_on)))
    return error


def _fingerprint(ref: str | Path) -> str:
    """Of the sizes and times of the source's files; empty where it is none on this machine."""
    path = Path(str(ref).partition(":")[2])
    if str(ref).startswith("hub:") or not path.exists():
        return ""
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    stated = ((file.relative_to(path), file.stat()) for file in files)
    lines = "".join(f"{name} {stat.st_size} {stat.st_mtime_ns}\n" for name, stat in stated)
    return sha256(lines.encode()).hexdigest()


def named(source: str | Path) -> str | Path:
    """What ``load_corpus`` takes for a path whose format shows. Raises where it does not, or is not there."""
    text = str(source)
    if needs_no_path(text) or names_format(text):
        return source
    if not exists(Path(source)):
        raise MissingFileError(
            "no such file or folder", where=str(source), hint=f"Formats: {', '.join(FORMATS)}."
        )
    return f"{detect(Path(source))}:{source}"


def _target(to: str | None, out: Path) -> tuple[str, Writer, dict[str, Any]]:
    if (to := to or format_to_write(out)) is None:
        raise DataError(
            "the format does not show in the name", where=str(out), hint=f"Say --to {', '.join(WRITTEN)}."
        )
    name, _, query = to.partition("?")
    write = writer(name)
    return name, write, options(name, query, write, 2)


def _refuse_to_overwrite(out: Path, name: str, force: bool) -> None:
    if not out.absolute().parent.is_dir():
        raise MissingFileError("its folder is not there", where=str(out), hint="Make it first.")
    if not out.exists():
        return
    if not force:
        raise DataError("is there already", where=str(out), hint="Choose another name, or say --force.")
    if out.is_dir() and any(out.iterdir()) and _held(out) != name:
        raise DataError(
            f"is a folder that holds something else than {name}, and is not replaced",
            where=str(out),
            hint="Choose another name, or remove it yourself.",
        )


def _held(folder: Path) -> str:
    try:
        return detect(folder)
    except DataError:
        return ""
