"""A release without the text; ``wortlaut.release.merge`` joins it with a reader's own copy of the text.

What is in a release: offsets, lengths, one SHA-256 for each document and paragraph, labels and links. Where a
string of the annotations (a name, an id, a note) has a word of the text in it, the release holds the offsets
of that word instead: ``{"~": [[832, 836], "-", [841, 844, "lower"]]}``. So no run of three words of the text
is in any file, and hardly a single word: :func:`check_words` refuses a release where one is.
The hash of a very short paragraph can be guessed by trying words; that of a sentence cannot.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wortlaut.annotations.file import read_annotations, read_documents
from wortlaut.annotations.labels import LABELS, read_labels
from wortlaut.annotations.rules import Problem
from wortlaut.annotations.validate import AGREEMENT
from wortlaut.corpus import frozen
from wortlaut.corpus.load import Corpus
from wortlaut.corpus.splits import DECLARED
from wortlaut.errors import DataError
from wortlaut.io.files import file_hashes
from wortlaut.io.reading import raw_bytes, read_text
from wortlaut.model import Document
from wortlaut.release import benchmark, card, manifest, probes
from wortlaut.release.manifest import CARD
from wortlaut.text.digests import text_hash
from wortlaut.text.letters import alike, plain
from wortlaut.text.segments import PARAGRAPHS, paragraphs
from wortlaut.version import VERSION

FORMAT = "wortlaut-standoff/1"
#: How a reader's copy is read before it is compared: UTF-8, no byte order mark, LF line ends, NFC.
NORMALISATION = "wortlaut-text/1"
DOCUMENTS = "documents.jsonl"
#: Files of the repository that are carried beside the annotations, each as one string.
OTHERS = "others.jsonl"
#: As many words in a row may not be those of the text.
RUN = 3
_CARRIED = ("seeds/provenance.jsonl", LABELS, DECLARED, card.STATEMENT, frozen.CHANGELOG, AGREEMENT)
_PACKED = "~"
_WORD = re.compile(r"[^\W_]+")


# ---------------------------------------------------------------- words


#: How a word of an annotation comes from one of the text, beside being the same.
_CHANGES: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "capital": str.capitalize,
    "ascii": plain,
}


def _words(text: str) -> Iterator[re.Match[str]]:
    """Runs of letters and digits with a letter in them: what counts as a word of the text."""
    return (word for word in _WORD.finditer(text) if not word.group().isdigit())


def word_runs(texts: Iterable[str], length: int = RUN) -> set[tuple[str, ...]]:
    """Every run of that many words of the texts, case and umlauts evened out."""
    return {run for text in texts for run in _runs(text, length)}


def _runs(text: str, length: int) -> Iterator[tuple[str, ...]]:
    words = [plain(word.group()) for word in _words(text)]
    return zip(*(words[at:] for at in range(length)), strict=False)


def check_words(files: Mapping[str, bytes], texts: Iterable[str]) -> None:
    """Raises DataError where a file, or its name, holds a run of three words of a text."""
    runs = word_runs(texts)
    for name, data in files.items():
        numbered = ((f"{name}:{number}", line) for number, line in enumerate(lines(data), 1))
        for where, content in ((name, name), *numbered):
            for run in filter(runs.__contains__, _runs(content, RUN)):
                raise DataError(
                    f"a stand-off release would hold words of the text: {' '.join(run)!r}",
                    where=where,
                    hint="Write the id, the note or the statement in other words.",
                )


def lines(data: bytes) -> list[str]:
    """As ``str.splitlines`` would not have it: only LF ends a line."""
    return data.decode("utf-8").split("\n")


class _Packer:
    """Replaces what a string shares with the text by offsets into the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._places: dict[str, list[tuple[int, int]]] = {}
        for word in _words(text):
            self._places.setdefault(plain(word.group()), []).append(word.span())

    def string(self, value: str) -> str | dict[str, list[Any]]:
        pieces: list[Any] = []
        done = 0
        for word in _words(value):
            place = None if word.start() < done else self._place(value, word)
            if place is not None:
                pieces += [value[done : word.start()], place]
                done = word.start() + place[1] - place[0] if len(place) == 2 else word.end()
        return {_PACKED: [piece for piece in (*pieces, value[done:]) if piece]} if pieces else value

    def _place(self, value: str, word: re.Match[str]) -> list[Any] | None:
        places = self._places.get(plain(word.group()), ())
        same = [place for place in places if self._text[slice(*place)] == word.group()]
        if same:
            start = max((start for start, _ in same), key=lambda start: self._shared(value, word, start))
            return [start, start + self._shared(value, word, start)]
        return next(
            (
                [start, end, name]
                for start, end in places
                for name, change in _CHANGES.items()
                if change(self._text[start:end]) == word.group()
            ),
            None,
        )

    def _shared(self, value: str, word: re.Match[str], start: int) -> int:
        """How many characters are the same from here on, up to the end of a word of both."""
        shared = alike(value[word.start() :], self._text[start:])
        ends = [other.end() - word.start() for other in _words(value[: word.start() + shared])]
        at, end = word.start() + shared, start + shared
        cut = value[at : at + 1].isalnum() or self._text[end : end + 1].isalnum()
        return max(
            (*[end for end in ends if 0 < end < shared or (end == shared and not cut)], len(word.group()))
        )

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


def unpacked(value: Any, text: str) -> Any:
    """A JSON value with its surfaces, and its strings as they were."""
    if isinstance(value, dict):
        if set(value) == {_PACKED}:
            return "".join(
                piece if isinstance(piece, str) else _piece(text, *piece) for piece in value[_PACKED]
            )
        return {key: unpacked(item, text) for key, item in value.items()}
    if isinstance(value, list):
        if len(value) == 2 and type(value[0]) is type(value[1]) is int:
            return [*value, text[value[0] : value[1]]]
        return [unpacked(item, text) for item in value]
    return value


