"""The fault table: every file that is read, against everything that can be wrong with a file.

    python tests/faults.py > docs/reliability.md

A format is in it by being registered: its files are what its own writer makes of a small corpus.
"""

from __future__ import annotations

import ctypes
import gzip
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

from exported import exported_project

import wortlaut
from wortlaut.errors import WortlautError
from wortlaut.formats import FORMATS, reader, writer
from wortlaut.model import Annotations, Document, Entity, Quote, Span
from wortlaut.release.card import PARTS

_TEXT = "Änne Krug sagte : „ Schön , ja . “\nSie fuhr nach Köln ."
_TOKENS = " ".join(f"{m.start()}:{m.end()}" for m in re.finditer(r"\S+", _TEXT))
DOCUMENTS = [
    Document(
        f"d{number}",
        _TEXT,
        Annotations(
            (Entity(Span.of(0, 9), "PER"), Entity(Span.of(49, 53), "LOC")),
            (Quote("1", "direct", Span.of(20, 32), cue=Span.of(10, 15), speaker=Span.of(0, 9)),),
        ),
        (("tokens", _TOKENS), ("sentences", "0:10 10:15"), ("split", "train")),
    )
    for number in range(2)
]
CASES = Path(__file__).parent / "cases" / "formats"
LONG, DEEP = "9" * 5000, "[" * 100_000
#: What may be in the place of a value.
WRONG = ("null", "true", "-1", "1.5", '"x"', "[]", "[[null]]", "{}", '{"x": 1}', LONG)
#: Seconds after which something hangs.
PATIENCE = 5


# What is done to the bytes of a file.
def _cut(data: bytes) -> bytes:
    """Up to the second character of a line in the middle."""
    third = len(data) // 3
    return data[: data.rfind(b"\n", 0, third) + 3] if b"\n" in data[:third] else data[:third]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": _cut,
    "empty": lambda data: b"",
    "binary": lambda data: bytes(range(255, -1, -1)) * 8,
    "Latin-1": lambda data: data.decode().encode("cp1252", "replace"),
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "gzip, cut short": lambda data: gzip.compress(data)[:-12],
    "nested 100,000 deep": lambda data: DEEP.encode(),
    "one number of 5,000 digits": lambda data: LONG.encode(),
}
READABLE: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
}


# What is put in the place of a file.
def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


PLACES: dict[str, Callable[[Path], Any]] = {
    "missing": Path.unlink,
    "FIFO": _fifo,
    "folder": _folder,
    "no permission": lambda path: path.chmod(0),
    "name not UTF-8": lambda path: path.rename(path.with_name("\udcff" + path.name)),
}


EVERY = (*PLACES, *DAMAGE, *READABLE, "value")
#: In a folder these leave a smaller corpus.
SMALLER = ("missing", "folder", "name not UTF-8")
EMPTY = (".ann", ".jsonl", ".conllu", ".tsv")
#: Offsets count the characters of a text as it is; spaCy and datasets read bytes that are their own; what is
#: empty holds nothing.
AS_THEY_ARE = {(".txt", "CRLF"), (".md", "gzip"), *((suffix, "empty") for suffix in EMPTY)} | {
    (suffix, fault) for suffix in (".parquet", ".spacy", ".zip") for fault in READABLE if fault != "gzip"
}


@dataclass(frozen=True)
class Tried:
    """A fault, in a file of a format or of a command, and what came of it."""

    where: str
    file: str
    fault: str
    outcome: str  # read, clear, wrong, hung, half-written
    said: str


def samples(name: str, folder: Path) -> Iterator[Path]:
    """Files and folders of the format ``name``: what its own writer makes, and what lies among the cases."""
    known = FORMATS[name]
    if known.written:
        path = folder / f"sound{known.suffixes[0] if known.holds in ('file', 'line') else ''}"
        writer(name)(path, iter(DOCUMENTS))
        yield path
    if name == "inception":
        yield exported_project(folder / "project.zip", DOCUMENTS)
    for case in sorted((CASES / name.replace("-", "_")).glob("sound*")):
        (shutil.copytree if case.is_dir() else shutil.copy)(case, folder / case.name)
        yield folder / case.name


