"""Specs, options, built-ins, plug-ins that are installed, and plug-ins that are broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from wortlaut.errors import (
    DataError,
    ExtractorError,
    MissingExtraError,
    MissingFileError,
    UnknownNameError,
    WortlautError,
)
from wortlaut.extractors import Spec, available, registry, resolve, run
from wortlaut.extractors.function import Function
from wortlaut.model import Annotations, Document, Entity, Span
from wortlaut.running.isolated import Isolated

DOCUMENTS = [Document("a", "Yoon in Seoul"), Document("b", "")]
PLUG_IN = """
from __future__ import annotations
from pathlib import Path
from typing import Literal

class Fixed:
    finds = ("entities",)
    def __init__(self, label="LOC", end: int = 1, share: float = 0.5, loud: bool = False,
                 size: int | None = None, mode: Literal["a", "b"] = "a", path: Path = Path(".")):
        self.options = (label, end, share, loud, size, mode, path)
    def extract(self, texts):
        label, end = self.options[:2]
        return [{"entities": [{"start": 0, "end": end, "label": label}] if text else []} for text in texts]

def function():
    return lambda texts: [{"id": text.id, "quotes": []} for text in texts]

def open_(**options):
    made = Fixed()
    made.options = options
    return made

def needs(model: str):
    return Fixed()

def raises():
    raise RuntimeError("no weights")

def quits():
    raise SystemExit(3)

def says():
    from wortlaut.errors import DataError
    raise DataError("the weights are damaged")

def nothing():
    return None

class Wrong:
    finds = "entities"
    def extract(self, texts): ...

class WrongLayer:
    finds = ("names",)
    def extract(self, texts): ...

NUMBER = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "my_plug_in.py"
    path.write_text(PLUG_IN, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("spec", "target", "options"),
    [
        ("gazetteer", "gazetteer", {}),
        ("gazetteer?", "gazetteer", {}),
        ("a.b:c?x=1&y=a%26b=c", "a.b:c", {"x": "1", "y": "a&b=c"}),
        ("preds:out?missing=empty", "preds:out", {"missing": "empty"}),
        ("cmd:grep -c '?' x", "cmd:grep -c '?' x", {}),
        ("cmd:run --all?timeout=5", "cmd:run --all", {"timeout": "5"}),
        ("cmd:curl http://x/?q=1?", "cmd:curl http://x/?q=1", {}),
        ("x?empty=", "x", {"empty": ""}),
    ],
)
def test_specs_are_taken_apart(spec: str, target: str, options: dict[str, str]) -> None:
    assert Spec.parse(spec) == Spec(target, tuple(options.items()))


@pytest.mark.parametrize("spec", ["", "  ", "?a=1", "x?a", "x?a=1&", "x?=1", "x?a=1&a=2"])
def test_broken_specs(spec: str) -> None:
    with pytest.raises(DataError):
        Spec.parse(spec)


def test_options_arrive_as_the_annotations_say(file: str) -> None:
    made = resolve(f"{file}:Fixed?label=PER&end=3&share=1e-2&loud=Yes&size=7&mode=b&path=x/y")
    assert made._extractor.options == ("PER", 3, 0.01, True, 7, "b", Path("x/y"))  # type: ignore[attr-defined]
    assert made.finds == ("entities",)
    assert run(made, DOCUMENTS) == [Annotations((Entity(Span.of(0, 3), "PER"),)), Annotations()]
    assert resolve(f"{file}:open_?any=thing")._extractor.options == {"any": "thing"}  # type: ignore[attr-defined]


def test_a_function_finds_what_it_returned(file: str) -> None:
    made = resolve(f"{file}:function")
    assert made.finds == ()
    assert run(made, DOCUMENTS) == [Annotations(), Annotations()]
    assert made.finds == ("quotes",)


