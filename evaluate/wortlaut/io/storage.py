"""A folder of files that are written whole: on a disk, or behind a URL that fsspec opens."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError, MissingExtraError, MissingFileError, WortlautError
from wortlaut.io.files import replace_file, sync
from wortlaut.io.reading import check_readable


def is_url(ref: str) -> bool:
    """Whether ``ref`` names a place behind fsspec; ``file://`` is a local path."""
    scheme, mark, _ = ref.partition("://")
    return bool(mark) and scheme.replace("+", "").isalnum() and scheme != "file"


def local(ref: str) -> Path:
    """The path of a reference that is no URL, ``file://`` taken off."""
    return Path(ref.removeprefix("file://"))


def opened(url: str) -> tuple[Any, str]:
    """fsspec's file system and the path in it. Raises MissingExtraError, DataError."""
    import fsspec

    try:
        return fsspec.core.url_to_fs(url)  # type: ignore[no-any-return]
    except ImportError as error:
        raise MissingExtraError(str(error), where=url, hint="Install what opens it, such as s3fs.") from error
    except ValueError as error:
        raise DataError(str(error), where=url) from error


class Folder:
    """``ref`` is a path or a URL. Names are relative, with ``/``; an OSError becomes a WortlautError.

    Raises DataError where it is empty: an unset variable must not mean the root.
    """

    def __init__(self, ref: str | Path) -> None:
        if not str(ref):
            raise DataError("the name of a folder is empty", hint="Name one; . is this one.")
        self.ref = str(ref).rstrip("/") or "/"
        self.path = None if is_url(self.ref) else local(self.ref)
        if self.path is None:
            self._fs, self._root = opened(self.ref)

    def __str__(self) -> str:
        return self.ref

    def __reduce__(self) -> tuple[object, ...]:
        return Folder, (self.ref,)

    def read(self, name: str) -> bytes:
        """Raises MissingFileError, and WortlautError for what cannot be read."""
        try:
            if self.path is not None:
                check_readable(self.path / name)
                return (self.path / name).read_bytes()
            return bytes(self._fs.cat_file(f"{self._root}/{name}"))
        except FileNotFoundError:
            raise MissingFileError("no such file", where=f"{self}/{name}") from None
        except OSError as error:
            raise self._error("cannot be read", name, error) from error

    def write(self, name: str, data: bytes) -> None:
        """Under its name stands the old file or the new one, never a part, also when the power goes.

        A URL must lead to a store that shows a file when all of it is there, as object stores do.
        """
        try:
            if self.path is None:
                # Where folders are real they must be made; an object store has none.
                self._fs.makedirs(f"{self._root}/{name}".rpartition("/")[0], exist_ok=True)
                self._fs.pipe_file(f"{self._root}/{name}", data)
                return
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            replace_file(target, data, durable=True)
            sync(target.parent)
        except OSError as error:
            raise unwritable(error, f"{self}/{name}") from error

    def names(self, under: str = "") -> list[str]:
        """The names of the files in the folder ``under``, sorted, temporary ones included."""
        try:
            if self.path is not None:
                place = self.path / under
                return sorted(file.name for file in place.iterdir()) if place.is_dir() else []
            root = f"{self._root}/{under}".rstrip("/")
            found = self._fs.ls(root, False) if self._fs.isdir(root) else []
            return sorted(str(name).rstrip("/").rpartition("/")[2] for name in found)
        except OSError as error:
            raise self._error("cannot be listed", under, error) from error

    def remove(self, name: str) -> None:
        try:
            if self.path is not None:
                (self.path / name).unlink(missing_ok=True)
            elif self._fs.exists(f"{self._root}/{name}"):
                self._fs.rm_file(f"{self._root}/{name}")
        except OSError as error:
            raise self._error("cannot be removed", name, error) from error

    def _error(self, what: str, name: str, error: OSError) -> WortlautError:
        where = f"{self}/{name}".rstrip("/")
        hint = "See who may read and write it, and whether its disk is whole."
        return WortlautError(f"{what}: {error.strerror or error}", where=where, hint=hint)


def unwritable(error: OSError, where: str) -> WortlautError:
    """Why nothing can be written there, and what can be done."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    hint = "Make room: the same command goes on." if full else "Name a place that can be written."
    return WortlautError(f"cannot be written: {error.strerror or error}", where=where, hint=hint)
