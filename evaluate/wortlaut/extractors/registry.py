"""From a spec string to an extractor, and the list of those that are here.

A spec is a name, ``package.module:factory``, ``path/to/file.py:factory``, or a prefix with what it
takes (``spacy:PIPELINE``, ``preds:FILE.jsonl``, ``cmd:COMMAND``), then ``?key=value&key2=value2``.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
import sys
import types
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Union, cast, get_args, get_origin
from urllib.parse import unquote

from wortlaut.errors import (
    DataError,
    ExtractorError,
    MissingExtraError,
    UnknownNameError,
    WortlautError,
    raised_as,
    unknown_name,
)
from wortlaut.extractors.function import Function, takes_text
from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.run import close, finish, texts_at_once
from wortlaut.io.reading import check_readable
from wortlaut.model import LAYERS, Annotations, Text
from wortlaut.records.record import Layers

if TYPE_CHECKING:
    from wortlaut.model.batch import Batch

GROUP = "wortlaut.extractors"


@dataclass(frozen=True, slots=True)
class _BuiltIn:
    factory: str
    finds: tuple[str, ...]
    summary: str
    #: What must be importable, with the command that installs it.
    needs: tuple[tuple[str, str], ...] = ()


def _extra(name: str) -> str:
    return f"python -m pip install 'wortlaut[{name}]'"


_CORE = "python -m pip install wortlaut"
_SPACY = ("spacy", _CORE)
BUILT_IN: Mapping[str, _BuiltIn] = {
    "gazetteer": _BuiltIn(
        "wortlaut.extractors.gazetteer:Gazetteer",
        ("entities",),
        "names from lists: countries, cities, their adjectives, organisations, compounds",
        (_SPACY,),
    ),
    "hanta": _BuiltIn(
        "wortlaut.extractors.hanta:Hanta",
        ("entities",),
        "names by HanTa's part-of-speech tags, typed with the lists of gazetteer and cue words",
        (("HanTa", _extra("de")),),
    ),
    "quotes-de": _BuiltIn(
        "wortlaut.extractors.quotes_de:create",
        ("quotes",),
        "direct and indirect speech by rules, with cue and speaker",
    ),
    "quotes-simple": _BuiltIn(
        "wortlaut.extractors.quotes_simple:create",
        ("quotes",),
        "direct speech between marks, a name beside it as speaker: a baseline for any language",
    ),
}
#: Built-ins that take something after the colon: prefix → what it is called, and the rest.
PREFIXES: Mapping[str, tuple[str, _BuiltIn]] = {
    "spacy": (
        "PIPELINE_OR_PATH",
        _BuiltIn(
            "wortlaut.extractors.spacy_pipeline:Pipeline",
            ("entities", "quotes"),
            "what a spaCy pipeline finds: ents, span groups, quotes",
            (_SPACY,),
        ),
    ),
    "transformers": (
        "MODEL_OR_PATH",
        _BuiltIn(
            "wortlaut.extractors.transformers_ner:TokenClassifier",
            ("entities",),
            "names by a token classification model of transformers, on a GPU where there is one",
            (("torch", _extra("transformers")), ("transformers", _extra("transformers"))),
        ),
    ),
    "gliner": (
        "MODEL_OR_PATH",
        _BuiltIn(
            "wortlaut.extractors.gliner:Gliner",
            ("entities",),
            "names by a GLiNER model, of the kinds that its labels describe",
            (("gliner", _extra("gliner")),),
        ),
    ),
    "llm": (
        "MODEL",
        _BuiltIn(
            "wortlaut.extractors.llm:create",
            ("entities", "quotes"),
            "what a language model behind an OpenAI-compatible endpoint finds",
            (("openai", _extra("llm")),),
        ),
    ),
    "quotect": (
        "MODEL_OR_PATH",
        _BuiltIn(
            "wortlaut.extractors.quotect:Quotations",
            ("quotes",),
            "quotes and their roles by quotect, the model of Petersen-Frey and Biemann 2024",
            (("quotect", _extra("quotect")),),
        ),
    ),
    "preds": (
        "FILE.jsonl",
        _BuiltIn(
            "wortlaut.extractors.preds:create",
            LAYERS,
            "what another program found, from a file or a folder of files, or what an extraction did",
        ),
    ),
    "cmd": (
        "COMMAND",
        _BuiltIn(
            "wortlaut.extractors.command:Command",
            LAYERS,
            "what a program in any language answers: JSON lines on stdin and stdout",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec string taken apart: what to load, and the options for its factory."""

    target: str
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, spec: str) -> Spec:
        """Split ``target?key=value&key2=value2``; values are percent-decoded. Raises DataError.

        A command may hold a ``?`` of its own: only a tail that reads like options is taken for
        options, and a ``?`` at the end says that there are none.
        """
        target, mark, tail = spec.rpartition("?")
        # preds:conll?documents=20:FILE has options of the format.
        inside = (spec.startswith("cmd:") and tail and not _OPTIONS.fullmatch(tail)) or (
            spec.startswith("preds:") and ":" in tail
        )
        if not mark or inside:
            target, tail = spec, ""
        if not target.strip():
            raise DataError("an extractor spec without a name", where=repr(spec), hint=_USAGE)
        options: dict[str, str] = {}
        for part in tail.split("&") if tail else ():
            key, equals, value = part.partition("=")
            if not equals or not key:
                raise DataError(
                    f"the option {part!r} is not key=value", where=spec, hint=f"Write {target}?key=value."
                )
            if key in options:
                raise DataError(f"the option {key} is given twice", where=spec)
            options[key] = unquote(value)
        return cls(target.strip(), tuple(options.items()))