def files(path: Path) -> list[Path]:
    """One file of each kind that is read."""
    found = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    found = [file for file in found if file.suffix != ".conf"]  # it is for brat alone
    return list({(file.parent, file.suffix): file for file in reversed(found)}.values())[::-1]


def outcome(read: Callable[[], object], names: tuple[str, ...]) -> tuple[str, object]:
    """``read`` and what was read, or ``clear``, ``wrong``, ``hung`` and what was said."""

    def late(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, late)
    signal.alarm(PATIENCE)
    try:
        return "read", read()
    except TimeoutError:
        return "hung", ""
    except WortlautError as error:
        said = str(error)
        whole = error.where and error.hint and len(said) < 1200 and any(name in said for name in names)
        return ("clear" if whole else "wrong"), said
    except BaseException as error:
        return "wrong", f"{type(error).__name__}: {error}"[:300]
    finally:
        signal.alarm(0)


@contextmanager
def no_privilege() -> Iterator[None]:
    """Root may read everything, but for this time: its capabilities 1 and 2 are laid down."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    held, fewer = ((ctypes.c_uint32 * 6)() for _ in range(2))
    for sets in (held, fewer):
        libc.capget(header, sets)
    fewer[0] &= ~0b110
    libc.capset(header, fewer)
    try:
        yield
    finally:
        libc.capset(header, held)


def values(data: bytes) -> Iterator[bytes]:
    """The content with each of its values replaced by a wrong one: those of JSON, of columns, of XML."""
    text = data.decode()
    with suppress(ValueError):
        whole = json.loads(text)
        yield from (json.dumps(item).replace('"@long@"', LONG).encode() for item in _mutated(whole))
        return
    first = text.partition("\n")[0]
    with suppress(ValueError):
        lines = text.splitlines()
        for number, line in enumerate(lines):
            for item in _mutated(json.loads(line)):
                made = json.dumps(item).replace('"@long@"', LONG)
                yield "\n".join([*lines[:number], made, *lines[number + 1 :], ""]).encode()
            if number == 3:
                return
        return
    pattern = r'(?<==")[^"]*(?=")' if first.startswith("<") else r"[^\t\n ]+"
    places = [m.span() for m in re.finditer(pattern, text)][:60]
    for start, stop in places:
        for other in ("", "x", "-1", "1.5", "null", LONG, "1-1", "9999", "_", "O", "|"):
            yield (text[:start] + other + text[stop:]).encode()


def _mutated(value: Any) -> Iterator[Any]:
    yield from ("@long@" if wrong == LONG else json.loads(wrong) for wrong in WRONG)
    if isinstance(value, dict):
        for key in value:
            yield {k: v for k, v in value.items() if k != key}
            yield from ({**value, key: item} for item in _mutated(value[key]))
    elif isinstance(value, list):
        for at, inner in enumerate(value[:2]):
            yield from ([*value[:at], item, *value[at + 1 :]] for item in _mutated(inner))


def readers(name: str, folder: Path, faults: Container[str]) -> Iterator[Tried]:
    """Each of the faults in each file of a format."""
    whole, place, made = folder / "whole", folder / "broken", folder / "made"
    made.mkdir()
    for sample in samples(name, made):
        whole.mkdir()
        shutil.move(sample, path := whole / sample.name)
        yield from _broken(name, path, place, faults)
        shutil.rmtree(whole)


def _broken(name: str, path: Path, place: Path, faults: Container[str]) -> Iterator[Tried]:
    """The same of one of its samples, in a folder where it is alone."""
    whole = path.parent
    before = list(reader(name)(path))
    for target in files(path):
        inside = target.relative_to(whole)
        data = target.read_bytes()

        def attempt(change: Callable[[Path], object], fault: str, inside: Path = inside) -> Tried:
            shutil.copytree(whole, place)
            try:
                change(place / inside)
                start = place / path.name
                if fault == "name not UTF-8" and inside == Path(path.name):
                    start = next(place.iterdir())
                with no_privilege() if fault == "no permission" else nullcontext():
                    done, said = outcome(
                        lambda: list(reader(name)(start)), (inside.name, str(place / path.name))
                    )
            finally:
                if (place / inside).exists():
                    (place / inside).chmod(0o755)
                shutil.rmtree(place)
            if fault in READABLE:
                done = "read" if done == "read" and said == before else "wrong"
            elif done == "read" and fault != "value" and not (fault in SMALLER and inside.parts[1:]):
                done = "wrong"
            return Tried(name, str(inside), fault, done, "" if done == "read" else str(said))

        yield from (attempt(change, fault) for fault, change in PLACES.items() if fault in faults)
        for fault, damage in {**DAMAGE, **READABLE}.items():
            with suppress(UnicodeDecodeError):  # no text
                made = damage(data)
                # HIPE's missing cells are empty ones.
                as_it_is = (inside.suffix, fault) in AS_THEY_ARE or (name, fault) == ("hipe", "truncated")
                if fault in faults and made != data and not as_it_is:
                    yield attempt(partial(Path.write_bytes, data=made), fault)
        with suppress(UnicodeDecodeError):
            for made in values(data) if "value" in faults else ():
                yield attempt(partial(Path.write_bytes, data=made), "value")


# Commands: a process that is forked from this one, which has the libraries loaded.
WRITTEN = {"corpus": "native", "found.jsonl": "predictions", "seen.conll": "conll", "dataset": "dataset"}
EXTRACTOR = """\
from wortlaut import Annotations, Entity, Span


