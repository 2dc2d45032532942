"""What the sdist and the wheel hold, and that the wheel works by itself."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

import hatchling.build
import pytest
from repository import repository_files
from shared import ROOT

pytestmark = pytest.mark.long

NOT_IN_SDIST = (".ci/",)
WHEEL_FOLDERS = {
    "evaluate/wortlaut/": "wortlaut/",
    "seeds/": "wortlaut/_data/seeds/",
    "annotations/gold/": "wortlaut/_data/annotations/gold/",
}


@dataclass(frozen=True)
class Built:
    """The archives' files by name; names in the sdist are without its leading folder."""

    sdist: dict[str, bytes]
    wheel: dict[str, bytes]
    wheel_from_sdist: dict[str, bytes]
    wheel_path: Path


def build_wheel(source: Path, target: Path) -> Path:
    target.mkdir()
    with contextlib.chdir(source):
        return target / hatchling.build.build_wheel(str(target))


def read_wheel(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    with contextlib.chdir(ROOT):
        sdist_path = folder / hatchling.build.build_sdist(str(folder))
    shutil.unpack_archive(sdist_path, folder / "unpacked")
    (source,) = (folder / "unpacked").iterdir()
    wheel_path = build_wheel(ROOT, folder / "from-checkout")
    return Built(
        sdist={p.relative_to(source).as_posix(): p.read_bytes() for p in source.rglob("*") if p.is_file()},
        wheel=read_wheel(wheel_path),
        wheel_from_sdist=read_wheel(build_wheel(source, folder / "from-sdist")),
        wheel_path=wheel_path,
    )


def test_wheel_holds_the_package_the_gold_and_nothing_else(built: Built) -> None:
    expected = {
        inside + file.removeprefix(outside)
        for file in repository_files()
        for outside, inside in WHEEL_FOLDERS.items()
        if file.startswith(outside)
    }
    found = {name for name in built.wheel if ".dist-info/" not in name}
    assert found - expected == set(), (
        "packed although git ignores it, or from a folder not meant to be packed"
    )
    assert expected - found == set()
    assert any(name.startswith("wortlaut/_data/seeds/") for name in found)
    assert any(name.startswith("wortlaut/_data/annotations/gold/") for name in found)


def test_sdist_holds_what_the_repository_holds(built: Built) -> None:
    expected = {file for file in repository_files() if not file.startswith(NOT_IN_SDIST)}
    assert set(built.sdist) - expected == {"PKG-INFO"}
    assert expected - set(built.sdist) == set(), "add it to the sdist's include in pyproject.toml"


def test_wheel_from_the_sdist_is_the_wheel_from_the_checkout(built: Built) -> None:
    assert sorted(built.wheel_from_sdist) == sorted(built.wheel)
    assert built.wheel_from_sdist == built.wheel


def test_no_caches_are_packed(built: Built) -> None:
    packed = [*built.sdist, *built.wheel]
    assert [
        n for n in packed if "__pycache__" in n or "_cache/" in n or n.endswith((".pyc", ".tmp", "~"))
    ] == []


def test_metadata_names_licences_and_the_command(built: Built) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = f"wortlaut-{project['version']}.dist-info"
    metadata = HeaderParser().parsestr(built.wheel[f"{info}/METADATA"].decode())
    assert metadata["Version"] == project["version"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == (
        "Apache-2.0 AND CC-BY-4.0 AND CC0-1.0 AND LicenseRef-third-party-texts-see-NOTICE"
    )
    assert {n for n in built.wheel if n.startswith(f"{info}/licenses/")} == {
        f"{info}/licenses/{name}" for name in ("LICENSE", "LICENSE-annotations", "NOTICE")
    }
    assert "wortlaut = wortlaut.cli:main" in built.wheel[f"{info}/entry_points.txt"].decode()


def test_gold_in_the_wheel_is_the_gold_of_the_checkout(built: Built, tmp_path: Path) -> None:
    """Outside the checkout the data can only come from the wheel."""
    with zipfile.ZipFile(built.wheel_path) as archive:
        archive.extractall(tmp_path / "site")
    show = "import wortlaut; print(wortlaut.__file__); print(wortlaut.load_corpus('gold').hash)"

    def run(site: Path) -> list[str]:
        environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-c", show]
        result = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.splitlines()

    file, packed_hash = run(tmp_path / "site")
    assert Path(file).is_relative_to(tmp_path / "site")
    file, checkout_hash = run(ROOT / "evaluate")
    assert Path(file).is_relative_to(ROOT / "evaluate")
    assert packed_hash == checkout_hash


def test_a_git_ignored_file_beside_the_sources_is_not_packed(tmp_path: Path) -> None:
    """Caches and a virtual environment lie in every developer's checkout."""
    source = tmp_path / "checkout"
    for file in repository_files():
        (source / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, source / file)
    junk = [
        "evaluate/wortlaut/__pycache__/x.cpython-311.pyc",
        "annotations/.cache/x.json",
        "annotations/gold/__pycache__/x.pyc",
        "seeds/__pycache__/x.pyc",
        "corpus/.cache/x.arrow",
        ".venv/lib/x.py",
        "dist/wortlaut-0.0.1.tar.gz",
    ]
    for file in junk:
        (source / file).parent.mkdir(parents=True, exist_ok=True)
        (source / file).write_bytes(b"junk")
    with contextlib.chdir(source):
        sdist_path = tmp_path / hatchling.build.build_sdist(str(tmp_path))
    with tarfile.open(sdist_path) as archive:
        packed = [name.partition("/")[2] for name in archive.getnames()]
    packed += list(read_wheel(build_wheel(source, tmp_path / "wheel")))
    assert [name for name in packed if Path(name).name in {Path(file).name for file in junk}] == []