_OPTIONS = re.compile(r"\w+=[^&\s]*(&\w+=[^&\s]*)*")
_USAGE = (
    "A spec is a name (wortlaut extractors lists them), package.module:factory, file.py:factory, "
    "spacy:PIPELINE, preds:FILE.jsonl or cmd:COMMAND."
)


#: A name before a spec: neither a prefix, a path, nor an option stands before its ``=``.
_NAME = re.compile(r"\s*([^:?/=]*[^:?/=\s])\s*=(.+)", re.S)


def split_name(spec: str) -> tuple[str | None, str]:
    """The name of ``NAME=SPEC``, None where there is none, and the spec."""
    given = _NAME.fullmatch(spec)
    return (given[1], given[2]) if given else (None, spec)


@dataclass(frozen=True, slots=True)
class ExtractorInfo:
    """One line of the list. ``finds`` is empty where only a run would tell.

    ``missing`` and ``install`` say what it lacks here and the command that installs it;
    ``source`` is the distribution that brings it.
    """

    name: str
    finds: Annotated[Layers, "Empty where only a run would tell."]
    summary: str
    source: Annotated[str, "The distribution that brings it."]
    missing: Annotated[tuple[str, ...], "What it lacks here."] = ()
    install: Annotated[str, "The command that installs that; empty where nothing is missing."] = ""


class Loaded:
    """A resolved extractor that knows its spec: what :func:`resolve` returns."""

    def __init__(self, spec: str, extractor: Extractor) -> None:
        self.spec = spec
        self._extractor = extractor

    def __repr__(self) -> str:
        return f"<extractor {self.spec}>"

    @property
    def finds(self) -> tuple[str, ...]:
        return _checked_finds(self._extractor.finds, self.spec)

    def extract(self, texts: Sequence[Text]) -> Iterable[Annotations | Mapping[str, object]]:
        return self._extractor.extract(texts)

    @property
    def attribute(self) -> object:
        """The extractor's own ``attribute``, or ``None``."""
        return getattr(self._extractor, "attribute", None)

    @property
    def answers_in_columns(self) -> Callable[[Batch], Batch] | None:
        """What ``extract`` answers, for documents in columns, of an extractor that reads what was found."""
        return getattr(self._extractor, "answers_in_columns", None)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(getattr(self._extractor, "notes", ()))

    @property
    def texts_at_once(self) -> int:
        return texts_at_once(self._extractor)

    def finish(self, ids: Sequence[str]) -> None:
        finish(self._extractor, ids, self.spec)

    def close(self) -> None:
        close(self._extractor, self.spec)


def resolve(spec: str) -> Loaded:
    """The extractor that ``spec`` names, made with its options.

    Raises UnknownNameError for a name that nothing answers to, MissingExtraError for a dependency
    that is not installed, MissingFileError, DataError for a wrong option, and ExtractorError for a
    plug-in that cannot be imported, breaks when made, or makes something else.
    """
    parsed = Spec.parse(spec)
    factory, arguments = _factory(parsed)
    direct = takes_text(factory)
    keywords = converted(factory, parsed, 1 if direct else len(arguments))
    with raised_as(ExtractorError, "the extractor breaks when it is made:", spec):
        made = partial(factory, **keywords) if direct else factory(*arguments, **keywords)
    if not hasattr(made, "extract") and callable(made):
        made = Function(made, single=direct)
    if not callable(getattr(made, "extract", None)) or not hasattr(made, "finds"):
        raise ExtractorError(
            f"the factory made {type(made).__name__}, which is no extractor",
            where=spec,
            hint="Return an object with finds and extract(texts), or a function from texts to annotations.",
        )
    _checked_finds(made.finds, spec)
    return Loaded(spec, cast(Extractor, made))


