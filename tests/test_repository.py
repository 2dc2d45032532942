"""Rules that hold for the repository as a whole."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from repository import repository_files
from shared import ROOT

import wortlaut
from wortlaut.corpus.frozen import versions

PACKAGE = ROOT / "evaluate" / "wortlaut"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

HEAVY = {
    "HanTa",
    "datasets",
    "matplotlib",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "scipy",
    "sklearn",
}
HEAVY |= {"spacy", "torch", "transformers"}


def command(*words: str) -> str:
    return f"from wortlaut.cli import app; app({words!r}, standalone_mode=False)"


SCORES = {
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
}  # scikit-learn imports pandas, which imports pyarrow
LONG = pytest.mark.long
DATASET = str(ROOT / "corpus")


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        ("import wortlaut", set()),
        (command("--help"), set()),
        pytest.param(command("extractors"), set(), marks=LONG),
        pytest.param(command("validate"), {"numpy", "pyarrow"}, marks=LONG),
        pytest.param(command("convert", "gold", "gold.conllu"), {"numpy"}, marks=LONG),
        pytest.param(command("convert", DATASET, "gold.conllu"), {"numpy", "pyarrow"}, marks=LONG),
        pytest.param(command("score", "gold", "gold"), SCORES, marks=LONG),
        pytest.param(command("evaluate", "-e", "quotes-de"), SCORES, marks=LONG),
    ],
)
def test_what_is_heavy_is_imported_where_it_is_needed(code: str, needed: set[str], tmp_path: Path) -> None:
    """`wortlaut --help` must answer at once."""
    show = f"import sys; {code}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", show], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert result.returncode == 0, result.stderr
    loaded = {name.partition(".")[0] for name in result.stdout.splitlines()[-1].split()}
    assert loaded & HEAVY == needed


def test_evaluate_is_no_package() -> None:
    """From the root, `import evaluate` would shadow Hugging Face's package of that name."""
    assert not (ROOT / "evaluate" / "__init__.py").exists()
    others = {file for file in repository_files() if file.startswith("evaluate/")}
    assert {file for file in others if not file.startswith("evaluate/wortlaut/")} == set()


def test_no_file_is_over_a_megabyte() -> None:
    sizes = {file: (ROOT / file).stat().st_size for file in repository_files()}
    assert {file: size for file, size in sizes.items() if size > 1_000_000} == {}


UNWANTED = {
    "a package registry's host": re.compile(
        r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|deb\.debian\.org|crates\.io|anaconda\.org", re.I
    ),
    "a path of one machine": re.compile(
        r"(?<![\w.:/~$}-])/(?:home|root|work|Users|opt|tmp|mnt)/\w|\b[A-Z]:\\\\?Users"
    ),
}


def unwanted_in(text: str) -> list[str]:
    return [
        f"{number}: {what}: {line.strip()[:100]}"
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in UNWANTED.items()
        if pattern.search(line)
    ]


def test_no_registry_hosts_and_no_machine_paths() -> None:
    found = []
    for file in repository_files():
        if file.startswith(("tests/", ".ci/")):
            continue
        content = (ROOT / file).read_bytes()
        if b"\0" not in content:  # text
            found += [f"{file}:{line}" for line in unwanted_in(content.decode("utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("index-url = https://pypi.org/simple", 1),
        ("see /home/someone/corpus", 1),
        ("(/work/main)", 1),
        ("C:\\Users\\someone", 1),
        ("https://example.org/home/page", 0),
        ("../work/main and docs/work/x", 0),
    ],
)
def test_unwanted_text_is_really_found(text: str, count: int) -> None:
    assert len(unwanted_in(text)) == count


def test_versions_agree() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert wortlaut.__version__ == VERSION
    software, annotations = re.findall(r"^ *version: (\S+)$", citation, re.M)
    # The gold has versions of its own.
    assert (software, annotations) == (VERSION, list(versions())[-1])


def test_there_is_one_citation() -> None:
    """Title, year, versions and both schemes, wherever somebody may copy it from."""
    of_gold = list(versions().items())[-1]
    places = {
        name: " ".join((ROOT / name).read_text(encoding="utf-8").replace("{", "").replace("}", "").split())
        for name in ("CITATION.cff", "README.md", "annotations/statement.yaml", "corpus/README.md")
    }
    for name, text in places.items():
        assert text.count("Wortlaut: who said what, in exactly which words"), name
        assert "2026" in text and VERSION in text, name
        # The README leads to the references of the schemes, the others have them.
        for known in ("2524", "NoSta-D Named Entity Annotation for German: Guidelines", "2404.16764"):
            assert (known in text) == (name != "README.md"), (name, known)
        assert f"gold {of_gold[0]}, content hash {of_gold[1][:12]}" in text or name not in (
            "README.md",
            "corpus/README.md",
        )


def test_changelog_begins_with_the_current_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", changelog, re.M)[0] == VERSION


def test_constraints_are_plain_pins() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", pin)] == []
    assert [pin for pin in pins if pin.partition("==")[0].lower() in {"torch", "wortlaut"}] == []
