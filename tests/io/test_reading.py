"""Files that are packed, marked, or none: how they are opened."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from wortlaut.errors import DataError, MissingFileError, WortlautError
from wortlaut.io import reading

TEXT = "Ä sagt: „Ja.“\nB nicht.\n"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_what_is_packed_or_marked_is_read(tmp_path: Path, packed: bool, mark: bytes) -> None:
    data = mark + TEXT.encode()
    path = tmp_path / "anything"
    path.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    assert reading.read_text(path) == TEXT
    assert [line for _, line in reading.lines(path)] == TEXT.splitlines()
    with reading.opened(path) as file:
        place = file.tell() + len(file.readline())
        file.seek(place)
        assert file.read() == b"B nicht.\n"


@pytest.mark.parametrize(
    ("content", "what", "where"),
    [
        ("Ja\nÄ.".encode("cp1252"), "at byte 1 of the line", ":2"),
        ("Ä".encode("utf-16"), "is not UTF-8", ":1"),
        (gzip.compress(TEXT.encode() * 9, mtime=0)[:-9], "cannot be unpacked", ""),
        (gzip.compress(TEXT.encode(), mtime=0)[:5], "cannot be unpacked", ""),
    ],
)
def test_what_is_no_text_is_told(tmp_path: Path, content: bytes, what: str, where: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        reading.read_text(path)
    assert what in caught.value.what and caught.value.where == f"{path}{where}" and caught.value.hint


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ('{"a":\n ' + "9" * 5000 + "}", "a number of 5,000 digits", 2),
        ("[" * 100_000, "nested too deeply", 1),
        ('{"a": 1,\n}', "is not JSON", 2),
        ("", "is not JSON", 1),
    ],
)
def test_json_that_cannot_be_read_is_told_with_its_line(
    tmp_path: Path, text: str, what: str, line: int
) -> None:
    (tmp_path / "x").write_text(text)
    with pytest.raises(DataError, match=what) as caught:
        reading.read_json(tmp_path / "x")
    assert caught.value.where == f"{tmp_path / 'x'}:{line}" and caught.value.hint


def test_what_is_no_file_is_told_and_hangs_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name, kind, what in (
        ("none", MissingFileError, "no such file"),
        ("pipe", DataError, "is a pipe"),
        (".", DataError, "is a folder"),
        ("/dev/zero", DataError, "is a device"),
        ("loop", DataError, "cannot be read"),
        (b"\xff".decode(errors="surrogateescape"), DataError, "not UTF-8"),
    ):
        with pytest.raises(kind, match=what) as caught:
            reading.opened(tmp_path / name)
        assert isinstance(caught.value, WortlautError) and caught.value.hint