def takes(spec: str, option: str) -> bool:
    """Whether the factory has an option of that name; False where nothing answers to the spec."""
    try:
        return option in inspect.signature(_factory(Spec.parse(spec))[0]).parameters
    except (TypeError, ValueError, WortlautError):
        return False


def with_option(spec: str, name: str, value: object) -> str:
    """The spec with one option more."""
    return f"{spec}{'&' if Spec.parse(spec).options else '?'}{name}={value}"


def check_name(spec: str) -> None:
    """Raises as :func:`resolve` where nothing answers to the name; makes no extractor."""
    _factory(Spec.parse(spec))


def available() -> list[ExtractorInfo]:
    """Everything that a spec can name here, built-ins first. Imports none of it."""
    return [
        *(_built_in_info(name, built_in) for name, built_in in BUILT_IN.items()),
        *(_built_in_info(f"{prefix}:{what}", built_in) for prefix, (what, built_in) in PREFIXES.items()),
        *(_plug_in_info(name, point) for name, points in sorted(entry_points().items()) for point in points),
    ]


def _checked_finds(finds: object, spec: str) -> tuple[str, ...]:
    if isinstance(finds, str) or not isinstance(finds, Collection) or not set(finds) <= set(LAYERS):
        raise ExtractorError(
            f"the extractor says that it finds {finds!r}",
            where=spec,
            hint=f"finds is a collection of some of {', '.join(LAYERS)}.",
        )
    return tuple(layer for layer in LAYERS if layer in finds)


def _factory(spec: Spec) -> tuple[Callable[..., object], tuple[str, ...]]:
    """The factory and its positional arguments."""
    head, colon, rest = spec.target.partition(":")
    if colon and head in PREFIXES:
        what, built_in = PREFIXES[head]
        if not rest.strip():
            raise DataError(f"nothing after {head}:", where=spec.target, hint=f"Write {head}:{what}.")
        return _built_in(spec.target, built_in), (rest,)
    return (load if colon or spec.target.endswith(".py") else _named)(spec.target), ()


def load(target: str) -> Callable[..., object]:
    """What ``package.module:name`` or ``path/to/file.py:name`` is. Raises WortlautError."""
    path, colon, name = target.rpartition(":")
    if "=" in name or (path.endswith(".py") and "=" in path and not Path(path).exists()):
        rest = target.partition("=")[2]
        hint = f"Write a name without : / ? before the =, as in NAME={rest}" if rest else "Leave out the =."
        raise DataError("has an = that stands behind no name of a system", where=target, hint=hint)
    if not path.endswith(".py") and (not colon or target.endswith(".py")):
        raise DataError("no factory named", where=target, hint=f"Write {target}:FACTORY.")
    module = _module_from_file if path.endswith(".py") else _module
    return _attribute(module(path, target), name, target)


def _named(name: str) -> Callable[..., object]:
    point = plug_in(name, BUILT_IN, GROUP, ExtractorError, "an extractor of this name")
    if point is not None:
        return _attribute(_module(point.module, f"{name} ({source(point)})"), point.attr, name)
    if name in BUILT_IN:
        return _built_in(name, BUILT_IN[name])
    if name in PREFIXES:
        raise DataError("a prefix alone", where=name, hint=f"Write {name}:{PREFIXES[name][0]}.")
    known = [*BUILT_IN, *entry_points(), *(f"{prefix}:" for prefix in PREFIXES)]
    unknown = unknown_name("extractor", name, known)
    if Path(name).exists():
        unknown.hint = f"For predictions in a file write preds:{name}."
    raise unknown


def _built_in(target: str, built_in: _BuiltIn) -> Callable[..., object]:
    for module, install in built_in.needs:
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError(f"{module} is not installed", where=target, hint=f"Install it: {install}")
    module, _, name = built_in.factory.partition(":")
    return _attribute(_module(module, target), name, target)


