"""The fault table: every file that is read, against everything that can be wrong with a file.

    python tests/faults.py > docs/reliability.md

A format is in it by being registered: its files are what its own writer makes of a small corpus.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wortlaut.errors import WortlautError
from wortlaut.formats import FORMATS, reader, writer
from wortlaut.model import Annotations, Document, Entity, Quote, Span

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
LONG, DEEP = "9" * 5000, "[" * 100_000
#: What may be in the place of a value.
WRONG = ("null", "true", "-1", "1.5", '"x"', "[]", "[[null]]", "{}", '{"x": 1}', LONG)
#: Seconds after which something hangs.
PATIENCE = 5


# What is done to the bytes of a file.
def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


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
    "name no UTF-8": lambda path: path.rename(path.with_name("\udcff" + path.name)),
}


@dataclass(frozen=True)
class Case:
    """``read`` reads ``path``, in which ``file`` is broken by ``fault``."""

    what: str
    path: Path
    file: Path
    fault: str
    must: str = "refused"  # "read" as before, or "either"


def sound(name: str, folder: Path) -> Path:
    """A file or folder of the format ``name``, written by its own writer."""
    known = FORMATS[name]
    path = folder / f"sound{known.suffixes[0] if known.holds in ('file', 'line') else ''}"
    writer(name)(path, iter(DOCUMENTS))
    return path


def files(path: Path) -> list[Path]:
    """One file of each kind that there is."""
    found = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
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
def nobody() -> Iterator[None]:
    """Root may read everything: somebody else tries."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


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


def table(name: str, folder: Path) -> Iterator[tuple[str, str, str, object]]:
    """File, fault, outcome and what was said, of each fault of a format."""
    whole = folder / "whole"
    whole.mkdir(mode=0o755)
    path = sound(name, whole)
    before = list(reader(name)(path))
    assert before, name
    for target in files(path):
        inside = target.relative_to(whole)
        data = target.read_bytes()
        place = folder / "broken"

        def attempt(
            change: Callable[[Path], Any], inside: Path = inside, place: Path = place
        ) -> tuple[str, object]:
            shutil.copytree(whole, place)
            try:
                change(place / inside)
                start = place / path.name
                if not start.exists() and not start.is_symlink() and inside == Path(path.name):
                    start = next(place.iterdir(), start)
                with nobody() if change is PLACES["no permission"] else nullcontext():
                    return outcome(lambda: list(reader(name)(start)), (inside.name, str(place / path.name)))
            finally:
                (place / inside).chmod(0o644) if (place / inside).exists() else None
                shutil.rmtree(place)

        for fault, change in PLACES.items():
            yield str(inside), fault, *attempt(change)
        for fault, damage in {**DAMAGE, **READABLE}.items():
            try:
                made = damage(data)
            except UnicodeDecodeError:  # no text
                continue
            if made == data:
                continue
            done, said = attempt(lambda file, made=made: file.write_bytes(made))
            if done == "read":
                done = "read" if said == before else "other"
                said = ""
            yield str(inside), fault, done, said
        try:
            others = list(values(data))
        except UnicodeDecodeError:
            others = []
        for other in others:
            done, said = attempt(lambda file, other=other: file.write_bytes(other))
            yield str(inside), "value", done, said if done != "read" else other[:200]


if __name__ == "__main__":
    import sys
    import tempfile
    from collections import Counter

    for name in sys.argv[1:] or FORMATS:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            found = list(table(name, Path(folder)))
        print(name, Counter((fault, done) for _, fault, done, _ in found if fault == "value"), len(found))
        seen = set()
        for file, fault, done, said in found:
            if ((fault in READABLE) != (done == "read") and fault != "value") or done in ("wrong", "hung"):
                key = re.sub(r"\d+|'[^']*'|/tmp\S*", "", str(said))[:60]
                if (file, fault, done, key) not in seen:
                    seen.add((file, fault, done, key))
                    print("  ", file, "|", fault, "|", done, "|", str(said)[:230].replace("\n", " / "))
