"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from wortlaut.errors import WortlautError

_HINT = "Name a file in a folder that is there and can be written."


def check_target(path: Path) -> None:
    """Raises WortlautError where ``path`` cannot be written, before hours go into what it will hold."""
    if path.is_dir():
        why = "is a folder"
    elif not path.absolute().parent.is_dir():
        why = "its folder is not there"
    elif not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        why = "cannot be written: permission denied"
    else:
        return
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
        target = path.resolve()
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WortlautError(
            f"cannot be written: {error.strerror or error}",
            where=str(path),
            hint=_HINT,
        ) from error
