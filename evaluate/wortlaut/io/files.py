"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from hashlib import file_digest
from pathlib import Path

from wortlaut.errors import WortlautError
from wortlaut.io.reading import raw

_HINT = "Name a file in a folder that is there and can be written."


def check_target(path: Path) -> None:
    """Raises WortlautError where ``path`` cannot be written, before hours go into what it will hold."""
    parent = path.absolute().parent
    faults = {
        "is a folder": path.is_dir(),
        "its folder is not there": not parent.is_dir(),
        "cannot be written: permission denied": not os.access(path if path.exists() else parent, os.W_OK),
    }
    if why := next((why for why, holds in faults.items() if holds), ""):
        raise WortlautError(why, where=str(path), hint=_HINT)


def write_whole(path: Path, data: bytes | str) -> None:
    """Write ``data`` under ``path``: a reader sees the old file or the new one, never a part.

    A link is followed; a device or a pipe (``/dev/stdout``) is written to as it is. Raises WortlautError
    where the folder is missing or cannot be written.
    """
    content = data.encode("utf-8") if isinstance(data, str) else data
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(content)
            return
        replace_file(path.resolve(), content)
    except OSError as error:
        raise WortlautError(
            f"cannot be written: {error.strerror or error}",
            where=str(path),
            hint=_HINT,
        ) from error


def replace_file(path: Path, content: bytes, *, durable: bool = False, private: bool = False) -> None:
    """Put a new file under ``path`` in one step; ``durable``: on the disk before it has the name.

    ``private``: nobody but the owner can read it. Raises OSError, and leaves no temporary file then (their
    names end in ``.tmp``).
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(handle)
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o600 if private else 0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Have it on the disk: a file, or the names in a folder. Not every system can do that for a folder."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def file_hash(path: Path) -> str:
    """SHA-256 of its bytes, in hexadecimal."""
    with raw(path) as file:
        return file_digest(file, "sha256").hexdigest()


def file_hashes(root: Path, paths: Iterable[Path]) -> dict[str, str]:
    """The hash of each file by its path in ``root``, in order."""
    return dict(sorted((path.relative_to(root).as_posix(), file_hash(path)) for path in paths))
