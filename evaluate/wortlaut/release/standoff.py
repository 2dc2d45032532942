"""A release without the text, and the way back: ``merge`` joins it with a reader's own copy of the text.

What is in a release: offsets, lengths, one SHA-256 for each document and paragraph, labels and links. Where a
string of the annotations (a name, an id, a note) has a word of the text in it, the release holds the offsets
of that word instead: ``{"~": [[832, 836], "-", [841, 844, "lower"]]}``. So no run of three words of the text
is in any file, and hardly a single word: :func:`check_words` refuses a release where one is.
The hash of a very short paragraph can be guessed by trying words; that of a sentence cannot.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from wortlaut.corpus import frozen
from wortlaut.corpus.load import Corpus
from wortlaut.errors import DataError, MissingFileError
from wortlaut.formats import native
from wortlaut.formats.native import Problem
from wortlaut.model import Document
from wortlaut.release import card
from wortlaut.text.segments import PARAGRAPHS, paragraphs

FORMAT = "wortlaut-standoff/1"
#: How a reader's copy is read before it is compared: UTF-8, no byte order mark, LF line ends, NFC.
NORMALISATION = "wortlaut-text/1"
DOCUMENTS = "documents.jsonl"
#: Files of the repository that are carried beside the annotations, each as one string.
OTHERS = "others.jsonl"
#: As many words in a row may not be those of the text.
RUN = 3
_CARRIED = ("seeds/provenance.jsonl", card.STATEMENT, frozen.CHANGELOG, "annotations/agreement.json")
_PACKED = "~"
_WORD = re.compile(r"[^\W_]+")


# ---------------------------------------------------------------- words


def _ascii(word: str) -> str:
    for letter, written in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        word = word.lower().replace(letter, written)
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


#: How a word of an annotation comes from one of the text, beside being the same.
_CHANGES: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "capital": str.capitalize,
    "ascii": _ascii,
}


def _words(text: str) -> Iterator[re.Match[str]]:
    """Runs of letters and digits with a letter in them: what counts as a word of the text."""
    return (word for word in _WORD.finditer(text) if not word.group().isdigit())


def word_runs(texts: Iterable[str], length: int = RUN) -> set[tuple[str, ...]]:
    """Every run of that many words of the texts, case and umlauts evened out."""
    found = set()
    for text in texts:
        words = [_ascii(word.group()) for word in _words(text)]
        found |= {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}
    return found


def check_words(files: Mapping[str, bytes], texts: Iterable[str]) -> None:
    """Raises DataError where a file, or its name, holds a run of three words of a text."""
    runs = word_runs(texts)
    for name, data in files.items():
        for where, content in (
            (name, name),
            *((f"{name}:{n}", line) for n, line in enumerate(_lines(data), 1)),
        ):
            words = [_ascii(word.group()) for word in _words(content)]
            for index in range(len(words) - RUN + 1):
                if (run := tuple(words[index : index + RUN])) in runs:
                    raise DataError(
                        f"a stand-off release would hold words of the text: {' '.join(run)!r}",
                        where=where,
                        hint="Write the id, the note or the statement in other words.",
                    )


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8").split("\n")


class _Packer:
    """Replaces what a string shares with the text by offsets into the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._places: dict[str, list[tuple[int, int]]] = {}
        for word in _words(text):
            self._places.setdefault(_ascii(word.group()), []).append(word.span())

    def string(self, value: str) -> str | dict[str, list[Any]]:
        pieces: list[Any] = []
        done = 0
        for word in _words(value):
            if word.start() < done:
                continue
            place = self._place(value, word)
            if place is not None:
                start, end, *_ = place
                if word.start() > done:
                    pieces.append(value[done : word.start()])
                pieces.append(place)
                done = word.start() + end - start if len(place) == 2 else word.end()
        if not pieces:
            return value
        return {_PACKED: [*pieces, value[done:]] if done < len(value) else pieces}

    def _place(self, value: str, word: re.Match[str]) -> list[Any] | None:
        places = self._places.get(_ascii(word.group()), ())
        same = [place for place in places if self._text[slice(*place)] == word.group()]
        if same:
            ends = [self._shared(value, word, start) for start, _ in same]
            best = max(range(len(same)), key=lambda index: (ends[index], -index))
            return [same[best][0], same[best][0] + ends[best]]
        for start, end in places:
            for name, change in _CHANGES.items():
                if change(self._text[start:end]) == word.group():
                    return [start, end, name]
        return None

    def _shared(self, value: str, word: re.Match[str], start: int) -> int:
        """How many characters are the same from here on, up to the end of a word of both."""
        shared = 0
        for ours, theirs in zip(value[word.start() :], self._text[start:], strict=False):
            if ours != theirs:
                break
            shared += 1
        ends = [other.end() - word.start() for other in _words(value[: word.start() + shared])]
        at, end = word.start() + shared, start + shared
        cut = value[at : at + 1].isalnum() or self._text[end : end + 1].isalnum()
        fitting = [end for end in ends if 0 < end < shared or (end == shared and not cut)]
        return max((*fitting, len(word.group())))

    def record(self, value: Any) -> Any:
        """A JSON value without surfaces, and with its strings packed."""
        if isinstance(value, str):
            return self.string(value)
        if isinstance(value, dict):
            return {key: self.record(item) for key, item in value.items()}
        if isinstance(value, list):
            if len(value) == 3 and type(value[0]) is type(value[1]) is int and isinstance(value[2], str):
                return value[:2]
            return [self.record(item) for item in value]
        return value


