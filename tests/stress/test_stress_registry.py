"""Specs, options, chains, and transformations that others bring: installed, from a file, and broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from wortlaut.errors import DataError, ExtractorError, MissingFileError, UnknownNameError, WortlautError
from wortlaut.model import Annotations, Document, Entity, Span
from wortlaut.stress.registry import Transformation, available, resolve, transform

DOCUMENT = Document("d", "Anna sah Bonn.", Annotations((Entity(Span.of(9, 13), "LOC"),)))
PLUG_IN = '''
from wortlaut.stress import Edit, Transformation, edited

def shouted(document, random, *, mark: str = "!"):
    """An exclamation mark for each full stop."""
    return edited(document, [Edit(i, i + 1, mark) for i, c in enumerate(document.text) if c == "."])

def said(document, random):
    return document.text

def broken(document, random):
    raise RuntimeError("no luck")

def careless(document, random):
    from dataclasses import replace
    whole = edited(document, [])
    return replace(whole, document=replace(document, text="x"))

def silent(document, random):
    from dataclasses import replace
    from wortlaut.annotations.carry import Kept
    whole = edited(document, [])
    bare = replace(document, annotations=type(document.annotations)())
    return replace(whole, document=bare, kept=Kept((), (), ()))

def renamed(document, random):
    from dataclasses import replace
    return replace(edited(document, []), document=replace(document, id="other"))

quiet = Transformation("quiet", "no full stops at all", "same", lambda d, r: edited(d, [
    Edit(i, i + 1, "") for i, c in enumerate(d.text) if c == "."]))
odd = Transformation("odd", "something", "strange", shouted)
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "own.py").write_text(PLUG_IN, "utf-8")
    return tmp_path / "own.py"


def test_a_function_of_a_file(file: Path) -> None:
    [one] = resolve(f"{file}:shouted")
    assert (one.does, one.meaning, one.expected) == (
        "An exclamation mark for each full stop.",
        "changed",
        False,
    )
    assert transform(DOCUMENT, f"{file}:shouted").document.text == "Anna sah Bonn!"
    assert transform(DOCUMENT, f"{file}:shouted?mark=%3F").document.text == "Anna sah Bonn?"
    [quiet] = resolve(f"{file}:quiet")
    assert quiet.expected and quiet.source == f"{file}:quiet"


def test_a_chain_is_done_in_order(file: Path) -> None:
    after = transform(DOCUMENT, f"capitals+{file}:shouted")
    assert after.document.text == "ANNA SAH BONN!"
    assert [entity.span.text(after.document.text) for entity in after.document.entities] == ["BONN"]
    assert [one.name for one in resolve("lower + nfd")] == ["lower", "nfd"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("said", "returned str"),
        ("broken", "raised RuntimeError: no luck"),
        ("careless", r"entity 1 at \[9, 13\) in 1 characters"),
        ("silent", "fewer annotations than it got, without a reason"),
        ("renamed", "the document 'other'"),
        ("odd", "'strange' is no meaning"),
    ],
)
def test_answers_that_do_not_fit(file: Path, name: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        transform(DOCUMENT, f"{file}:{name}")


@pytest.mark.parametrize(
    ("spec", "kind", "message"),
    [
        ("nfx", UnknownNameError, "Did you mean nf"),
        ("nfd+", DataError, "without a name"),
        ("", DataError, "without a name"),
        ("nfd?rate=1", UnknownNameError, "unknown option 'rate'"),
        ("typos?rtae=1", UnknownNameError, "Did you mean rate"),
        ("typos?rate=often", DataError, "is not a number"),
        ("typos?rate=2", DataError, "a rate of 2"),
        ("ocr?rate=-1", DataError, "a rate of -1"),
        ("nbsp?rate=7", DataError, "a rate of 7"),
        ("truncated?keep=0", DataError, "a share of 0"),
        ("line-breaks?width=3", DataError, "lines of 3 characters"),
        ("long?characters=-1", DataError, "-1 characters"),
        ("none.py:f", MissingFileError, "no such file"),
        ("no_such_module:f", UnknownNameError, "no module named"),
    ],
)
def test_specs_that_cannot_be_used(spec: str, kind: type[WortlautError], message: str) -> None:
    with pytest.raises(kind) as caught:
        transform(DOCUMENT, spec)
    assert message in str(caught.value)


INSTALL = "-m pip install -q --no-deps --no-build-isolation --no-index --disable-pip-version-check".split()
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "{name}"
version = "1.2"
[project.entry-points."wortlaut.transformations"]
{points}
"""
USE = """
import json
from wortlaut.model import Document
from wortlaut.stress import available, transform
print(json.dumps({
    "text": transform(Document("d", "Ja."), "nfd+shouted?mark=!!").document.text,
    "found": [[one.name, one.source, getattr(one, "does", None) or one.why] for one in available()
              if one.source != "wortlaut"],
}))
"""


def project(folder: Path, name: str, points: str, source: str) -> Path:
    package = folder / name.replace("-", "_")
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(source, "utf-8")
    (folder / "pyproject.toml").write_text(PROJECT.format(name=name, points=points), "utf-8")
    return folder


@pytest.mark.long
def test_an_installed_package_registers_and_a_broken_one_breaks_alone(tmp_path: Path) -> None:
    target = tmp_path / "site"
    for folder in (
        project(tmp_path / "a", "loud-texts", 'shouted = "loud_texts:shouted"', PLUG_IN),
        project(tmp_path / "b", "bad-texts", 'bad = "bad_texts:f"', "import a_module_that_is_not_there"),
    ):
        command = [sys.executable, *INSTALL, "--target", str(target), str(folder)]
        subprocess.run(command, check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-c", USE],
        env={**os.environ, "PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["text"] == "Ja!!"
    [bad, shouted] = said["found"]
    assert shouted == ["shouted", "loud-texts 1.2", "An exclamation mark for each full stop."]
    assert bad[:2] == ["bad", "bad-texts 1.2"] and "cannot be imported" in bad[2]


def test_two_packages_of_one_name_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "rival-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rival\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[wortlaut.transformations]\nnfd = rival:f\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(DataError, match=r"rival 1\.0 and wortlaut each bring"):
        resolve("nfd")
    assert [one.name for one in available() if not isinstance(one, Transformation)] == ["nfd"]


def test_a_plug_in_that_cannot_be_imported(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import a_module_that_is_not_there\n")
    with pytest.raises(ExtractorError, match="cannot be imported"):
        resolve(f"{tmp_path / 'bad.py'}:f")
