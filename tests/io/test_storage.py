"""Folders on a disk and behind a URL: written whole, told in sentences."""

from __future__ import annotations

import importlib.util
import pickle
from pathlib import Path

import pytest

from wortlaut.errors import DataError, MissingExtraError, MissingFileError, WortlautError
from wortlaut.io.storage import Folder, is_url, local


@pytest.fixture(params=["path", "file", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    places = {
        "path": tmp_path / "out",
        "file": f"file://{tmp_path}/out",
        "memory": f"memory://{tmp_path.name}",
    }
    return Folder(places[request.param])


def test_files_are_written_read_listed_and_removed(folder: Folder) -> None:
    assert folder.names() == folder.names("shards") == []
    folder.write("shards/b", b"1")
    folder.write("shards/a", b"2")
    folder.write("shards/b", b"3")
    folder.write("m", b"")
    assert folder.read("shards/b") == b"3"
    assert (folder.names(), folder.names("shards")) == (["m", "shards"], ["a", "b"])
    folder.remove("shards/b")
    folder.remove("shards/b")
    assert pickle.loads(pickle.dumps(folder)).names("shards") == ["a"]
    with pytest.raises(MissingFileError, match=r"/shards/b: no such file$"):
        folder.read("shards/b")


def test_a_file_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    folder.write("a", b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(
        WortlautError, match=rf"^{tmp_path}/a: cannot be written: No space left on device\n  Make room"
    ):
        folder.write("a", b"new")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a", b"old")]


def test_an_empty_name_is_not_the_root() -> None:
    with pytest.raises(DataError, match="the name of a folder is empty"):
        Folder("")


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(
        WortlautError, match=r"cannot be written: Not a directory|cannot be written: File exists"
    ):
        Folder(tmp_path / "a").write("b", b"")


def test_urls_are_told_from_paths() -> None:
    assert [is_url(ref) for ref in ("s3://b/k", "memory://x", "hf://datasets/a/b")] == [True] * 3
    assert [is_url(ref) for ref in ("gold", "hub:a/b", "file:///x", "C:\\x", "conll:a", "://")] == [False] * 6
    assert local("file:///x/y") == local("/x/y") == Path("/x/y")


def test_what_opens_no_url_is_told() -> None:
    with pytest.raises(DataError, match="nosuch"):
        Folder("nosuch://x")
    if importlib.util.find_spec("s3fs") is None:
        with pytest.raises(MissingExtraError, match="s3fs"):
            Folder("s3://bucket/x")
