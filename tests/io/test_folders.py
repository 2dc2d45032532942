"""Folders are replaced whole or not at all, by one run at a time, and links stay links."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from wortlaut.errors import WortlautError
from wortlaut.io import folders
from wortlaut.io.folders import put, whole_folder


@pytest.fixture(params=["exchange", "renames"])
def out(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds the file ``old``; replaced in one step, or in two."""
    if request.param == "renames":
        monkeypatch.setattr(folders, "_exchanged", lambda one, other: False)
    elif not sys.platform.startswith("linux"):
        pytest.skip("only Linux exchanges two folders")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/old").write_text("1")
    return tmp_path / "out"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write(out: Path) -> None:
    with whole_folder(out) as new:
        (new / "a").mkdir()
        (new / "a/new").write_text("2")


def test_the_new_one_stands_under_the_name_and_nothing_beside_it(out: Path) -> None:
    write(out)
    write(out.parent / "deeper/and/deeper")
    assert names(out) == names(out.parent / "deeper/and/deeper") == ["a"]
    assert names(out.parent) == ["deeper", "out"]


def test_after_an_error_the_old_one_is_there(out: Path) -> None:
    with pytest.raises(ZeroDivisionError), whole_folder(out) as new:
        (new / "half").write_text("2")
        raise ZeroDivisionError
    assert names(out.parent) == ["out"] and names(out) == ["old"]


def test_a_link_stays_and_leads_to_the_new_one(out: Path) -> None:
    (out.parent / "elsewhere").mkdir()
    link = out.parent / "elsewhere/link"
    link.symlink_to("../out")
    write(link)
    assert link.is_symlink() and names(link) == names(out) == ["a"]
    (link.parent / "ahead").symlink_to("not-there-yet")
    write(link.parent / "ahead")
    assert names(link.parent) == ["ahead", "link", "not-there-yet"]


def test_what_a_dead_run_left_is_cleared_and_a_live_one_is_left_alone(out: Path) -> None:
    stray = out.parent / ".out.parts"
    (stray / "new/half").mkdir(parents=True)
    (stray / "new/link").symlink_to(out)
    (stray / ".lock").write_text("{}")
    with whole_folder(out) as new:
        assert names(new) == []
        with pytest.raises(WortlautError, match=rf"another run is writing it \(.*, process {os.getpid()}, "):
            write(out)
        assert names(new.parent) == [".lock", "new"]
    assert names(out.parent) == ["out"] and names(out) == []


def test_a_name_that_cannot_be_taken_leaves_the_old_one(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(path: Path, to: Path) -> None:
        if to == out and path.name == "new":
            raise OSError("no place")
        os.rename(path, to)  # noqa: PTH104 (that one is replaced)

    monkeypatch.setattr(folders, "_exchanged", lambda one, other: False)
    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OSError, match="no place"):
        write(out)
    assert names(out.parent) == ["out"] and names(out) == ["old"]


def test_a_file_and_a_folder_take_each_others_place(out: Path) -> None:
    with folders.parts_of(out) as parts:
        (parts / "new").write_text("a file")
        put(parts / "new", out)
        assert out.read_text() == "a file" and names(parts / "new") == ["old"]
        put(parts / "new", out)
        assert names(out) == ["old"] and (parts / "new").read_text() == "a file"
        folders.emptied(parts)
    assert names(out.parent) == ["out"]