def _piece(text: str, start: int, end: int, change: str = "") -> str:
    return _CHANGES[change](text[start:end]) if change else text[start:end]


# ---------------------------------------------------------------- release


def write(root: Path, folder: Path) -> None:
    """Writes a stand-off release of the repository ``root`` into ``folder``.

    Raises DataError where a word run of the text would be in a file, or an annotation file is not in
    canonical spelling and so could not be rebuilt byte for byte.
    """
    corpus = Corpus.of("gold", read_documents(root / "annotations" / "gold"))
    annotated = sorted([*root.glob("annotations/gold/*.jsonl"), *root.glob("annotations/layers/*/*.jsonl")])
    carried = [root / name for name in _CARRIED if (root / name).is_file()]
    stated = card.read_statement(root)
    made = probes.write(stated, folder)
    benchmark.write(folder, corpus, stated, "train")  # what datasets calls a file without a split
    files = _packed(root, corpus, annotated, carried) | {CARD: _card(root, corpus, made).encode("utf-8")}
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    manifest.write(
        folder,
        {
            "format": FORMAT,
            **({"probes": made.said()} if made else {}),
            "version": frozen.version(root),
            "hash": corpus.hash,
            "normalisation": NORMALISATION,
            "layers": [PARAGRAPHS],
            "rebuilds": file_hashes(root, [*annotated, *carried]),
            "program": VERSION,
        },
    )
    check_words(
        # The probes are texts of our own.
        {
            name: path.read_bytes()
            for name, path in manifest.paths(folder).items()
            if not name.startswith(f"data/{probes.CONFIG}/")
        },
        (document.text for document in corpus.documents),
    )


def _packed(
    root: Path, corpus: Corpus, annotated: Sequence[Path], carried: Sequence[Path]
) -> dict[str, bytes]:
    texts = {document.id: document.text for document in corpus.documents}
    files = {DOCUMENTS: _json_lines(map(_document, corpus.documents))}
    packers = {id: _Packer(text) for id, text in texts.items()}
    for path in annotated:
        id = read_annotations(path).header.document
        if id not in texts:
            raise DataError(f"the document {id!r} has no gold", where=f"{path}:1")
        content = raw_bytes(path)
        packed = [packers[id].record(record) for record in records(content)]
        packed[0]["document"] = id  # it names the file, so that nothing is hidden by offsets
        name = path.relative_to(root).as_posix()
        files[name] = _json_lines(packed)
        if rebuilt(files[name], texts[id]) != content:
            raise DataError(
                "the file could not be rebuilt from a release",
                where=str(path),
                hint="Write its lines in canonical spelling: `wortlaut validate` shows how.",
            )
    packer = _Packer(together(texts))
    files[OTHERS] = _json_lines(
        {"file": path.relative_to(root).as_posix(), "content": packer.string(read_text(path))}
        for path in carried
    )
    return files


def _card(root: Path, corpus: Corpus, made: probes.Probes | None) -> str:
    stated = card.read_statement(root)
    head = card.header(stated, corpus)
    # Without the text, what remains is the makers' own.
    licence = stated.get("annotations_license", head["license"])
    if licence != head["license"]:
        head = {key: value for key, value in head.items() if not key.startswith("license_")}
        head["license"] = licence
    head["configs"] = [{"config_name": "documents", "data_files": DOCUMENTS}]
    if made:
        head["configs"].append(made.config())
        head["dataset_info"] = [made.info()]
    return card.render(
        "standoff.md.j2",
        head,
        stated,
        version=frozen.version(root),
        normalisation=NORMALISATION,
        run=RUN,
        made=made,
        **card.counts(corpus, read_labels(root)),
    )


def _document(document: Document) -> dict[str, Any]:
    return {
        "document": document.id,
        "sha256": text_hash(document.text),
        "characters": len(document.text),
        "paragraphs": [
            {"start": start, "characters": end - start, "sha256": text_hash(document.text[start:end])}
            for start, end in paragraphs(document.text)
        ],
    }


def together(texts: Mapping[str, str]) -> str:
    """The texts as one, by id: what the offsets in :data:`OTHERS` count in."""
    return "\n".join(texts[id] for id in sorted(texts))


def rebuilt(content: bytes, text: str) -> bytes:
    """An annotation file as it was before its surfaces were taken out."""
    return _json_lines(unpacked(record, text) for record in records(content))


def _json_lines(values: Iterable[object]) -> bytes:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode("utf-8")


def records(data: bytes) -> list[Any]:
    """The values of a file of JSON Lines."""
    return [json.loads(line) for line in lines(data) if line]


# ---------------------------------------------------------------- checks


def check(files: Mapping[str, bytes]) -> Iterator[tuple[str, Problem]]:
    """Whether a stand-off release fits together (rule P08): name of the file, and what is wrong."""
    try:
        rows = records(files[DOCUMENTS])
        lengths = {row["document"]: row["characters"] for row in rows}
    except (KeyError, ValueError, TypeError) as error:
        name = DOCUMENTS if DOCUMENTS in files else manifest.MANIFEST
        yield name, Problem("P08", 0, f"no documents: {error!r}")
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
        for number, line in enumerate(lines(data), 1):
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
    if isinstance(value, list) and len(value) in (2, 3) and type(value[0]) is type(value[1]) is int:
        yield value
        return
    inside = [item for key, item in value.items() if key != _PACKED] if isinstance(value, dict) else value
    for item in inside if isinstance(inside, list) else ():
        yield from _fragments(item)
