"""Opening the files that users name: the one place that says why a file cannot be read.

What is packed by gzip is unpacked, told by its first bytes whatever it is called; a UTF-8 byte order mark at
the beginning is passed over. ``-`` is standard input, which is kept, so that it can be read more than once.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import stat
import sys
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from shlex import quote
from typing import IO, Any

from wortlaut.errors import DataError, MissingFileError

STANDARD_INPUT = Path("-")
_GZIP, _MARK = b"\x1f\x8b", b"\xef\xbb\xbf"
_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
#: Bytes that are unpacked at a time.
_BLOCK = 1 << 20


def exists(path: Path) -> bool:
    """Whether there is a file or folder, or standard input is meant."""
    return path == STANDARD_INPUT or path.exists()


@cache
def _standard_input() -> bytes:
    try:
        empty = os.path.samestat(os.fstat(sys.stdin.fileno()), Path(os.devnull).stat())
    except (AttributeError, OSError, ValueError):  # closed, or no file of the system
        empty = sys.stdin is None
    if empty:
        hint = "A process of its own, as of --isolate, has none. Write what it gives into a file first."
        raise DataError("there is no standard input here", where=str(STANDARD_INPUT), hint=hint)
    return sys.stdin.buffer.read()


def check_readable(path: Path, hint: str = "") -> None:
    """Raises MissingFileError or DataError where ``path`` is no file, or has a name that nothing can hold."""
    if path == STANDARD_INPUT:
        return
    where = str(path)
    try:
        where.encode()
        mode = path.stat().st_mode
    except UnicodeEncodeError:
        raise DataError("its name is not UTF-8", where=where, hint="Rename it.") from None
    except (FileNotFoundError, NotADirectoryError):
        raise MissingFileError("no such file", where=where, hint=hint or "Check the path.") from None
    except OSError as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "a device")
        what = "Name the file in it." if stat.S_ISDIR(mode) else "Write what it gives into a file first."
        raise DataError(f"is {kind}, not a file", where=where, hint=what)


def raw(path: Path, hint: str = "") -> io.BufferedReader | io.BytesIO:
    """The bytes of a file as they are. Raises what :func:`check_readable` does."""
    check_readable(path, hint)
    try:
        return io.BytesIO(_standard_input()) if path == STANDARD_INPUT else path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error


def raw_bytes(path: Path, hint: str = "") -> bytes:
    """All that :func:`raw` gives."""
    with raw(path, hint) as file:
        return file.read()


def opened(path: Path, hint: str = "", *, mark: bool = False) -> IO[bytes]:
    """The bytes of a file, unpacked, from behind a byte order mark on; ``tell`` counts unpacked bytes.

    Raises what :func:`check_readable` does, and DataError, also while it is read, for what is damaged.
    ``hint`` says where such a file comes from, if there is none. ``mark``: a byte order mark is read, too.
    """
    return content(raw(path, hint), str(path), mark=mark)


def content(file: IO[bytes], where: str, *, mark: bool = False) -> IO[bytes]:
    """The same of a file that is open at its beginning."""
    try:
        if file.read(2) == _GZIP:
            file.seek(0)
            file = io.BufferedReader(_Unpacked(where, file), _BLOCK)
        file.seek(0)
        if mark or file.read(3) != _MARK:
            file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


class _Unpacked(io.RawIOBase):
    """The content of a file that gzip packed; what is damaged is told with the name of the file."""

    def __init__(self, where: str, packed: IO[bytes]) -> None:
        self._where, self._packed = where, packed
        self._file = gzip.GzipFile(fileobj=packed, mode="rb")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            return self._file.readinto(buffer)
        except (OSError, EOFError, zlib.error) as error:
            hint = "It may be cut short or damaged: fetch it again."
            raise DataError(f"cannot be unpacked: {error}", where=self._where, hint=hint) from error

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        self._packed.close()
        super().close()


def read_bytes(path: Path, hint: str = "", *, mark: bool = False) -> bytes:
    """All that :func:`opened` gives."""
    with raw(path, hint) as stream:
        try:
            data = stream.read()
        except OSError as error:
            raise _unreadable(path, error) from error
    if data.startswith(_GZIP):
        with content(io.BytesIO(data), str(path), mark=mark) as file:
            return file.read()
    return data if mark else data.removeprefix(_MARK)


def read_text(path: Path, hint: str = "", *, mark: bool = False) -> str:
    """The text of a file in UTF-8, line ends as they are."""
    return decoded(read_bytes(path, hint, mark=mark), path)


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of every line, without line end or byte order mark; strict UTF-8."""
    with opened(path) as file:
        for number, raw in enumerate(file, 1):
            yield number, decoded(raw, path, number).rstrip("\r\n")


def decoded(data: bytes, path: Path | str, line: int = 0) -> str:
    """``data`` from UTF-8, where it is the ``line`` of the file, or all of it. Raises DataError."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        number = line or data.count(b"\n", 0, error.start) + 1
        start = error.start if line else error.start - (data.rfind(b"\n", 0, error.start) + 1)
        utf16 = number == 1 and data[:2] in (b"\xff\xfe", b"\xfe\xff")
        source = "UTF-16" if utf16 else "WINDOWS-1252"
        guess = "" if utf16 else " (or from what it really is)"
        raise DataError(
            f"is not UTF-8: {error.reason} at byte {start + 1} of the line",
            where=f"{path}:{number}",
            hint=f"Convert it: iconv -f {source} -t UTF-8 {quote(str(path))} > COPY{guess}",
        ) from None


def read_json(path: Path, hint: str = "", **options: Any) -> Any:
    """The JSON value of a whole file; ``options`` are those of :func:`json.loads`. Raises DataError."""
    text = read_text(path, hint)
    try:
        return json.loads(text, **options)
    except DataError:
        raise
    except (ValueError, RecursionError) as error:
        what, at = json_fault(error, text)
        where = f"{path}:{text.count(chr(10), 0, at) + 1}"
        raise DataError(f"is not JSON: {what}", where=where, hint=hint or "Write it anew.") from None


def json_fault(error: Exception, text: str, at: int = 0) -> tuple[str, int]:
    """Why ``text`` could not be read as JSON from ``at`` on, and where in it."""
    if isinstance(error, json.JSONDecodeError):
        return error.msg, error.pos
    if isinstance(error, RecursionError):
        return "it is nested too deeply to be read", at
    # Python reads no integer of more digits, and does not say which one it was.
    if long := re.compile(rf"\d{{{sys.get_int_max_str_digits() or 4300},}}").search(text, at):
        return f"it holds a number of {len(long[0]):,} digits", long.start()
    return str(error), at


def unpacked(path: Path) -> Path:
    """What the file is called when it is unpacked: without a last ``.gz``."""
    if path == STANDARD_INPUT:
        return Path("stdin")
    return path.with_suffix("") if path.suffix == ".gz" else path


def _unreadable(path: Path, error: OSError) -> DataError:
    hint = "See who may read it, and whether its disk is whole."
    return DataError(f"cannot be read: {error.strerror or error}", where=str(path), hint=hint)