@pytest.mark.parametrize(
    ("spec", "kind", "message"),
    [
        ("gazeteer", UnknownNameError, "Did you mean gazetteer"),
        ("quotes_de", UnknownNameError, "Did you mean quotes-de"),
        ("zzzzz", UnknownNameError, "Known: "),
        ("spacy", DataError, "Write spacy:PIPELINE_OR_PATH"),
        ("preds:", DataError, "nothing after preds:"),
        ("cmd:", DataError, "nothing after cmd:"),
        ("cmd:a 'b", DataError, "cannot be split"),
        ("cmd:x?timeout=0", DataError, "timeout of 0"),
        ("cmd:x?timeout=soon", DataError, "'soon' is not a number"),
        ("preds:none.jsonl", MissingFileError, "none.jsonl"),
        ("preds:x?missing=skip", DataError, "'skip' is none of error, empty"),
        ("preds:x?mising=empty", UnknownNameError, "Did you mean missing"),
        ("no_such_package_here:create", UnknownNameError, "no module named 'no_such_package_here'"),
        ("conll:mine.conll", UnknownNameError, "wortlaut score GOLD conll:mine.conll"),
        ("json:lods", UnknownNameError, "Did you mean loads"),
        ("json.nothing:create", UnknownNameError, "no module named"),
        ("no/such/file.py:create", MissingFileError, "no such file"),
        ("FILE", DataError, "no factory named"),
        ("FILE:fixd", UnknownNameError, "unknown factory 'fixd'"),
        ("FILE:Fixed?lable=PER", UnknownNameError, "Did you mean label"),
        ("FILE:function?x=1", UnknownNameError, "It has no options"),
        ("FILE:Fixed?end=1.5", DataError, "'1.5' is not a whole number"),
        ("FILE:Fixed?loud=perhaps", DataError, "'perhaps' is neither true nor false"),
        ("FILE:Fixed?mode=c", DataError, "'c' is none of a, b"),
        ("FILE:needs", DataError, "the factory needs model"),
        ("FILE:raises", ExtractorError, "RuntimeError: no weights"),
        ("FILE:quits", ExtractorError, "SystemExit: 3"),
        ("FILE:says", DataError, "the weights are damaged"),
        ("FILE:nothing", ExtractorError, "made NoneType"),
        ("FILE:Wrong", ExtractorError, "finds 'entities'"),
        ("FILE:WrongLayer", ExtractorError, "'names'"),
        ("FILE:NUMBER", ExtractorError, "NUMBER is int, not a factory"),
    ],
)
def test_what_cannot_be_resolved_says_why(
    file: str, spec: str, kind: type[WortlautError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        resolve(spec.replace("FILE", file))
    assert type(caught.value) is kind
    assert message in str(caught.value)
    assert Spec.parse(spec.replace("FILE", file)).target.removeprefix("preds:").removesuffix(
        ":create"
    ) in str(caught.value)


@pytest.mark.parametrize(
    "body", ["import no_such_thing_at_all\n", "1 / 0\n", "def f(:\n", "raise SystemExit(1)\n"]
)
def test_a_broken_file_is_named(tmp_path: Path, body: str) -> None:
    path = tmp_path / "broken.py"
    path.write_text(body, encoding="utf-8")
    for _ in range(2):
        with pytest.raises(ExtractorError) as caught:
            resolve(f"{path}:create")
        assert str(path) in str(caught.value)
        assert "cannot be imported" in caught.value.what


def test_a_module_in_this_folder_gets_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here_only.py").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownNameError) as caught:
        resolve("here_only:create")
    assert "here_only.py:FACTORY" in caught.value.hint


def test_built_ins_are_listed_with_what_they_find_and_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    infos = {info.name: info for info in available()}
    assert {"gazetteer", "hanta", "quotes-de", "cmd:COMMAND", "preds:FILE.jsonl"} <= set(infos)
    assert all(infos[name].finds for name in registry.BUILT_IN)
    find_spec = registry.importlib.util.find_spec
    monkeypatch.setattr(
        registry.importlib.util, "find_spec", lambda name: None if name == "HanTa" else find_spec(name)
    )
    info = next(info for info in available() if info.name == "hanta")
    assert info.missing == ("HanTa",)
    assert info.install == "python -m pip install 'wortlaut[de]'"
    with pytest.raises(MissingExtraError) as caught:
        resolve("hanta")
    assert info.install in caught.value.hint


def test_every_built_in_names_a_factory() -> None:
    for built_in in [*registry.BUILT_IN.values(), *(built_in for _, built_in in registry.PREFIXES.values())]:
        module, _, factory = built_in.factory.partition(":")
        if registry._source_file(module) is None:
            pytest.fail(f"no module {module}")
        assert callable(getattr(__import__(module, fromlist=[factory]), factory))


def test_listing_imports_nothing_heavy() -> None:
    code = (
        "import sys; from wortlaut.extractors import available; available();"
        "print({'spacy', 'HanTa', 'numpy', 'pyarrow'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


def project(folder: Path, name: str, module: str, needs: str = "") -> Path:
    """A small package with an entry point, as a third party would write it."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        f"""
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "{name}"
version = "1.2"
description = "Finds the first word"
dependencies = [{needs}]
[project.entry-points."wortlaut.extractors"]
{name} = "{name.replace("-", "_")}.plug:create"
""",
        encoding="utf-8",
    )
    package = folder / name.replace("-", "_")
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "plug.py").write_text(module, encoding="utf-8")
    return folder


GOOD = """
from wortlaut.model import Annotations, Entity, Span

class FirstWord:
    finds = ("entities",)
    def __init__(self, label):
        self.label = label
    def extract(self, texts):
        for text in texts:
            end = len(text.split(" ")[0])
            yield Annotations((Entity(Span.of(0, end), self.label),) if end else ())

def create(label: str = "PER"):
    return FirstWord(label)
"""
BROKEN = "import a_dependency_that_is_not_there\nfinds = ('quotes',)\n"
USE = """
import json, sys
from wortlaut.model import Document
from wortlaut.errors import ExtractorError
from wortlaut.extractors import available, resolve, run

infos = {info.name: info for info in available()}
assert "first_word.plug" not in sys.modules and "first_word" not in sys.modules
assert "broken_one" not in sys.modules
found = run(resolve("first-word?label=ORG"), [Document("d", "Yonhap berichtet")])
try:
    resolve("broken-one")
except ExtractorError as error:
    message = str(error)
try:
    resolve("first-wrod")
except LookupError as error:
    near = str(error)
print(json.dumps({
    "good": [infos["first-word"].finds, infos["first-word"].summary, infos["first-word"].source,
             infos["first-word"].missing],
    "broken": [infos["broken-one"].finds, infos["broken-one"].missing, infos["broken-one"].install],
    "found": [(e.span.start, e.span.end, e.label) for e in found[0].entities],
    "message": message, "near": near,
}))
"""


INSTALL = [
    "-m",
    "pip",
    "install",
    "-q",
    "--no-deps",
    "--no-build-isolation",
    "--no-index",
    "--disable-pip-version-check",
]


@pytest.mark.long
def test_an_installed_package_registers_and_a_broken_one_breaks_alone(tmp_path: Path) -> None:
    target = tmp_path / "site"
    for folder in (
        project(tmp_path / "good", "first-word", GOOD),
        project(tmp_path / "bad", "broken-one", BROKEN, needs='"a-dependency-that-is-not-there>=2"'),
    ):
        subprocess.run(
            [sys.executable, *INSTALL, "--target", str(target), str(folder)],
            check=True,
            capture_output=True,
        )
    out = subprocess.run(
        [sys.executable, "-c", USE],
        env={**os.environ, "PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
    )
    assert out.returncode == 0, out.stderr
    said = json.loads(out.stdout)
    assert said["good"] == [["entities"], "Finds the first word", "first-word 1.2", []]
    assert said["broken"] == [
        ["quotes"],
        ["a-dependency-that-is-not-there"],
        "python -m pip install 'broken-one'",
    ]
    assert said["found"] == [[0, 6, "ORG"]]
    assert "broken-one" in said["message"] and "a_dependency_that_is_not_there" in said["message"]
    assert "Did you mean first-word" in said["near"]


def test_two_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        info = tmp_path / f"rival{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: rival{number}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[wortlaut.extractors]\nrival = rival{number}:create\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ExtractorError, match=r"rival1 1\.0 and rival2 1\.0 each bring"):
        resolve("rival")
    missing = {info.source: info.missing for info in available() if info.name == "rival"}
    assert missing == {"rival1 1.0": ("module rival1",), "rival2 1.0": ("module rival2",)}


@pytest.fixture
def neighbours(tmp_path, monkeypatch):
    """Two files of extractors, each beside modules of its own that are called the same."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    for folder, label in (("a", "PER"), ("b", "LOC")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "features.py").write_text(f"LABEL = {label!r}\n")
        (tmp_path / folder / f"late_{folder}.py").write_text(f"LABEL = {label!r}\n")
        (tmp_path / folder / "crf.py").write_text(
            f"from features import LABEL\n"
            f"def find(text, end: int = 1):\n    import late_{folder}\n"
            f"    assert late_{folder}.LABEL == LABEL\n    return [(0, end, LABEL)]\n"
        )
    yield tmp_path
    for name in ("features", "late_a", "late_b"):
        sys.modules.pop(name, None)


def found(spec_or_extractor):
    extractor = resolve(spec_or_extractor) if isinstance(spec_or_extractor, str) else spec_or_extractor
    (annotations,) = run(extractor, DOCUMENTS[:1])
    return annotations.entities


def test_a_file_may_import_its_neighbours_and_a_function_of_a_text_is_an_extractor(neighbours):
    for folder, label in (("a", "PER"), ("b", "LOC"), ("a", "PER")):
        assert found(f"{neighbours}/{folder}/crf.py:find?end=4") == (Entity(Span.of(0, 4), label),)


@pytest.mark.long
def test_neighbours_are_there_in_a_process_of_its_own(neighbours):
    for folder, label in (("a", "PER"), ("b", "LOC")):
        isolated = Isolated(f"{neighbours}/{folder}/crf.py:find")
        assert found(isolated) == (Entity(Span.of(0, 1), label),)
        isolated.close()


@pytest.mark.parametrize("spec", ["crf.py:CRF=", "crf.py:CRF=crf.py:CRF", "crf.py:CRF=x"])
def test_an_equals_sign_that_names_no_system_is_told(spec):
    with pytest.raises(DataError, match="no name of a system"):
        resolve(spec)


SOME = (Entity(Span.of(0, 4), "PER"),)


@pytest.mark.parametrize(
    "function",
    [
        lambda _: [(0, 4, "PER")],
        lambda _: iter([{"start": 0, "end": 4, "label": "PER"}]),
        lambda _: Annotations(SOME),
        lambda _: Annotations(list(SOME)),
        lambda _: [{"entity_group": "PER", "word": "Yoon", "start": 0, "end": np.int64(4)}],
        lambda _: [{"label": "PER", "text": "Yoon", "start": 0, "end": 4}],
        lambda _: {"entities": [{"start": 0, "end": 4, "label": "PER"}]},
        lambda text: [(0, 4, "PER")] if type(text) is str else None,
        lambda texts: [[(0, 4, "PER")] for text in texts if text.id],
        lambda text: _pipeline()(text),
    ],
)
def test_what_a_function_may_return(function):
    extractor = Function(function, single=True)
    assert found(extractor) == SOME and tuple(extractor.finds) == ("entities",)


def _pipeline():
    import spacy

    nlp = spacy.blank("de")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "PER", "pattern": "Yoon"}])
    return nlp


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda _: ["Yoon"], "'Yoon' is no span"),
        (lambda _: [(0, 4)], "no span"),
        (lambda _: None, "answered NoneType"),
        (lambda _: "Yoon", "answered str"),
        (lambda _: [(0, 99, "PER")], "ends after the text"),
        (lambda _: [{"start": 0, "ende": 4, "label": "PER"}], "ende"),
    ],
)
def test_what_a_function_may_not_return(function, told):
    with pytest.raises(ExtractorError, match=told):
        found(Function(function, single=True))