class Made:
    spec, finds = "made", ("entities",)

    def extract(self, texts):
        for text in texts:
            yield Annotations((Entity(Span.of(0, 9), "PER"),))


def make():
    return Made()
"""
CONTENT = {
    "labels.json": '{"PER": "PER", "LOC": null}\n',
    "labels.txt": "PER=PER\nLOC=-\n",
    "rules.toml": "flips = 3\n",
    "extractor.py": EXTRACTOR,
    "text.txt": _TEXT,
    "new.txt": "Jörg schwieg .\n",
    "old.txt": _TEXT,
    "columns.json": '{"text": "text"}',
    "quotes/dev/text/a.txt": "“ It is late , ” said Ann Lee .\n",
    "quotes/dev/attributions/a_x.ann": "T1\tCue 17 21\tsaid\nT2\tContent 0 16\t“ It is late , ”\n"
    "T3\tAttribution 17 21\tsaid\nE1\tAttribution:T3 Cue:T1 Content:T2\n",
    "texts/d0.txt": _TEXT,
    "corpus/annotations/labels.yaml": "levels: 2\nlabels:\n  PER: a\n  LOC: b\n  ORG: c\n  OTH: d\n",
    "corpus/annotations/splits.yaml": "test: 1.0\n",
    "corpus/annotations/statement.yaml": "".join(f"{key}: x\n" for key in ("title", "summary", *PARTS)),
}
#: What makes the other files; ``edited`` has a text that is no more what was annotated.
MADE = (
    "init corpus",
    "annotate -e a=extractor.py:make -e b=gazetteer --root corpus",
    "agree --write --root corpus",
    "adjudicate a b -o corpus/merged --root corpus",
    "build corpus",
    "publish release --stand-off --yes --root corpus",
    "evaluate -e preds:found.jsonl --corpus native:corpus --samples 0 --json result.json",
    "evaluate -e preds:found.jsonl --corpus native:corpus --json counted.json",
    "passport counted.json -o passport",
    "history add counted.json -o history.jsonl --commit a --date 2026-03-01",
    "baseline write -e preds:found.jsonl --corpus native:corpus -o baseline.json",
    "extract texts.parquet -e extractor.py:make -o shards --workers 1",
    "bench -e preds:found.jsonl --corpus native:corpus --save bench.json",
)
#: What is done to the content of a file here; the rest is for the readers, which open files in the same way.
SOME = ("truncated", "binary", "nested 100,000 deep", "one number of 5,000 digits")
#: What a person writes as text is sound whatever it says, and what is cut may be.
PROSE = ("text.txt", "new.txt", "extractor.py", "corpus/seeds/d0.txt", "edited/seeds/d0.txt")
SOUND = {(name, fault) for name in PROSE for fault in SOME if fault != "binary"}
SOUND |= {("seen.conll", "truncated"), ("labels.txt", "truncated")}
EVALUATE, ON = "evaluate --samples 0 --json out -e preds:found.jsonl", "--corpus native:corpus"
GOLD, LAYER, SEED, TABLE = (
    f"corpus/{name}"
    for name in (
        "annotations/gold/d0.jsonl",
        "annotations/layers/a/d0.jsonl",
        "seeds/d0.txt",
        "seeds/provenance.jsonl",
    )
)
LABELS, SPLITS, STATEMENT = (f"corpus/annotations/{name}.yaml" for name in ("labels", "splits", "statement"))
AGREEMENT = "corpus/annotations/agreement.json"
#: A command, and the files that it reads, each of which is broken; what it writes is called out.
COMMANDS: dict[str, tuple[str, ...]] = {
    f"{EVALUATE} {ON} --labels labels.json": ("labels.json", "found.jsonl", GOLD),
    f"{EVALUATE} {ON} --labels labels.txt": ("labels.txt",),
    f"{EVALUATE} {ON} --by surface --seen conll:seen.conll": ("seen.conll",),
    f"{EVALUATE} --corpus hub:dataset?columns=columns.json": ("columns.json",),
    "evaluate --samples 0 --json out -e preds:shards --corpus native:corpus": (
        "shards/manifest.json",
        "shards/shards/00000.parquet",
    ),
    f"evaluate --samples 0 --json out -e extractor.py:make {ON}": ("extractor.py",),
    "score native:corpus found.jsonl --samples 0 --labels labels.json --seen conll:seen.conll --by surface": (
        "found.jsonl",
        GOLD,
        "labels.json",
        "seen.conll",
    ),
    "compare result.json --trials 1 --samples 1 --json out": ("result.json",),
    "audit result.json --trials 1 --json out": ("result.json",),
    "passport counted.json -o out": ("counted.json",),
    "verify passport/passport.json --corpus native:corpus --predictions found.jsonl": (
        "passport/passport.json",
        "found.jsonl",
        GOLD,
    ),
    "atlas quotes -e quotes-simple --samples 0 --json out": ("quotes/dev/attributions/a_x.ann",),
    "plan result.json --json out": ("result.json",),
    f"plan -e preds:found.jsonl {ON} --labels labels.json --json out": ("found.jsonl", GOLD, "labels.json"),
    f"stress -e extractor.py:make {ON} -t nfd --samples 0 --labels labels.json --json out": (
        "extractor.py",
        GOLD,
        "labels.json",
    ),
    f"baseline write -e preds:found.jsonl {ON} --labels labels.json --rules rules.toml -o out": (
        "found.jsonl",
        GOLD,
        "labels.json",
        "rules.toml",
    ),
    f"check -e preds:found.jsonl {ON} --baseline baseline.json --rules rules.toml --json out": (
        "baseline.json",
        "rules.toml",
        "found.jsonl",
        GOLD,
    ),
    "history add counted.json -o out --commit a --date 2026-03-01": ("counted.json",),
    "history show history.jsonl --rules rules.toml": ("history.jsonl", "rules.toml"),
    "comment text.txt": ("text.txt",),
    f"bench -e preds:found.jsonl {ON} --compare bench.json --json out": ("bench.json", GOLD),
    "show text.txt -e gazetteer --json out": ("text.txt",),
    f"show d0 {ON} --json out": (GOLD,),
    "extract text.txt -e gazetteer -o out --workers 1": ("text.txt",),
    "extract texts.parquet -e gazetteer -o out --workers 1": ("texts.parquet",),
    "convert found.jsonl out --to doccano": ("found.jsonl",),
    f"export spacy out {ON}": (GOLD,),
    "init corpus": (LABELS,),
    "add new.txt -e c=extractor.py:make --labels labels.json --root corpus": (
        "new.txt",
        "extractor.py",
        "labels.json",
        SEED,
        TABLE,
        LABELS,
    ),
    "annotate -e c=extractor.py:make --labels labels.json --root corpus": (
        "extractor.py",
        "labels.json",
        SEED,
        LABELS,
    ),
    "import found.jsonl --layer c --labels labels.json --root corpus": (
        "found.jsonl",
        "labels.json",
        SEED,
        LABELS,
    ),
    "reanchor --before old.txt --root edited": (
        "old.txt",
        *(name.replace("corpus", "edited") for name in (SEED, TABLE, GOLD, LAYER)),
    ),
    "diff a gold --root corpus": (LAYER, GOLD, SEED, LABELS),
    "adjudicate a b -o out --root corpus": (LAYER, SEED, LABELS),
    "adjudicate --finish -o corpus/merged": ("corpus/merged/d0.jsonl", SEED),
    "agree --root corpus --json out": (LAYER, SEED, LABELS),
    "validate corpus": (GOLD, LAYER, SEED, TABLE, LABELS, SPLITS, AGREEMENT, "corpus/corpus/manifest.json"),
    "validate release": ("release/manifest.json", "release/documents.jsonl"),
    "build corpus -o out": (GOLD, LAYER, SEED, TABLE, LABELS, SPLITS, STATEMENT, AGREEMENT),
    "publish out --stand-off --yes --root corpus": (GOLD, LAYER, SEED, TABLE, LABELS, STATEMENT, AGREEMENT),
    "merge release texts -o out": (
        "release/manifest.json",
        "release/documents.jsonl",
        "release/annotations/gold/d0.jsonl",
        "texts/d0.txt",
    ),
}
#: Commands that read no file.
NO_FILE = ("corpora", "extractors", "probes", "rules", "schema")


def run(line: str, cwd: Path, patience: float = 60, *, privileged: bool = True) -> tuple[int | None, str]:
    """Exit code of ``wortlaut``, None where it hangs, and all that it says."""
    said = cwd.parent / "said"
    process = os.fork()
    if not process:
        file = os.open(said, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        for number in (1, 2):
            os.dup2(file, number)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")  # not those of a runner of tests
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.setsid()
        os.chdir(cwd)
        # A module that was compiled before would be imported without a look at its file.
        sys.dont_write_bytecode, os.environ["PYTHONDONTWRITEBYTECODE"] = True, "1"
        if not privileged:
            for capability in (1, 2):  # PR_CAPBSET_DROP: what it starts gets none back
                ctypes.CDLL(None).prctl(24, capability)
        sys.argv = ["wortlaut", *line.split()]
        code = 70
        try:
            from wortlaut.cli import main

            with nullcontext() if privileged else no_privilege():
                main()
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    end = time.monotonic() + patience
    while time.monotonic() < end:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status), said.read_text(errors="replace")
        time.sleep(0.005)
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return None, said.read_text(errors="replace")


def workplace(folder: Path) -> None:
    """Sound files of every kind that a command takes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name in ("jinja2", "rich.table", "scipy.stats", "sklearn.metrics", "spacy", "yaml"):
        import_module(name)  # for those that are forked
    for module in walk_packages(wortlaut.__path__, "wortlaut."):
        if module.name not in ("wortlaut.pytest_plugin", "wortlaut.integrations", "wortlaut.bench.cases"):
            import_module(module.name)
    for name, format in WRITTEN.items():
        writer(format)(folder / name, iter(DOCUMENTS))
    for name, content in CONTENT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    pq.write_table(pa.table({"id": ["d0", "d1"], "text": [_TEXT] * 2}), folder / "texts.parquet")
    for line in MADE:
        code, said = run(line, folder, 120)
        assert code == 0, (line, said)
    shutil.copytree(folder / "corpus", folder / "edited")
    (folder / "edited/seeds/d0.txt").write_text(_TEXT.replace("Köln", "Bonn"), "utf-8")


