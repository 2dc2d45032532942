"""Joins a stand-off release with a reader's own copy of the text: the whole repository, or nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from wortlaut.annotations.file import read_documents
from wortlaut.corpus.load import Corpus
from wortlaut.errors import DataError, MissingFileError
from wortlaut.io.folders import whole_folder
from wortlaut.io.reading import raw_bytes
from wortlaut.release import manifest
from wortlaut.release.checks import problems
from wortlaut.release.manifest import MANIFEST
from wortlaut.release.standoff import (
    DOCUMENTS,
    FORMAT,
    OTHERS,
    rebuilt,
    records,
    together,
    unpacked,
)
from wortlaut.text.digests import text_hash
from wortlaut.text.segments import paragraphs


@dataclass(frozen=True, slots=True)
class Merged:
    """What was written; what had to be evened out in which copy, and the copies that no document needed."""

    out: Path
    hash: str
    documents: int
    normalised: tuple[str, ...]
    unused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Copy:
    path: Path
    text: str
    changes: tuple[str, ...]


def merge(folder: Path, texts: Path, out: Path) -> Merged:
    """Writes the repository (``seeds`` and ``annotations``) that the release was made from, or nothing.

    ``texts`` is a text file or a folder of them; a copy belongs to the document whose checksum it has, else
    to the one that it is named after. Raises DataError with the first paragraph that differs, and how.
    """
    if out.exists() and (out.is_file() or any(out.iterdir())):
        raise DataError("is there already and is not overwritten", where=str(out))
    about, files = _read(folder)
    copies = _copies(texts)
    found = _matched(records(files[DOCUMENTS]), copies, texts)
    repository = {f"seeds/{id}.txt": copy.text.encode("utf-8") for id, copy in found.items()}
    for name, data in files.items():
        if name.startswith("annotations/"):
            repository[name] = rebuilt(data, found[records(data)[0]["document"]].text)
    texts_together = together({id: copy.text for id, copy in found.items()})
    for other in records(files[OTHERS]):
        repository[other["file"]] = unpacked(other["content"], texts_together).encode("utf-8")
    for name, digest in about["rebuilds"].items():
        if name not in repository or sha256(repository[name]).hexdigest() != digest:
            raise DataError("the file is not what it was; the release is broken", where=f"{folder}/{name}")
    with whole_folder(out) as new:
        for name, data in repository.items():
            if not (new / name).resolve().is_relative_to(new.resolve()):
                raise DataError(f"the release names a file outside of its folder: {name}", where=str(folder))
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_bytes(data)
        corpus = Corpus.of("gold", read_documents(new / "annotations" / "gold"))
        if corpus.hash != about["hash"]:
            raise DataError("the corpus has another hash; the release is broken", where=str(folder))
    used = {copy.path for copy in found.values()}
    return Merged(
        out,
        corpus.hash,
        len(found),
        tuple(f"{copy.path}: {', '.join(copy.changes)}" for copy in found.values() if copy.changes),
        tuple(str(copy.path) for copy in copies if copy.path not in used),
    )


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Manifest and files of an untouched stand-off release. Raises DataError otherwise."""
    if not (folder / MANIFEST).exists():
        raise MissingFileError(
            "no release here",
            where=str(folder),
            hint="A release is what `wortlaut publish` wrote: a folder with a manifest.json.",
        )
    for name, problem in problems(folder):
        raise DataError(problem.what, where=f"{folder}/{name}", hint="Get the release again.")
    about = manifest.read(folder)
    if about["format"] != FORMAT:
        raise DataError(
            f"the release is {about['format']}, not {FORMAT}",
            where=str(folder),
            hint="Nothing has to be merged: this release has the text."
            if about["format"] == manifest.FORMAT
            else "",
        )
    return about, {name: raw_bytes(path) for name, path in manifest.paths(folder).items()}


def _copies(texts: Path) -> list[_Copy]:
    if not texts.exists():
        raise MissingFileError("no such file or folder", where=str(texts), hint="Check the path.")
    paths = sorted(texts.rglob("*.txt")) if texts.is_dir() else [texts]
    if not paths:
        raise MissingFileError("the folder holds no .txt file", where=str(texts))
    return [_normalised(path) for path in paths]


def _normalised(path: Path) -> _Copy:
    data = raw_bytes(path)
    changes = []
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
        changes.append("a byte order mark left out")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"byte {error.start} is not UTF-8", where=f"{path}:{line}", hint="Convert the copy to UTF-8."
        ) from error
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        changes.append("line ends made LF")
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
        changes.append("normalised to NFC")
    return _Copy(path, text, tuple(changes))


def _matched(rows: Sequence[Mapping[str, Any]], copies: Sequence[_Copy], texts: Path) -> dict[str, _Copy]:
    by_hash = {text_hash(copy.text): copy for copy in copies}
    by_name = {copy.path.stem: copy for copy in copies}
    found, missing, different = {}, [], []
    for row in rows:
        id = row["document"]
        copy = by_hash.get(row["sha256"])
        named = by_name.get(id) or (copies[0] if len(rows) == len(copies) == 1 else None)
        if copy is not None:
            found[id] = copy
        elif named is None:
            missing.append(id)
        else:
            different.append((row, named))
    if different:
        row, copy = different[0]
        line, what = _difference(row, copy.text)
        more = f" ({len(different)} documents differ)" if len(different) > 1 else ""
        raise DataError(
            f"not the text of document {row['document']!r}{more}: {what}",
            where=f"{copy.path}:{line}",
            hint="Nothing was written. Restore this place in your copy, and merge again.",
        )
    if missing:
        names = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
        raise MissingFileError(
            f"{len(missing)} documents have no text here: {names}",
            where=str(texts),
            hint=f"Put the text of each into a file named after it: {missing[0]}.txt",
        )
    return found


