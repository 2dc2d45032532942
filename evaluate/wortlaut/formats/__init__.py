"""File formats: one module each with ``read`` and ``write``, imported only when used."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast
from urllib.parse import parse_qs, quote

from wortlaut.errors import DataError, WortlautError, unknown_name
from wortlaut.formats.losses import NO_PLACE, Losses
from wortlaut.io import parquet
from wortlaut.io.reading import opened, unpacked
from wortlaut.model import Document

if TYPE_CHECKING:
    from wortlaut.model.batch import Batch

T = TypeVar("T")
_LOSSES = "losses"
#: The option of every reader that leaves out what cannot be read, as ``--lenient`` does.
_LENIENT = "lenient=1"
Reader = Callable[[Path], Iterator[Document]]
BatchReader = Callable[[Path], "Iterator[Batch]"]
#: ``write(path, documents, **options) -> Losses``; ``path`` is not there yet.
Writer = Callable[..., Losses]
#: ``join(path, parts)`` makes of files or folders that ``write`` wrote what it would write of them all.
Joiner = Callable[[Path, Sequence[Path]], None]


@dataclass(frozen=True, slots=True)
class Format:
    """What is known of a format before its module is imported: what its files are called and what one holds.

    ``suffixes``: the ends of their names, first the one that is written. ``holds``: all documents in one
    ``file``, one on each ``line``, or one ``document`` in each file of a folder; empty for what is otherwise.
    ``written``: its module has ``write``. ``heads``: it has a place for heads of mentions.
    """

    suffixes: tuple[str, ...] = ()
    holds: Literal["file", "line", "document", ""] = ""
    written: bool = True
    heads: bool = False


#: Name → what is known. A folder is of the first whose files it holds.
FORMATS = {
    "dataset": Format(),
    "predictions": Format((".jsonl",), "line", heads=True),
    "brat": Format((".ann",), "document"),
    "web-annotation": Format((".jsonld",), "document"),
    "inception": Format((".xmi",), "document"),
    "docbin": Format((".spacy",), "file"),
    "german-news-quotation": Format((".json",), "document"),
    "native": Format((".jsonl",)),
    "spkatt": Format((".json",), "document", written=False),
    "conllu": Format((".conllu",), "file", heads=True),
    "tei": Format((".xml", ".tei"), "document"),
    "conll": Format((".conll", ".bio", ".iob", ".iob1", ".iob2", ".bioes", ".bilou"), "file"),
    "germeval": Format((".tsv",), "file"),
    "hipe": Format((".tsv",), "file"),
    "label-studio": Format((".json",), "file"),
    "doccano": Format((".jsonl",), "line"),
    "prodigy": Format((".jsonl",), "line"),
    "webanno-tsv": Format((".tsv",), "file", written=False),
    "redewiedergabe": Format((".tsv",), "file", written=False),
    "bioc": Format((".xml", ".json", ".jsonl"), "file", written=False),
    "pubtator": Format((".pubtator", ".PubTator"), "file", written=False),
    "pdnc": Format(("quotation_info.csv",), "document", written=False),
    "recogito": Format((".csv", ".jsonld"), "file", written=False),
    "pipeline": Format((".json", ".jsonl"), "file", written=False),
    "spacy-json": Format((".json", ".jsonl"), "file", written=False),
    "conll2012": Format((".v4_gold_conll", ".v4_auto_conll", "_conll"), "file", written=False),
    "tagged-json": Format((".jsonl", ".json"), "file", written=False),
    "polnear": Format(written=False),
    "riqua": Format(written=False),
    "litbank": Format(("_brat.ann",), "document", written=False),
    "booknlp": Format((".quotes",), "document", written=False),
    "citron": Format((".json",), "document", written=False),
    "parc3": Format((".xml",), "document", written=False),
    "directquote": Format(written=False),
    "quotebank": Format((".json",), "file", written=False),
}
#: The formats that ``convert --to`` takes.
WRITTEN = tuple(name for name, known in FORMATS.items() if known.written)
#: The keys of what a pipeline returns.
_FOUND = {"entity_group", "entity", "label", "score", "word", "text", "index", "start", "end"}
_PIPELINE = re.compile(r'"(?:entity_group": *"|entity": *"[^"]*", *"(?:score|index)")')
#: How a list of texts with their entities begins.
_PAIR = re.compile(r'\[\s*\[\s*"')
#: Tokens as a list of strings.
_TAGGED = re.compile(r'"tokens"\s*:\s*\[\s*"')
_SPKATT = re.compile(r'"(?:Sentences|Annotations)"\s*:')
_KEY = re.compile(r'"([^"\\]+)"\s*:')
#: Suffix → the one format whose files end in it.
OWN_SUFFIXES = {
    suffix: name
    for name, known in FORMATS.items()
    for suffix in known.suffixes
    if sum(suffix in other.suffixes for other in FORMATS.values()) == 1
}


def module(name: str) -> ModuleType:
    """The module of the format ``name``, with ``read``, ``write`` and, where parts can be joined, ``join``.

    Raises UnknownNameError, with near names.
    """
    if name not in FORMATS:
        raise unknown_name("format", name, FORMATS)
    return import_module(f"{__name__}.{name.replace('-', '_')}")


def reader(spec: str, losses: Losses | None = None) -> Reader:
    """``read`` of a format, with the options behind its name: ``conll?token=1&tag=3&tag=4``.

    What it leaves out is added to ``losses``. Its errors say at least where the format is described.
    """
    return _reading(spec, losses, lambda known: known.read)


def batch_reader(spec: str, losses: Losses | None = None) -> BatchReader:
    """The same in columns: ``batches`` of a format that has it."""
    return _reading(spec, losses, lambda known: getattr(known, "batches", None) or _batching(known.read))


def _reading(
    spec: str, losses: Losses | None, function: Callable[[ModuleType], Callable[..., Iterator[T]]]
) -> Callable[[Path], Iterator[T]]:
    spec, losses = lenience(spec, losses)
    name, _, query = spec.partition("?")
    known = module(name)
    chosen = function(known)
    given = options(name, query, chosen, 1)
    if _LOSSES in signature(chosen).parameters:
        given[_LOSSES] = losses

    def read(path: Path) -> Iterator[T]:
        try:
            yield from chosen(path, **given)
        except WortlautError as error:
            error.hint = error.hint or f"How it should look: python -m pydoc {known.__name__}"
            if losses is not None and losses.lenient and _LOSSES not in given:
                error.hint += f" {name} is read whole or not at all, leniently, too."
            raise

    return read


def _batching(read: Callable[..., Iterator[Document]]) -> Callable[..., Iterator[Batch]]:
    @wraps(read)
    def batches(path: Path, **given: Any) -> Iterator[Batch]:
        from wortlaut.model.batch import in_batches

        return in_batches(read(path, **given))

    return batches


def leniently(ref: str) -> str:
    """The reference ``FORMAT:PATH`` that leaves out what cannot be read; another as it is."""
    if not names_format(ref):
        return ref
    spec, _, path = ref.partition(":")
    return f"{spec}{'&' if '?' in spec else '?'}{_LENIENT}:{path}"


def lenience(spec: str, losses: Losses | None) -> tuple[str, Losses | None]:
    """The format and its options without this one, and losses that are lenient where it was there."""
    name, _, query = spec.partition("?")
    rest = [option for option in query.split("&") if option and option != _LENIENT]
    if _LENIENT in query.split("&"):
        losses = Losses(name) if losses is None else losses
        losses.lenient = True
    return "?".join(filter(None, (name, "&".join(rest)))), losses


def plain(ref: str) -> str:
    """The reference as it is shown, without that option."""
    spec, colon, path = ref.partition(":")
    return f"{lenience(spec, None)[0]}:{path}" if colon and _LENIENT in spec else ref


def annotators(ref: str) -> dict[str, str]:
    """Of an export in which several people annotated one text: who, and a reference to what each one made."""
    spec, _, path = ref.partition(":")
    known = module(spec.partition("?")[0])
    if not hasattr(known, "annotators") or "annotator=" in spec:
        return {}
    join = "&" if "?" in spec else "?"
    return {name: f"{spec}{join}annotator={quote(name)}:{path}" for name in known.annotators(Path(path))}


def options(name: str, query: str, function: Callable[..., object], own: int) -> dict[str, Any]:
    """The keywords of ``read`` or ``write`` that ``query`` gives; one that stands twice is a tuple.

    ``own``: how many of the function's first parameters are no options.
    """
    known = [key for key in list(signature(function).parameters)[own:] if key != _LOSSES]
    given = parse_qs(query, keep_blank_values=True)
    for key in given:
        if key not in known:
            raise unknown_name(f"option of {name}", key, known)
    return {key: values[0] if len(values) == 1 else tuple(values) for key, values in given.items()}


def names_format(ref: str) -> bool:
    """Whether a reference is ``FORMAT:PATH`` or ``FORMAT?OPTIONS:PATH``."""
    spec, colon, _ = ref.partition(":")
    return bool(colon) and spec.partition("?")[0] in FORMATS


def writer(name: str) -> Writer:
    """``write`` of a format. Raises UnknownNameError, and DataError for one that is read only."""
    if name in FORMATS and name not in WRITTEN:
        raise DataError("is read, not written", where=name, hint=f"Written are {', '.join(WRITTEN)}.")
    write = cast(Writer, module(name).write)
    return write if FORMATS[name].heads else _without_heads(write)


def _without_heads(write: Writer) -> Writer:
    """The same for a format that has no place for heads of mentions: they are added to the losses."""

    @wraps(write)
    def counting(path: Path, documents: Iterable[Document], **given: Any) -> Losses:
        lost = Losses("")

        def seen() -> Iterator[Document]:
            for document in documents:
                for one in document.annotations.heads:
                    lost.add("head", document, NO_PLACE, "", one.head)
                yield document

        losses = write(path, seen(), **given)
        for loss in lost:
            losses.include(loss.kind, loss.reason, loss.count, loss.examples)
        return losses

    return counting


def joiner(name: str) -> Joiner | None:
    return cast(Joiner | None, getattr(module(name), "join", None))


def format_to_write(out: Path) -> str | None:
    """The format that the name of a file to write tells; None where none does."""
    name = OWN_SUFFIXES.get(out.suffix, "dataset")
    known = FORMATS[name]
    return name if known.holds == "file" and known.suffixes[0] == out.suffix else None


def detect(path: Path) -> str:
    """The format of a file or folder by its content.

    Raises DataError where nothing fits.
    """
    if path.is_dir():
        if (path / "README.md").is_file() and any(path.rglob("*.parquet")):
            return "dataset"
        if any(path.rglob("attributions/*.ann")):
            return "polnear"
        for name, known in FORMATS.items():
            shows = known.holds in ("document", "") or known.suffixes[0] in OWN_SUFFIXES
            found = (file for suffix in known.suffixes if shows for file in path.rglob(f"*{suffix}"))
            if (file := next(found, None)) is not None:
                own = name
                with suppress(WortlautError):  # of formats whose files are called the same, one file tells
                    own = detect(file)
                return own if FORMATS[own].holds == "document" else name
    elif (suffix := unpacked(path).suffix) in OWN_SUFFIXES:
        own = OWN_SUFFIXES[suffix]
        if own == "recogito" and "quoteByteSpans" in _head(path):
            return "pdnc"
        return _table(path, own) if own in ("conll", "conllu") else own
    elif suffix == ".jsonl":
        return _lines(path)
    elif suffix == ".json":
        return _json(path)
    elif suffix == ".xml":
        return _xml(path)
    elif suffix == ".jsonld":
        return "recogito" if "recogito" in _head(path).casefold() else "web-annotation"
    elif suffix == ".zip":
        return "inception"
    elif suffix == ".txt" and path.with_suffix(".ann").is_file():
        return "brat"
    else:
        head = _head(path)
        if head.startswith("#begin document"):
            return "conll2012"
        if re.match(r"[^|\t\n]+\|[a-z]\|", head):
            return "pubtator"
        if head.startswith("PK\x03\x04"):
            return "inception"
        if head.lstrip()[:1] == "<":
            return _xml(path)
        if head.lstrip()[:1] in ("{", "["):  # such as standard input, which has no name that ends in anything
            return _lines(path) if head[0] == "{" and _whole(path) else _json(path)
        if head.startswith("#FORMAT=WebAnno TSV"):
            return "webanno-tsv"
        if re.match(r" # \S+ \| ", head):
            hint = "Export it as version 3, from WebAnno 3 or INCEpTION."
            raise DataError("is WebAnno TSV of version 2 or older", where=str(path), hint=hint)
        if head.startswith("TOKEN\tNE-"):
            return "hipe"
        if re.match(r"tok\t(.+\t)?(stwr|cat)[\t\r\n]", head):
            return "redewiedergabe"
        rows = [line.split("\t") for line in head.splitlines() if line and not line.startswith("#")][:-1]
        if rows and all(len(row) == 4 and row[0].isdigit() and _tag(row[2]) and _tag(row[3]) for row in rows):
            return "germeval"
        if any(_tag(field) for line in head.splitlines() for field in line.split()):
            return "directquote" if re.search(r"-(Left|Right)Speaker\b", head) else "conll"
    raise DataError(
        "the format does not show",
        where=str(path),
        hint=f"Name it, as one of {', '.join(FORMATS)}: conll:FILE",
    )


def quick_count(name: str, path: Path) -> int:
    """How many documents a file or folder of the format holds, where that is quickly said; else 0."""
    known = FORMATS.get(name, Format())
    if known.holds == "line":
        with opened(path) as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    if name == "dataset":
        count = 0
        for part in path.glob("data/documents/*.parquet"):
            with opened(part) as stream, parquet.opened(stream, str(part)) as table:
                count += table.metadata.num_rows
        return count
    return sum(1 for _ in path.rglob(f"*{known.suffixes[0]}")) if known.holds == "document" else 0


def _table(path: Path, name: str) -> str:
    """CoNLL-2012 and tables of tags stand in files of other names, too."""
    head = _head(path)
    if head.startswith("#begin document"):
        return "conll2012"
    rows = [line for line in head.splitlines()[:-1] if line.strip() and not line.startswith("#")]
    bare = name == "conllu" and rows and all(line.count("\t") < 9 for line in rows)
    return "conll" if bare else name


def _json(path: Path) -> str:
    """Which format with one JSON value in a file this is. Raises DataError."""
    head = _head(path).lstrip()
    keys = set(_KEY.findall(head))
    if keys & {"passages", "PubTator3"}:
        return "bioc"
    if "quoteID" in keys:
        return "quotebank"
    if _PIPELINE.search(head) or ("start" in keys and keys <= _FOUND) or re.match(r"\[\s*\[(?!\s*\")", head):
        return "pipeline"
    if (
        head.startswith("[")
        and not _PAIR.match(head)
        and (not keys or keys & {"data", "result", "completions", "predictions"})
    ):
        return "label-studio"
    if "_context" in keys and "_types" in keys:
        hint = "Export it as UIMA CAS XMI, or as JSON (0.4.0), which inception: reads."
        raise DataError("is a UIMA CAS as JSON of an older kind", where=str(path), hint=hint)
    if "%FEATURE_STRUCTURES" in keys or "%TYPES" in keys:
        return "inception"
    if _PAIR.match(head) or (keys & {"paragraphs", "ents", "entities"}):
        return "spacy-json"
    if _TAGGED.search(head) and not keys & {"annotations", "sentences"}:
        return "tagged-json"
    if _SPKATT.search(head):
        return "spkatt"
    if {"text", "quotes"} <= keys and "content" not in keys:
        return "citron"
    if not keys or (head.startswith("{") and keys & {"annotations", "sentences", "tokens", "originalText"}):
        return "german-news-quotation"
    hint = f"Name it, as one of {', '.join(FORMATS)}: label-studio:FILE"
    raise DataError("is JSON whose format does not show", where=str(path), hint=hint)


def _xml(path: Path) -> str:
    head = _head(path)
    marks = {"<collection": "bioc", "<xmi:XMI": "inception", "<WORD ByteCount=": "parc3"}
    return next((name for mark, name in marks.items() if mark in head), "tei")


def _lines(path: Path) -> str:
    """Which of the formats of JSON lines the first line is in."""
    if _PIPELINE.search(_head(path)):  # in whichever line: the first may have found nothing
        return "pipeline"
    found: object = None
    with opened(path) as file, suppress(ValueError, RecursionError):
        found = json.loads(file.readline())
    if isinstance(found, list):
        return "spacy-json" if found and isinstance(found[0], str) else "pipeline"
    first = found if isinstance(found, dict) else {}
    entities = first.get("entities")
    inner = entities[0] if isinstance(entities, list) and entities else None
    if "passages" in first:
        return "bioc"
    if "kind" in first and "text" not in first:
        return "native"
    if "ents" in first or ("text" in first and isinstance(inner, list)):
        return "spacy-json"
    if isinstance(first.get("tokens"), list) and all(isinstance(one, str) for one in first["tokens"]):
        return "tagged-json"
    if first.keys() & {"spans", "tokens", "_input_hash"}:
        return "prodigy"
    if first.keys() & {"relations", "label", "labels", "annotations"} or (
        isinstance(inner, dict) and "start_offset" in inner
    ):
        return "doccano"
    return "predictions"


def _whole(path: Path) -> bool:
    """Whether the first line is a JSON value."""
    with opened(path) as file:
        try:
            json.loads(file.readline())
        except (ValueError, RecursionError):
            return False
    return True


def _head(path: Path) -> str:
    with opened(path) as file:
        return file.read(1 << 16).decode(errors="replace")


def _tag(field: str) -> bool:
    return field == "O" or field[:2] in ("B-", "I-", "E-", "S-", "L-", "U-")
