"""What the JSON formats of annotation tools share: typed access with an error that names the place."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import json_fault, opened, read_json, read_text, unpacked
from wortlaut.model import Document, Span
from wortlaut.records.objects import loads

_SPACE = re.compile("[ \t\n\r]*")
#: Characters of a list that are read at a time.
_BLOCK = 1 << 20


def objects(path: Path, losses: Losses | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where, and the JSON object of each line; blank lines are passed over."""
    with opened(path) as file:
        yield from ((where, item) for _, where, item in numbered(file, path, losses))


def numbered(
    lines: Iterable[bytes], path: Path, losses: Losses | None = None
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Number, place and JSON object of each line of the file at ``path``; blank lines are passed over."""
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        if line.strip():
            with tolerated(losses, "line"):
                yield number, where, loads(line, where)


def listed(path: Path) -> Iterator[Any]:
    """The values of a file that is one JSON list of objects, one of them in memory at a time.

    Raises a :class:`DataError` with the line in which a broken value begins.
    """
    decode = json.JSONDecoder().raw_decode
    before, size = 1, _BLOCK
    with io.TextIOWrapper(opened(path), "utf-8") as file:
        try:
            rest = file.read(size)
            while not rest.strip() and (more := file.read(size)):
                rest += more
            if not rest.lstrip().startswith("["):
                raise DataError("is not a list", where=str(path), hint="Export all documents, as JSON.")
            at, separator = rest.index("[") + 1, ""
            while True:
                begin = _past_space(rest, at)
                try:
                    if rest[begin : begin + 1] == "]" and not (rest[begin + 1 :] + file.read()).strip():
                        return
                    if separator and rest[begin : begin + 1] != separator:
                        raise json.JSONDecodeError("expected a comma or the end of the list", rest, begin)
                    value, at = decode(rest, _past_space(rest, begin + len(separator)))
                except json.JSONDecodeError as error:
                    # Either it is broken, or it goes on behind what has been read.
                    more = file.read(size)
                    if not more:
                        where = f"{path}:{before + rest.count(chr(10), 0, error.pos)}"
                        raise DataError(f"is not JSON: {error.msg}", where=where) from None
                    before += rest.count("\n", 0, at)
                    rest, at, size = rest[at:] + more, 0, 2 * size
                    continue
                yield value
                separator, size = ",", _BLOCK
        except UnicodeDecodeError:
            read_text(path)  # says where
            raise
        except (ValueError, RecursionError) as error:
            if isinstance(error, DataError):
                raise
            what, place = json_fault(error, rest, at)
            where = f"{path}:{before + rest.count(chr(10), 0, place)}"
            raise DataError(f"is not JSON: {what}", where=where, hint="Export it anew.") from None


def values(path: Path, losses: Losses | None = None) -> Iterator[tuple[str, Any]]:
    """Where, and each JSON value: of the lines, of the list, or the one that the file is.

    A file of lines is called ``.jsonl``, or has a whole value in its first line and something in the second.
    """
    with opened(path) as file:
        first, second = file.readline(_BLOCK), file.readline(_BLOCK)
    if unpacked(path).suffix == ".jsonl" or (second.strip() and _whole(first)):
        with opened(path) as file:
            for number, line in (
                (number, line.strip()) for number, line in enumerate(file, 1) if line.strip()
            ):
                where = f"{path}:{number}"
                bare = line[:1] in b"[n"  # a list or null is read within an object
                with tolerated(losses, "line"):
                    yield where, loads(b'{"":%b}' % line, where)[""] if bare else loads(line, where)
        return
    found = listed(path) if first.lstrip().startswith(b"[") else [read_json(path)]
    yield from ((f"{path}: item {number}", item) for number, item in enumerate(found, 1))


def _whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def get_typed(item: Any, key: str, kind: type, where: str) -> Any:
    """``item[key]``, which must be there and of the ``kind``."""
    value = item.get(key) if isinstance(item, Mapping) else None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise DataError(f"has no {key!r} of type {kind.__name__}", where=where)
    return value


def get(item: Any, key: str, kind: type, where: str) -> Any:
    """The same; a string can be written as UTF-8."""
    value = get_typed(item, key, kind, where)
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise DataError(f"{key!r} holds half a surrogate pair", where=where)
    return value


def maybe(item: Any, key: str, kind: type, where: str) -> Any:
    """The same, or an empty one where it is absent or null."""
    if isinstance(item, Mapping) and item.get(key) is None:
        return kind()
    return get(item, key, kind, where)


def items(item: Any, key: str, one: str, where: str) -> Iterator[tuple[str, Any]]:
    """What the list ``item[key]`` holds, if it is there, each behind where it stands: ``FILE:1, span 2``."""
    found = maybe(item, key, list, where)
    return ((f"{where}, {one} {place}", part) for place, part in enumerate(found, 1))


def span(start: Any, end: Any, text: str, where: str) -> Span:
    """The span ``[start, end)`` of a text, in code points."""
    if type(start) is not int or type(end) is not int:
        raise DataError(f"{start!r} and {end!r} are not two offsets", where=where)
    if not 0 <= start < end <= len(text):
        raise DataError(
            f"[{start}, {end}) is empty, reversed or outside the text, which has {len(text)} characters",
            where=where,
        )
    return Span.of(start, end)


def strings(item: Any, key: str, where: str) -> tuple[tuple[str, str], ...]:
    """The pairs of an object of strings; none where it is absent."""
    values = maybe(item, key, dict, where)
    for name in values:
        get(values, name, str, f"{where}, {key}")
    return tuple(values.items())


_encode = json.JSONEncoder(ensure_ascii=False).encode


def write(
    path: Path,
    documents: Iterable[Document],
    losses: Losses,
    made: Callable[[Document, Losses], Mapping[str, object]],
) -> Losses:
    """The JSON object that is made of each document, one a line."""
    with path.open("w", encoding="utf-8", newline="\n") as lines:
        for document in documents:
            lines.write(_encode(made(document, losses)) + "\n")
    return losses


def meta(
    document: Document, losses: Losses, reason: str = "", holds: Callable[[str], object] = bool
) -> dict[str, str]:
    """``meta`` as an object, which holds each key once; and for a ``reason`` only some keys."""
    found: dict[str, str] = {}
    for key, value in document.meta:
        if key in found or (reason and not holds(key)):
            losses.add("meta", document, "the key stands twice" if key in found else reason, key)
        else:
            found[key] = value
    return found