def _unpacked(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        if set(value) == {_PACKED}:
            return "".join(
                piece if isinstance(piece, str) else _piece(text, *piece) for piece in value[_PACKED]
            )
        return {key: _unpacked(item, text) for key, item in value.items()}
    if isinstance(value, list):
        if len(value) == 2 and type(value[0]) is type(value[1]) is int:
            return [*value, text[value[0] : value[1]]]
        return [_unpacked(item, text) for item in value]
    return value


def _piece(text: str, start: int, end: int, change: str = "") -> str:
    return _CHANGES[change](text[start:end]) if change else text[start:end]


# ---------------------------------------------------------------- release


def release(root: Path) -> dict[str, bytes]:
    """The files of a stand-off release of the repository ``root``, by name, without card and manifest.

    Raises DataError where a word run of the text would be in one of them, or an annotation file is not in
    canonical spelling and so could not be rebuilt byte for byte.
    """
    corpus = Corpus.of("gold", native.read(root / "annotations" / "gold"))
    texts = {document.id: document.text for document in corpus.documents}
    files = {DOCUMENTS: "".join(_dump(_document(one)) + "\n" for one in corpus.documents).encode("utf-8")}
    packers = {id: _Packer(text) for id, text in texts.items()}
    for path in annotation_files(root):
        id = native.read_annotations(path).header.document
        if id not in texts:
            raise DataError(f"the document {id!r} has no gold", where=f"{path}:1")
        content = path.read_bytes()
        lines = [packers[id].record(json.loads(line)) for line in _lines(content) if line]
        lines[0]["document"] = id  # it names the file, so that nothing is hidden by offsets
        name = path.relative_to(root).as_posix()
        files[name] = "".join(_dump(line) + "\n" for line in lines).encode("utf-8")
        if _rebuilt(files[name], texts[id]) != content:
            hint = "Write its lines in canonical spelling: `wortlaut validate` shows how."
            raise DataError("the file could not be rebuilt from a release", where=str(path), hint=hint)
    together = _together(corpus.documents)
    packer = _Packer(together)
    files[OTHERS] = "".join(
        _dump({"file": name, "content": packer.string((root / name).read_text("utf-8"))}) + "\n"
        for name in _CARRIED
        if (root / name).is_file()
    ).encode("utf-8")
    return files


def annotation_files(root: Path) -> list[Path]:
    """Gold and layers of a repository, in order."""
    folder = root / "annotations"
    return sorted([*folder.glob("gold/*.jsonl"), *folder.glob("layers/*/*.jsonl")])


def describe(root: Path, files: Mapping[str, bytes]) -> tuple[str, dict[str, Any]]:
    """The card of a stand-off release, and what its manifest says beside the files."""
    corpus = Corpus.of("gold", native.read(root / "annotations" / "gold"))
    stated = card.read_statement(root)
    head = card.header(stated, corpus)
    # Without the text, what remains is the makers' own.
    licence = stated.get("annotations_license", head["license"])
    if licence != head["license"]:
        head = {key: value for key, value in head.items() if not key.startswith("license_")}
        head["license"] = licence
    head["configs"] = [{"config_name": "documents", "data_files": DOCUMENTS}]
    content = card.render(
        "standoff.md.j2",
        head,
        stated,
        version=frozen.version(root),
        normalisation=NORMALISATION,
        run=RUN,
        **card.counts(corpus),
    )
    rebuilds = [*annotation_files(root), *(root / name for name in _CARRIED if (root / name).is_file())]
    return content, {
        "format": FORMAT,
        "version": frozen.version(root),
        "hash": corpus.hash,
        "normalisation": NORMALISATION,
        "layers": [PARAGRAPHS],
        "rebuilds": {
            path.relative_to(root).as_posix(): sha256(path.read_bytes()).hexdigest() for path in rebuilds
        },
    }


def _document(document: Document) -> dict[str, Any]:
    return {
        "document": document.id,
        "sha256": _hash(document.text),
        "characters": len(document.text),
        "paragraphs": [
            {"start": start, "characters": end - start, "sha256": _hash(document.text[start:end])}
            for start, end in paragraphs(document.text)
        ],
    }


def _together(documents: Iterable[Document]) -> str:
    """The texts as one, by id: what the offsets in :data:`OTHERS` count in."""
    return "\n".join(document.text for document in sorted(documents, key=lambda document: document.id))


def _rebuilt(content: bytes, text: str) -> bytes:
    lines = (_unpacked(json.loads(line), text) for line in _lines(content) if line)
    return "".join(_dump(line) + "\n" for line in lines).encode("utf-8")


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()


# ---------------------------------------------------------------- checks


def check(files: Mapping[str, bytes]) -> Iterator[tuple[str, Problem]]:
    """Whether a stand-off release fits together (rule P08): name of the file, and what is wrong."""
    try:
        rows = [json.loads(line) for line in _lines(files[DOCUMENTS]) if line]
        lengths = {row["document"]: row["characters"] for row in rows}
    except (KeyError, ValueError, TypeError) as error:
        yield (
            DOCUMENTS if DOCUMENTS in files else "manifest.json",
            Problem("P08", 0, f"no documents: {error!r}"),
        )
        return
    for number, row in enumerate(rows, 1):
        last = 0
        for one in row.get("paragraphs", ()):
            if one["start"] < last or one["start"] + one["characters"] > row["characters"]:
                yield DOCUMENTS, Problem("P08", number, f"the paragraph at {one['start']} is out of place")
                break
            last = one["start"] + one["characters"]
    for name, data in files.items():
        if not (name.startswith("annotations/") and name.endswith(".jsonl")):
            continue
        header: dict[str, Any] = {}
        for number, line in enumerate(_lines(data), 1):
            try:
                record = json.loads(line) if line else None
            except ValueError as error:
                yield name, Problem("P08", number, f"the line is not JSON: {error}")
                continue
            if number == 1 and isinstance(record, dict):
                header = record
            for start, end, *rest in _fragments(record):
                if rest:
                    yield name, Problem("P08", number, f"[{start}, {end}) has its text beside it")
                elif not 0 <= start < end <= lengths.get(str(header.get("document")), 0):
                    yield name, Problem("P08", number, f"[{start}, {end}) is not in the document")


def _fragments(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key != _PACKED:
                yield from _fragments(item)
    elif isinstance(value, list):
        if len(value) in (2, 3) and type(value[0]) is type(value[1]) is int:
            yield value
        else:
            for item in value:
                yield from _fragments(item)


# ---------------------------------------------------------------- merge


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
    from wortlaut.release.manifest import read

    if out.exists() and (out.is_file() or any(out.iterdir())):
        raise DataError("is there already and is not overwritten", where=str(out))
    manifest, files = read(folder, FORMAT)
    copies = _copies(texts)
    rows = [json.loads(line) for line in _lines(files[DOCUMENTS]) if line]
    found = _matched(rows, copies, texts)
    rebuilt = {f"seeds/{id}.txt": copy.text.encode("utf-8") for id, copy in found.items()}
    for name, data in files.items():
        if name.startswith("annotations/"):
            rebuilt[name] = _rebuilt(data, found[json.loads(_lines(data)[0])["document"]].text)
    together = _together([Document(id, copy.text) for id, copy in found.items()])
    for line in _lines(files[OTHERS]):
        if line:
            record = json.loads(line)
            rebuilt[record["file"]] = _unpacked({"": record["content"]}, together)[""].encode("utf-8")
    for name, digest in manifest["rebuilds"].items():
        if name not in rebuilt or sha256(rebuilt[name]).hexdigest() != digest:
            raise DataError("the file is not what it was; the release is broken", where=f"{folder}/{name}")
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as place:
        new = Path(place) / "new"
        for name, data in rebuilt.items():
            if not (new / name).resolve().is_relative_to(new.resolve()):
                raise DataError(f"the release names a file outside of its folder: {name}", where=str(folder))
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_bytes(data)
        corpus = Corpus.of("gold", native.read(new / "annotations" / "gold"))
        if corpus.hash != manifest["hash"]:
            raise DataError("the corpus has another hash; the release is broken", where=str(folder))
        if out.exists():
            out.rmdir()
        new.rename(out)
    used = {copy.path for copy in found.values()}
    return Merged(
        out,
        corpus.hash,
        len(found),
        tuple(f"{copy.path}: {', '.join(copy.changes)}" for copy in found.values() if copy.changes),
        tuple(str(copy.path) for copy in copies if copy.path not in used),
    )


def _copies(texts: Path) -> list[_Copy]:
    if not texts.exists():
        raise MissingFileError("no such file or folder", where=str(texts))
    paths = sorted(path for path in texts.rglob("*.txt") if path.is_file()) if texts.is_dir() else [texts]
    if not paths:
        raise MissingFileError("the folder holds no .txt file", where=str(texts))
    return [_normalised(path) for path in paths]


def _normalised(path: Path) -> _Copy:
    data = path.read_bytes()
    changes = []
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
        changes.append("a byte order mark left out")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "Convert the copy to UTF-8."
        raise DataError(f"byte {error.start} is not UTF-8", where=f"{path}:{line}", hint=hint) from error
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        changes.append("line ends made LF")
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
        changes.append("normalised to NFC")
    return _Copy(path, text, tuple(changes))


def _matched(rows: Sequence[Mapping[str, Any]], copies: Sequence[_Copy], texts: Path) -> dict[str, _Copy]:
    by_hash = {_hash(copy.text): copy for copy in copies}
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
        hint = f"Put the text of each into a file named after it: {missing[0]}.txt"
        raise MissingFileError(
            f"{len(missing)} documents have no text here: {names}", where=str(texts), hint=hint
        )
    return found


def _difference(row: Mapping[str, Any], text: str) -> tuple[int, str]:
    """The line where a copy first differs from a document, and how."""
    from difflib import SequenceMatcher

    expected = row["paragraphs"]
    places = paragraphs(text)
    ours = [_hash(text[start:end]) for start, end in places]
    theirs = [one["sha256"] for one in expected]
    for kind, a, _, i, j in SequenceMatcher(None, theirs, ours, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        line = text.count("\n", 0, places[i][0] if i < len(places) else len(text)) + 1
        if kind == "delete" or (kind == "replace" and j - i == 0):
            return (
                line,
                f"paragraph {a + 1} ({expected[a]['characters']} characters) is missing before this line",
            )
        if kind == "insert":
            return line, f"the paragraph in this line is not in the document, before its paragraph {a + 1}"
        start, end = places[i]
        return line, f"paragraph {a + 1} differs: {_how(expected[a], text[start:end])}"
    for one, (start, _) in zip(expected, places, strict=True):
        if one["start"] != start:
            line = text.count("\n", 0, start) + 1
            what = f"it begins at character {start}, in the document at {one['start']}"
            return line, f"the white space before this paragraph differs: {what}"
    return text.count(
        "\n"
    ) + 1, f"the white space at the end: {len(text)} characters, not {row['characters']}"


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
        if _hash(text) == wanted:
            return f"{kind} ({_first_change(ours, text)})"
    for text in _one_change(ours, expected["characters"]) if len(ours) <= _LONGEST_TRIED else ():
        if _hash(text) == wanted:
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

    for kind, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind != "equal":
            shown = {"replace": f"{ours[a:b]!r} should be {theirs[c:d]!r}"}
            shown |= {"delete": f"{ours[a:b]!r} is too much", "insert": f"{theirs[c:d]!r} is missing"}
            return f"at its character {a}: {shown[kind]}"
    return "nothing"