def _module(name: str, where: str) -> types.ModuleType:
    with _importing(where):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
                raise
            from wortlaut.formats import FORMATS

            file = f"{name.replace('.', '/')}.py"
            hint = "Is it installed in this environment?"
            if name in FORMATS:
                hint = (
                    f"{name}: names a corpus. Two annotated files are scored by wortlaut score GOLD {where}"
                )
            elif Path(file).is_file():
                hint = f"For the file in this folder write {file}:FACTORY."
            raise UnknownNameError(f"no module named {error.name!r}", where=where, hint=hint) from error


def _module_from_file(path: str, where: str) -> types.ModuleType:
    file = Path(path)
    check_readable(file, "Name a file of Python: path/to/file.py:FACTORY")
    # One module for one file, under a name that no installed module has.
    name = f"wortlaut_extractor_{re.sub(r'[^0-9A-Za-z]', '_', str(file.resolve()))}"
    if name not in sys.modules:
        found = importlib.util.spec_from_file_location(name, file)
        assert found is not None and found.loader is not None  # the file is there and ends in .py
        sys.modules[name] = importlib.util.module_from_spec(found)
        with _importing(where), _neighbours(str(file.resolve().parent)):
            try:
                found.loader.exec_module(sys.modules[name])
            except BaseException:
                del sys.modules[name]
                raise
    return sys.modules[name]


#: Folders of files of extractors, whose neighbours these may import.
_FOLDERS: set[str] = set()


@contextmanager
def _neighbours(folder: str) -> Iterator[None]:
    """Modules in the folder can be imported: first here, as if the file were run, and later as the last ones.

    What a file of another folder has imported under the same name is forgotten, not given.
    """
    for name, module in list(sys.modules.items()):
        home = str(Path(str(getattr(module, "__file__", None) or "")).parent)
        if home in _FOLDERS - {folder} and Path(folder, f"{name}.py").exists():
            del sys.modules[name]
    _FOLDERS.add(folder)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        if folder not in sys.path:
            sys.path.append(folder)


def _importing(where: str) -> AbstractContextManager[None]:
    hint = "Install what it needs, or mend it; the other extractors are not affected."
    return raised_as(ExtractorError, "the plug-in cannot be imported:", where, hint)


def _attribute(module: types.ModuleType, name: str, where: str) -> Callable[..., object]:
    value: object = module
    for part in name.split("."):
        if not hasattr(value, part):
            public = [key for key, item in vars(value).items() if key[0] != "_" and callable(item)]
            raise unknown_name("factory", name, public, where=where)
        value = getattr(value, part)
    if not callable(value):
        raise ExtractorError(f"{name} is {type(value).__name__}, not a factory", where=where)
    return value


