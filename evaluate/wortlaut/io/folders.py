"""Replacing a folder whole or not at all, also where the program is killed.

What is new is made in a hidden folder beside its name, ``.NAME.parts``, which one run holds at a time, and
changes places with what is there in one step. Only Linux has that step. Elsewhere, and on file systems that
cannot do it, the old one is moved away before the new one comes: a run that is killed between the two leaves
nothing under the name, and the next run brings the old one back before it begins.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from wortlaut.io.files import sync
from wortlaut.io.locks import LOCK, locked
from wortlaut.io.storage import Folder

#: What renameat2(2) calls the step, and how it names a path that is not relative to a folder.
_RENAME_EXCHANGE, _AT_FDCWD = 2, -100


def target(out: Path) -> Path:
    """Where ``out`` leads: a link stays, and what it points to is replaced."""
    return Path(os.path.realpath(out))


@contextmanager
def parts_of(out: Path) -> Iterator[Path]:
    """The hidden folder beside ``out``, with what a run that was killed left in it; see :func:`emptied`.

    What that run had moved away from the name stands there again. The folder goes if it is empty at the end.
    Raises WortlautError where another run has it, or it cannot be made.
    """
    folder = _parts(out)
    with locked(Folder(folder), out):
        if (folder / "old").exists() and not out.exists():
            (folder / "old").rename(out)
        yield folder


def emptied(folder: Path) -> None:
    """Take all but the lock from the hidden folder."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def put(new: Path, out: Path) -> None:
    """Let ``new``, which lies in the hidden folder of ``out``, stand under that name.

    What stood there is then where ``new`` was. Raises OSError; then ``out`` is what it was.
    """
    with ThreadPoolExecutor(8) as pool:  # a disk takes many at a time; one by one they would take minutes
        list(pool.map(sync, [new, *new.rglob("*")]))
    if not (out.is_dir() or (out.exists() and new.is_dir())):
        new.replace(out)
    elif not _exchanged(new, out):
        old = _parts(out) / "old"
        out.rename(old)
        try:
            new.rename(out)
        except OSError:
            old.rename(out)
            raise
        old.rename(new)
    sync(out.parent)


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """An empty folder to write into; at the end it stands under the name ``out``, unless there was an error.

    A link is followed. Raises WortlautError where another run writes it or it cannot be made; OSError.
    """
    out = target(out)
    with parts_of(out) as folder:
        try:
            emptied(folder)
            (new := folder / "new").mkdir()
            yield new
            put(new, out)
        finally:
            emptied(folder)


def _parts(out: Path) -> Path:
    return out.parent / f".{out.name}.parts"


def _exchanged(one: Path, other: Path) -> bool:
    """Whether the two have changed places; if not, renaming says what is in the way."""
    import ctypes

    try:
        renameat2 = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError, TypeError):  # not Linux, or an old C library
        return False
    paths = os.fsencode(one), os.fsencode(other)
    return bool(renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0)