def commands(folder: Path, faults: Iterable[str] = (*PLACES, *SOME)) -> Iterator[Tried]:
    """Each of the faults in each file that a command takes."""
    whole, place = folder / "whole", folder / "broken"
    whole.mkdir()
    workplace(whole)
    for line, inside in ((line, inside) for line, files in COMMANDS.items() for inside in files):
        data = (whole / inside).read_bytes()
        for fault in faults:
            if (fault in SMALLER and "/" in inside) or (inside, fault) in SOUND:
                continue
            shutil.copytree(whole, place)
            if fault in DAMAGE:
                (place / inside).write_bytes(DAMAGE[fault](data))
            else:
                PLACES[fault](place / inside)
            bad = fault == "name not UTF-8"
            asked = re.sub(rf"(?<![/\w]){re.escape(inside)}", "\udcff" + inside, line) if bad else line
            before = _content(place)
            code, said = run(asked, place, privileged=fault != "no permission")
            left = [path for path, content in _content(place).items() if before.get(path, b"") != content]
            done = _judged(line, code, said, inside, left)
            yield Tried(line.partition(" -")[0], inside, fault, done, f"{code} {said}")
            if (place / inside).exists():
                (place / inside).chmod(0o755)
            shutil.rmtree(place)


def _content(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def _judged(line: str, code: int | None, said: str, inside: str, left: list[Path]) -> str:
    if code is None:
        return "hung"
    # A verdict is written whole before a command ends with 2; of an extraction its lock may stay.
    if any(path.name not in ("out", ".lock") or (path.is_file() and not _is_json(path)) for path in left):
        return "half-written"
    told = Path(inside).name in said and "\n  " in said and "Traceback" not in said
    # To say what is wrong with a file is the verdict of validate.
    return "clear" if told and code in ((1, 2) if line.startswith("validate") else (2,)) else "wrong"


def _is_json(path: Path) -> bool:
    with suppress(ValueError):
        return bool(json.loads(path.read_bytes() or b"1"))
    return False


OUTCOMES = ("clear", "read", "wrong", "hung", "half-written")
HEAD = """\
# Reliability

What Wortlaut does when a file is broken: it stops with an error that says what is wrong, where, and what to
do, and it changes no file. This page is the result of a test. `python tests/faults.py > docs/reliability.md`
runs the whole test. The test suite runs most of it and fails on any result other than *clear* or *read*.

The test takes a sound file of every format, and every file that a command reads. It damages one file at a
time, in each of these ways:
{faults}.
Readers of formats also get each file with one value made wrong: another type, null, or 5,000 digits. Each
attempt has one of these results:

- **clear**: An error names the file, the place and the remedy, and no file is changed. A command exits with
  2, or with 1 where `validate` reports a broken rule.
- **read**: The file is still valid. With gzip, a byte order mark or CRLF line ends, the result is the same as
  for the plain file. A folder with one file fewer is a smaller corpus.
- **wrong**: A traceback, another exit code, an error without the place or the remedy, or a broken file that
  is read.
- **hung**: No end within 5 seconds (a reader) or 60 seconds (a command).
- **half-written**: An output file is there but incomplete.

Text files beside annotations (`.txt` of brat and Web Annotation) keep CRLF line ends; offsets count the CR.
"""


def _rows(found: Iterable[Tried]) -> Iterator[str]:
    yield f"| | file | tried | {' | '.join(OUTCOMES)} |"
    yield f"| --- | --- | {' | '.join(['---:'] * (1 + len(OUTCOMES)))} |"
    cells: dict[tuple[str, str], Counter[str]] = {}
    total: Counter[str] = Counter()
    for tried in found:
        cells.setdefault((tried.where, tried.file), Counter())[tried.outcome] += 1
        total[tried.outcome] += 1
    for (where, file), counts in [*cells.items(), (("**all**", ""), total)]:
        numbers = [counts.total(), *(counts[outcome] for outcome in OUTCOMES)]
        yield f"| {where} | {file} | {' | '.join(f'{number:,}' for number in numbers)} |"


def every_reader(folder: Path) -> Iterator[Tried]:
    for name in FORMATS:
        (folder / name).mkdir()
        yield from readers(name, folder / name, EVERY)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = [*every_reader(Path(folder))]
        (Path(folder) / "commands").mkdir()
        of_commands = [*commands(Path(folder) / "commands")]
    for tried in [*found, *of_commands]:
        if tried.outcome not in OUTCOMES[:2]:
            print(tried, file=sys.stderr)
    print(HEAD.format(faults="; ".join((*PLACES, *DAMAGE))))
    print("## Readers\n", *_rows(found), "\n## Commands\n", *_rows(of_commands), sep="\n")


if __name__ == "__main__":
    main()