def converted(factory: Callable[..., object], spec: Spec, positional: int) -> dict[str, object]:
    """The options as the factory's annotations want them, for what follows the positional ones."""
    try:
        signature = inspect.signature(factory, eval_str=True)
    except (NameError, SyntaxError, TypeError, ValueError):
        try:
            signature = inspect.signature(factory)
        except (TypeError, ValueError):  # written in C: it must sort out strings itself
            return dict(spec.options)
    parameters = list(signature.parameters.values())[positional:]
    known = {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    anything = any(p.kind is p.VAR_KEYWORD for p in parameters)
    keywords: dict[str, object] = {}
    for key, value in spec.options:
        if key not in known and not anything:
            none = UnknownNameError(f"unknown option {key!r}", where=spec.target, hint="It has no options.")
            raise unknown_name("option", key, known, where=spec.target) if known else none
        where = f"{spec.target}, option {key}"
        keywords[key] = _convert(value, known[key], where) if key in known else value
    lacking = [p.name for p in known.values() if p.default is p.empty and p.name not in keywords]
    if lacking:
        raise DataError(
            f"the factory needs {' and '.join(lacking)}",
            where=spec.target,
            hint=f"Write {spec.target}?{'&'.join(f'{name}=…' for name in lacking)}. "
            "A factory is called with options only, and returns the extractor.",
        )
    return keywords


def _convert(value: str, parameter: inspect.Parameter, where: str) -> object:
    wanted = parameter.annotation
    if wanted is parameter.empty:
        wanted = str if parameter.default in (None, parameter.empty) else type(parameter.default)
    if get_origin(wanted) in (Union, types.UnionType):
        wanted = next((kind for kind in get_args(wanted) if kind is not type(None)), str)
    if get_origin(wanted) is Literal and value not in get_args(wanted):
        raise DataError(f"{value!r} is none of {', '.join(map(str, get_args(wanted)))}", where=where)
    if wanted is bool:
        if value.lower() not in _BOOLEANS:
            raise DataError(f"{value!r} is neither true nor false", where=where)
        return _BOOLEANS[value.lower()]
    if wanted in (int, float):
        try:
            return wanted(value)
        except ValueError:
            kind = "a whole number" if wanted is int else "a number"
            raise DataError(f"{value!r} is not {kind}", where=where) from None
    return Path(value) if wanted is Path else value


_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def entry_points(group: str = GROUP) -> dict[str, list[metadata.EntryPoint]]:
    """The entry points of a group by name; the same one found twice on the path counts once."""
    points: dict[str, dict[tuple[str, str], metadata.EntryPoint]] = defaultdict(dict)
    for point in metadata.entry_points(group=group):
        points[point.name].setdefault((point.value, source(point)), point)
    return {name: [*same.values()] for name, same in points.items()}


def plug_in(
    name: str, known: Collection[str], group: str, clash: type[WortlautError], what: str
) -> metadata.EntryPoint | None:
    """The entry point of that name; None without one, a ``clash`` where two, or a ``known`` one, have it."""
    found = entry_points(group).get(name, [])
    if len(found) + (name in known) > 1:
        sources = sorted([*map(source, found), *["wortlaut"] * (name in known)])
        hint = f"Name the one you mean: {' or '.join(point.value for point in found)}."
        raise clash(f"{' and '.join(sources)} each bring {what}", where=name, hint=hint)
    return found[0] if found else None


def source(point: metadata.EntryPoint) -> str:
    """The distribution that brings it, with its version."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else "unknown distribution"


def _built_in_info(name: str, built_in: _BuiltIn) -> ExtractorInfo:
    lacking = [need for need in built_in.needs if importlib.util.find_spec(need[0]) is None]
    return ExtractorInfo(
        name,
        built_in.finds,
        built_in.summary,
        "wortlaut",
        tuple(module for module, _ in lacking),
        " && ".join(dict.fromkeys(install for _, install in lacking)),
    )


def _plug_in_info(name: str, point: metadata.EntryPoint) -> ExtractorInfo:
    summary, missing, install = "", [], ""
    if point.dist:
        summary = str(point.dist.metadata.json.get("summary", ""))
        missing = _missing_requirements(point.dist.requires or (), point.extras)
        extras = f"[{','.join(point.extras)}]" if point.extras else ""
        install = f"python -m pip install '{point.dist.name}{extras}'" if missing else ""
    file = _source_file(point.module)
    if file is None:
        missing = [f"module {point.module}", *missing]
    return ExtractorInfo(
        name, _declared_finds(file) if file else (), summary, source(point), tuple(missing), install
    )


def _missing_requirements(requirements: Iterable[str], extras: Collection[str]) -> list[str]:
    from packaging.requirements import InvalidRequirement, Requirement

    missing = []
    for line in requirements:
        try:
            wanted = Requirement(line)
            if wanted.marker and not any(wanted.marker.evaluate({"extra": one}) for one in ("", *extras)):
                continue
            version = metadata.version(wanted.name)
            if not wanted.specifier.contains(version, prereleases=True):
                missing.append(f"{wanted.name}{wanted.specifier} (here: {version})")
        except InvalidRequirement:
            missing.append(line)
        except metadata.PackageNotFoundError:
            missing.append(wanted.name)
    return missing


def _source_file(module: str) -> Path | None:
    """The file of a module, without importing it or its parents."""
    top, *rest = module.split(".")
    try:
        found = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        found = None
    if found is None or not rest:
        return Path(found.origin) if found and found.origin else None
    places = [Path(folder, *rest) for folder in found.submodule_search_locations or ()]
    files = (file for place in places for file in (place.with_suffix(".py"), place / "__init__.py"))
    return next(filter(Path.is_file, files), None)


def _declared_finds(file: Path) -> tuple[str, ...]:
    """The layers in the assignments to ``finds`` that are literals, read from the source."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return ()
    assigned = (
        (target, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    )
    declared = (
        value
        for target, value in assigned
        if "finds" in (getattr(target, "id", ""), getattr(target, "attr", ""))
    )
    constants = (item for value in declared for item in ast.walk(value) if isinstance(item, ast.Constant))
    found = {str(item.value) for item in constants}
    return tuple(layer for layer in LAYERS if layer in found)