def _difference(row: Mapping[str, Any], text: str) -> tuple[int, str]:
    """The line where a copy first differs from a document, and how."""
    from difflib import SequenceMatcher

    expected, places = row["paragraphs"], paragraphs(text)
    ours, theirs = [text_hash(text[start:end]) for start, end in places], [one["sha256"] for one in expected]
    for kind, a, _, i, _ in SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        line = _line(text, places[i][0] if i < len(places) else len(text))
        if kind == "delete":
            size = expected[a]["characters"]
            return line, f"paragraph {a + 1} ({size} characters) is missing before this line"
        if kind == "insert":
            return line, f"the paragraph in this line is not in the document, before its paragraph {a + 1}"
        return line, f"paragraph {a + 1} differs: {_how(expected[a], text[slice(*places[i])])}"
    for one, (start, _) in zip(expected, places, strict=True):
        if one["start"] != start:
            what = f"it begins at character {start}, in the document at {one['start']}"
            return _line(text, start), f"the white space before this paragraph differs: {what}"
    what = f"{len(text)} characters, not {row['characters']}"
    return _line(text, len(text)), f"the white space at the end: {what}"


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


#: What copies are known to differ in, and how it is told.
_REPAIRS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("white space", lambda text: re.sub(r"\s+", " ", text)),
    ("white space", lambda text: re.sub(r"[\u00a0\u202f\u2009]", " ", text)),
    ("white space", lambda text: re.sub(r"[\u00ad\u200b\u200c\u200d\ufeff]", "", text)),
    ("quotation marks", lambda text: re.sub(r'[„“”»«"]', '"', text)),
    ("quotation marks", lambda text: re.sub(r'"([^"]*)"', r"„\1“", re.sub(r"[„“”»«]", '"', text))),
    ("quotation marks", lambda text: re.sub(r'"([^"]*)"', r"„\1”", re.sub(r"[„“”»«]", '"', text))),
    ("quotation marks", lambda text: re.sub(r'"([^"]*)"', r"“\1”", re.sub(r"[„“”»«]", '"', text))),
    ("quotation marks", lambda text: re.sub(r'"([^"]*)"', r"»\1«", re.sub(r"[„“”»«]", '"', text))),
    ("quotation marks", lambda text: re.sub(r"[‘’‚‛]", "'", text)),
    ("quotation marks", lambda text: text.replace("'", "’")),
    ("dashes", lambda text: re.sub(r"[–—]", "-", text)),
    ("dashes", lambda text: text.replace(" - ", " – ")),
    ("dashes", lambda text: text.replace("—", "–")),
    ("an ellipsis", lambda text: text.replace("...", "…")),
    ("an ellipsis", lambda text: text.replace("…", "...")),
    ("compatibility forms", lambda text: unicodedata.normalize("NFKC", text)),
)
#: Characters that are tried where one of them could be missing or another.
_TRIED = " \n.,;:!?'\"„“”‚‘’»«–—-…()\u00a0\u00ad\u200b" + "".join(
    chr(code) for code in (*range(48, 58), *range(65, 91), *range(97, 123))
) + "äöüÄÖÜßéèáàçñ"  # fmt: skip

#: Longer paragraphs (characters) would take too long to try.
_LONGEST_TRIED = 4000


def _how(expected: Mapping[str, Any], ours: str) -> str:
    """How a paragraph differs from one of which only the length and the hash are known.

    The usual differences, and every change of one character, are tried until the hash fits; then the place is
    known. Otherwise only the lengths tell.
    """
    wanted = expected["sha256"]
    candidates = {ours: ""}
    for kind, repair in _REPAIRS:
        for text, before in list(candidates.items()):
            candidates.setdefault(repair(text), f"{before}, {kind}" if before and before != kind else kind)
    for text, kind in candidates.items():
        if text_hash(text) == wanted:
            return f"{kind} ({_first_change(ours, text)})"
    for text in _one_change(ours, expected["characters"]) if len(ours) <= _LONGEST_TRIED else ():
        if text_hash(text) == wanted:
            return _first_change(ours, text)
    if len(ours) != expected["characters"]:
        return f"it has {len(ours)} characters, the document's {expected['characters']}"
    return f"it has the same length ({len(ours)} characters), and more than one other character"


def _one_change(text: str, length: int) -> Iterator[str]:
    if len(text) - 1 == length:
        yield from (text[:i] + text[i + 1 :] for i in range(len(text)))
    elif len(text) + 1 == length:
        yield from (text[:i] + one + text[i:] for i in range(len(text) + 1) for one in _TRIED)
    elif len(text) == length:
        yield from (text[:i] + one + text[i + 1 :] for i in range(len(text)) for one in _TRIED)
        yield from (text[:i] + text[i + 1] + text[i] + text[i + 2 :] for i in range(len(text) - 1))


def _first_change(ours: str, theirs: str) -> str:
    from difflib import SequenceMatcher

    changes = SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes()
    kind, a, b, c, d = next(change for change in changes if change[0] != "equal")
    shown = {
        "replace": f"{ours[a:b]!r} should be {theirs[c:d]!r}",
        "delete": f"{ours[a:b]!r} is too much",
        "insert": f"{theirs[c:d]!r} is missing",
    }
    return f"at its character {a}: {shown[kind]}"
