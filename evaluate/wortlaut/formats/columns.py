"""What the token-per-line formats share: files, numbered lines, text from tokens, spans from tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from wortlaut.document import Document
from wortlaut.errors import DataError, MissingFileError

#: Tag schemes and the prefixes that each one uses.
SCHEMES = {"IOB1": "BI", "IOB2": "BI", "BIOES": "BIES", "BILOU": "BILU"}
_OPENS = frozenset("BSU")
_CLOSES = frozenset("ESLU")


def files(path: Path, *suffixes: str) -> list[Path]:
    """``path`` itself, or every file below it whose name ends in one of ``suffixes``, sorted."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise MissingFileError("there is no such file or folder", where=str(path))
    found = sorted(file for file in path.rglob("*") if file.name.endswith(suffixes) and file.is_file())
    if not found:
        raise MissingFileError(
            f"the folder holds no file that ends in {' or '.join(suffixes)}", where=str(path)
        )
    return found


def unique_stems(paths: Iterable[Path]) -> None:
    """Fail where two files would give the same document ids, which are made from the names."""
    seen: dict[str, Path] = {}
    for path in paths:
        if (other := seen.setdefault(path.stem, path)) is not path:
            raise DataError(
                f"has the same name as {other}, and document ids are made from it",
                where=str(path),
                hint="Rename one of them, or read them one at a time.",
            )


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of every line, without line end or byte order mark; strict UTF-8."""
    with path.open("rb") as handle:
        for number, raw in enumerate(handle, 1):
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise DataError(
                    f"is not UTF-8: {error.reason}", where=f"{path}:{number}", hint="Convert it to UTF-8."
                ) from None
            yield number, line.rstrip("\r\n")


def lay_out(tokens: Iterable[tuple[str, str]]) -> tuple[str, list[tuple[int, int]]]:
    """The text of ``(token, what follows it)`` pairs, without the last follower, and each token's offsets.

    >>> lay_out([("Guten", " "), ("Tag", ""), (".", "\\n")])
    ('Guten Tag.', [(0, 5), (6, 9), (9, 10)])
    """
    pieces: list[str] = []
    offsets: list[tuple[int, int]] = []
    position = 0
    for token, after in tokens:
        pieces += (token, after)
        offsets.append((position, position + len(token)))
        position += len(token) + len(after)
    return "".join(pieces[:-1]), offsets


def decode(
    tags: Sequence[str], place: Callable[[int], str], scheme: str = "IOB2"
) -> tuple[list[tuple[int, int, str]], int]:
    """Phrases ``(first token, token after the last, label)``, and how many tags broke the scheme.

    conlleval's convention, which reads every scheme: a phrase starts at a tag that opens one, and at
    an inside or last tag that has no phrase of its label before it; it ends before the next tag that
    is not inside it. In IOB1 an inside tag may open a phrase; elsewhere it is counted as broken, like
    a phrase of BIOES or BILOU that nothing closes. ``place(index)`` names the tag in an error.

    >>> decode(["B-PER", "I-PER", "O", "I-LOC"], str)
    ([(0, 2, 'PER'), (3, 4, 'LOC')], 1)
    """
    prefixes = SCHEMES[scheme]
    must_close = prefixes != "BI"
    phrases: list[tuple[int, int, str]] = []
    broken = 0
    start, label = -1, ""  # the open phrase; start is -1 when there is none
    for index, tag in enumerate(tags):
        if tag == "O":
            if start >= 0:
                phrases.append((start, index, label))
                start, broken = -1, broken + must_close
            continue
        prefix, _, kind = tag.partition("-")
        if len(prefix) != 1 or prefix not in prefixes or not kind:
            raise DataError(
                f"{tag!r} is no tag of {scheme}",
                where=place(index),
                hint=f"A tag is O, or one of {', '.join(prefixes)} with a hyphen and a label, such as B-PER.",
            )
        if prefix in _OPENS or start < 0 or kind != label:
            if start >= 0:
                phrases.append((start, index, label))
                broken += must_close
            broken += prefix not in _OPENS and scheme != "IOB1"
            start, label = index, kind
        if prefix in _CLOSES:
            phrases.append((start, index + 1, label))
            start = -1
    if start >= 0:
        phrases.append((start, len(tags), label))
        broken += must_close
    return phrases, broken


def pack(offsets: Iterable[tuple[int, int]]) -> str:
    """Offsets as a string column: ``0:5 6:9``."""
    return " ".join(f"{start}:{end}" for start, end in offsets)


def unpack(packed: str) -> tuple[tuple[int, int], ...]:
    """The offsets that :func:`pack` wrote."""
    pairs = (pair.partition(":") for pair in packed.split())
    return tuple((int(start), int(end)) for start, _, end in pairs)


def tokens(document: Document) -> tuple[tuple[int, int], ...] | None:
    """The corpus's own tokens ``[start, end)``; None where the source had none."""
    packed = dict(document.meta).get("tokens")
    return None if packed is None else unpack(packed)
