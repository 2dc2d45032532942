"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from wortlaut.errors import WortlautError


def write_whole(path: Path, data: bytes | str) -> None:
    """Write ``data`` under ``path``: a reader sees the old file or the new one, never a part.

    Raises WortlautError where the folder is missing or cannot be written.
    """
    content = data.encode("utf-8") if isinstance(data, str) else data
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WortlautError(
            f"cannot be written: {error.strerror or error}",
            where=str(path),
            hint="Name a file in a folder that is there and can be written.",
        ) from error
