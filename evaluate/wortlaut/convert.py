"""One format into another: what could not be carried is reported, and nothing is left half done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory

from wortlaut.corpus.load import stream_corpus
from wortlaut.document import Document
from wortlaut.errors import DataError, MissingFileError, WortlautError, unknown_name
from wortlaut.formats import READERS, WRITERS, Writer, detect, writer
from wortlaut.formats.losses import Loss

#: What the end of a name says about what to write.
SUFFIXES = {
    ".conll": "conll",
    ".conllu": "conllu",
    ".spacy": "docbin",
}


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was written: where, in which format, how many documents were read, what is not in it."""

    out: Path
    format: str
    documents: int
    losses: tuple[Loss, ...]


def convert(
    source: str | Path, out: Path, to: str | None = None, *, strict: bool = False, force: bool = False
) -> Conversion:
    """Write the documents of ``source`` to ``out``, whole or not at all.

    ``source`` is what ``load_corpus`` takes, or a path whose format shows. ``to`` is a format, with options
    as in ``conll?scheme=BILOU``; None tells it from the end of ``out``. With ``strict`` a loss is an error.
    What is there is replaced with ``force`` only, and a folder only if it holds the same format. Raises
    :class:`WortlautError`; then ``out`` is what it was.
    """
    name, write, options = _target(to, out)
    _refuse_to_overwrite(out, name, force)
    read = 0

    def counted() -> Iterator[Document]:
        nonlocal read
        for document in stream_corpus(_source(source)):
            read += 1
            yield document

    losses = _save(out, write, counted(), options, strict)
    return Conversion(out, name, read, losses)


def _save(
    out: Path, write: Writer, documents: Iterable[Document], options: dict[str, str], strict: bool
) -> tuple[Loss, ...]:
    try:
        with TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as folder:
            new, old = Path(folder) / out.name, Path(folder) / "old"
            losses = tuple(write(new, documents, **options))
            if strict and losses:
                count, first = sum(loss.count for loss in losses), losses[0]
                raise DataError(
                    f"{count} losses, the first: {first.kind}, {first.reason} ({first.examples[0]})",
                    where=str(out),
                    hint="Nothing was written. Without --strict the rest is, and every loss is listed.",
                )
            if out.exists() and (out.is_dir() or new.is_dir()):
                out.rename(old)
            try:
                new.rename(out)
            except OSError:
                if old.exists():
                    old.rename(out)
                raise
    except UnicodeEncodeError as error:
        raise DataError("half a surrogate pair cannot be written", where=str(out)) from error
    except WortlautError:
        raise
    except OSError as error:
        raise WortlautError(f"cannot be written: {error.strerror or error}", where=str(out)) from error
    return losses


def _source(source: str | Path) -> str | Path:
    name, colon, _ = str(source).partition(":")
    if str(source) == "gold" or str(source).startswith("gold@") or (colon and name in (*READERS, "hub")):
        return source
    if not Path(source).exists():
        raise MissingFileError(
            "no such file or folder", where=str(source), hint=f"Formats: {', '.join(READERS)}."
        )
    return f"{detect(Path(source))}:{source}"


def _target(to: str | None, out: Path) -> tuple[str, Writer, dict[str, str]]:
    if to is None and out.suffix not in SUFFIXES:
        raise DataError(
            "the format does not show in the name", where=str(out), hint=f"Say --to {', '.join(WRITERS)}."
        )
    name, _, query = (to or SUFFIXES[out.suffix]).partition("?")
    write = writer(name)
    options = {}
    for pair in query.split("&") if query else ():
        key, _, value = pair.partition("=")
        if key not in (known := list(signature(write).parameters)[2:]):
            raise unknown_name(f"option of {name}", key, known)
        options[key] = value
    return name, write, options


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
