"""One run at a time in a folder, on a disk or behind a URL, or at a file."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from wortlaut.errors import MissingFileError, WortlautError
from wortlaut.io.storage import Folder, unwritable

LOCK = ".lock"
#: Seconds that a run waits for others which are changing the same file.
_PATIENCE = 60


@contextmanager
def locked(folder: Folder, where: object = None) -> Iterator[None]:
    """Keep other runs out of the folder, which is made, and goes again if nothing was written into it.

    On a disk the lock goes with the process that holds it. Behind a URL it is a file, which a run that was
    killed leaves behind; the next one on the same machine sees that its owner is dead.
    ``where`` is what the user named, if not the folder. Raises WortlautError where another run is in it.
    """
    from filelock import FileLock, Timeout

    owner = {"host": socket.gethostname(), "pid": os.getpid(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}
    if folder.path is None:
        _take(folder, owner)
        try:
            yield
        finally:
            folder.remove(LOCK)
        return
    path = folder.path / LOCK
    lock = FileLock(path, timeout=0, fallback_to_soft=False)
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except (Timeout, FileNotFoundError):  # not found: the run before has just removed the folder
        found = {}
        with suppress(OSError, ValueError):
            found = json.loads(path.read_text("utf-8"))
        raise _busy(where or folder, found) from None
    except OSError as error:
        raise unwritable(error, str(where or folder)) from error
    try:
        with suppress(OSError):  # a full disk: the lock holds without a name on it
            path.write_text(json.dumps(owner), "utf-8")
        yield
    finally:
        with suppress(OSError):
            path.unlink()
            folder.path.rmdir()
        lock.release()


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until no other process of this user on this machine changes the file.

    The lock is a file among the temporary ones, since a file beside it would be committed with it.
    Raises WortlautError where the others take too long.
    """
    from filelock import FileLock, Timeout

    name = sha256(os.fsencode(path.resolve())).hexdigest()[:32]
    user = os.getuid() if hasattr(os, "getuid") else ""
    lock = FileLock(Path(gettempdir()) / f"wortlaut-{user}-{name}.lock", timeout=_PATIENCE)
    try:
        lock.acquire()
    except Timeout:
        raise _busy(path, {}) from None
    except OSError as error:
        raise unwritable(error, lock.lock_file) from error
    try:
        yield
    finally:
        lock.release()


def _take(folder: Folder, owner: Mapping[str, Any]) -> None:
    with suppress(MissingFileError):
        found = json.loads(folder.read(LOCK))
        if found["host"] != owner["host"] or _lives(found["pid"]):
            error = _busy(folder, found)
            error.hint += f" If it is dead, remove {folder}/{LOCK}."
            raise error
    folder.write(LOCK, json.dumps(owner).encode())


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _busy(where: object, owner: Mapping[str, Any]) -> WortlautError:
    who = f" ({owner['host']}, process {owner['pid']}, since {owner['since']})" if owner else ""
    return WortlautError(
        f"another run is writing it{who}", where=str(where), hint="Wait for it, or choose another name."
    )
