"""Redewiedergabe (Brunner et al. 2020): speech, thought and writing in historical German. Read only.

The ``tsv`` files of the release: a heading, then a line a token, parted by tabs. Columns are found by name:

- ``stwr``: ``direct.speech_writing.3|reported.thought.6.nonfact.border=state``: type, medium and id, then
  attributes; each behind ``|`` is nested in the one before it (``parent``). All tokens with one id, type and
  medium are one quote, also where its parts do not touch. Alternatives are parted by ``_`` in the
  documentation of the corpus, by a space in its files. Attributes (``nonfact``, ``border=…``, ``prag``,
  ``metaph``) become the ``note`` of the quote.
- ``frame``, ``speaker``, ``intexpr`` (here ``cue``): ``speaker.12_19`` names the quotes that it belongs to.
  What is said of one quote in several places (coordinated speakers, a verb and its particle) is one span.
- ``cat`` in place of these, where one type only was annotated: ``x``, or the type. Neighbours are one quote.

The tokens are the corpus's own, whatever their spelling, ``&amp;`` for ``&`` aside. The white space between
them is that of the ``xml`` folder beside the ``tsv`` folder, with a space wherever letters or digits of two
tokens touch there; a character that no token has (some quotation marks) stays in the text. Without it, and
with ``annotator``, the text is the tokens with a space between.

``redewiedergabe?annotator=mars:PATH``, where the path is that of ``data/additional/primary``, reads what one
annotator made, ``consensus`` what was decided of it. All annotators of a text have the same tokens, and
``wortlaut import`` makes a layer of each. The consensus has others in 312 of their 1,704 files: these begin
with the name of the text, or have more quotation marks.

The id is the name of the file; ``meta`` holds ``tokens``, ``sentences``, and the row of the file in a
``metadata*.tsv`` beside it. Lost are frames, speakers and introducing words of no quote here (their id is 0,
or none), stretches of footnotes, the second type where two are no type of ours (``direct freeIndirect``; the
``note`` has it), and, once a document, normalised tokens, lemmas, parts of speech, and white space where
there is no XML.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path

from wortlaut.errors import DataError
from wortlaut.formats import files
from wortlaut.formats.columns import lay_out, pack
from wortlaut.formats.graph import not_read
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import lines, read_text, unpacked
from wortlaut.model import MEDIA, Annotations, Document, Quote, Span

_TYPES = {
    "direct": "direct",
    "indirect": "indirect",
    "reported": "reported",
    "freeIndirect": "free indirect",
    "indirect freeIndirect": "indirect/free indirect",
}
_ROLES = {"frame": "frame", "speaker": "speaker", "intexpr": "cue"}
_NOTHING = ("-", "--", "", "x")
_STWR = re.compile(r"(?P<type>[^.|]+)\.(?P<medium>[^.|]+)\.(?P<id>[0-9]{1,9})(?P<more>(?:\.[^.|]+)*)")
_ROLE = re.compile(r"(?P<name>frame|speaker|intexpr)\.(?P<ids>[0-9_ ]*)")
_Runs = list[tuple[int, int]]
#: What parts alternatives.
_SPLIT = re.compile("[_ ]")
#: Which annotator made which file; beside it stands a folder of each.
_ANNOTATORS = "annotators_per_file.tsv"
_DECIDED = "consensus"
_TABLES = ("metadata", "annotators_per_file")
#: What the corpus has of a token beside its annotation.
_OTHERS = {"normtok": "normalised token", "lemma": "lemma", "pos": "part of speech", "rfpos": "morphology"}


@dataclass
class _Said:
    """A quote as its tokens tell it: its type as the file has it, and the one around it.

    ``runs``: of its tokens, from the first to the one behind the last.
    """

    id: str
    type: str
    medium: str | None = None
    around: _Said | None = None
    runs: _Runs = field(default_factory=list)
    attributes: dict[str, None] = field(default_factory=dict)


def annotators(path: Path) -> list[str]:
    """The folders of annotators in ``data/additional/primary``; none elsewhere."""
    if not (path / _ANNOTATORS).is_file():
        return []
    return sorted(one.name for one in path.iterdir() if (one / "tsv").is_dir() and one.name != _DECIDED)


def read(path: Path, *, annotator: str = "", losses: Losses | None = None) -> Iterator[Document]:
    """Every text of a file, or of a folder's ``.tsv`` files other than tables of metadata.

    ``annotator``: whose texts are read, where several people annotated them.
    """
    people = annotators(path)
    if annotator not in ([*people, _DECIDED] if people else [""]):
        what = (
            f"holds no folder of {annotator!r}" if annotator else "holds what several people made of a text"
        )
        hint = f"Say whose: redewiedergabe?annotator={(people or ['NAME'])[0]}:FOLDER"
        there = (
            f"; there are {', '.join([*people, _DECIDED])}." if people else f", which holds {_ANNOTATORS}."
        )
        raise DataError(what, where=str(path), hint=hint + there)
    tables: dict[Path, Mapping[str, dict[str, str]]] = {}
    for file in files.find(path / annotator, "redewiedergabe"):
        if path.is_dir() and file.name.startswith(_TABLES):
            continue
        if file.parent not in tables:
            tables[file.parent] = _metadata(file.parent)
        with tolerated(losses, "document"):
            known = tables[file.parent].get(unpacked(file).name, {})
            yield _document(file, known, None if annotator else _original(file), losses)


def _metadata(folder: Path) -> dict[str, dict[str, str]]:
    """What the tables of a folder say of each file."""
    found: dict[str, dict[str, str]] = {}
    for table in sorted(folder.glob("metadata*.tsv")):
        rows = (line.split("\t") for _, line in lines(table))
        names = next(rows, [])
        found |= {row[0]: {k: v for k, v in zip(names[1:], row[1:], strict=False) if k and v} for row in rows}
    return found


def _original(file: Path) -> tuple[Path, str] | None:
    """The XML of a file and its text, each white space one character; None where it does not lie there."""
    folder = file.absolute().parent
    beside = folder.parent / "xml" / f"{unpacked(file).stem}.xml"
    if folder.name != "tsv" or not beside.is_file():
        return None
    body = read_text(beside).partition("<body>")[2].partition("</body>")[0]
    text = html.unescape(re.sub(r"<[^>]*>", "", body))
    return beside, re.sub(r"\s+", lambda white: "\n" if "\n" in white[0] else " ", text)


def _document(
    file: Path, known: Mapping[str, str], original: tuple[Path, str] | None, losses: Losses | None
) -> Document:
    rows = lines(file)
    names = next(rows, (1, ""))[1].split("\t")
    column = {name: at for at, name in enumerate(names)}
    if names[0] != "tok" or not {"stwr", "cat"} & {*names} or len(column) < len(names):
        hint = "Expected a heading of columns parted by tabs: tok, …, and stwr or cat."
        raise DataError("has no heading of Redewiedergabe", where=f"{file}:1", hint=hint)
    numbers: list[int] = []
    cells: list[list[str]] = []
    faults: list[tuple[int, DataError]] = []  # row; of one row the first column's is told
    try:
        for number, line in rows:
            if line:
                row = line.split("\t")
                if len(row) != len(names):
                    what = f"has {len(row)} columns, and the heading {len(names)}"
                    raise DataError(what, where=f"{file}:{number}", hint="Is the file cut off?")
                numbers.append(number)
                cells.append(row)
    except DataError as error:
        faults.append((len(cells), error))
    columns = dict(zip(names, zip(*cells, strict=True), strict=False))
    words = list(map(html.unescape, columns.get("tok", ())))
    for place in [place for place, word in enumerate(words) if not word or word != word.strip()][:1]:
        what = "has no token, or one with white space around it"
        faults.append((place, DataError(what, where=f"{file}:{numbers[place]}")))
    said: dict[tuple[str, ...], _Said] = {}
    roles: dict[str, dict[str, _Runs]] = {name: {} for name in _ROLES if name in column}
    for name in ("stwr" if "stwr" in column else "cat", *roles):
        first = 0
        for cell, group in groupby(columns.get(name, ())):
            behind = first + len([*group])
            where = f"{file}:{numbers[first]}"
            try:
                if name == "stwr":
                    _represented(said, cell, (first, behind), where)
                elif name == "cat":
                    _categorised(said, cell, (first, behind), where)
                else:
                    for id in _ids(cell, name, where):
                        _extend(roles[name].setdefault(id, []), first, behind)
            except DataError as error:
                faults.append((first, error))
                break
            first = behind
    if faults:
        raise min(faults, key=itemgetter(0))[1]
    if not words:
        raise DataError("holds no tokens", where=f"{file}:1", hint="--lenient leaves such a file out.")
    text, offsets = lay_out(zip(words, _between(words, original), strict=True))
    unread = {what: 1 for name, what in _OTHERS.items() if not {*columns.get(name, ())} <= {*_NOTHING}}
    unread["footnote"] = sum(
        noted for noted, _ in groupby(cell not in _NOTHING for cell in columns.get("note", ()))
    )
    ids = {one.id for one in said.values()}
    for name, own in roles.items():
        unread[f"{name} of no quote"] = sum(len(own[id]) for id in own.keys() - ids)
    unread["white space"] = int(original is None)
    unread["further type of a quote"] = sum(one.type not in _TYPES for one in said.values())
    quotes = _quotes(list(said.values()), roles, offsets)
    starts = [place for place, cell in enumerate(columns.get("sentstart", ())) if cell == "yes"]
    bounds = pairwise(sorted({0, *starts, len(words)}))
    meta = {"tokens": pack(offsets), "sentences": pack((offsets[a][0], offsets[b - 1][1]) for a, b in bounds)}
    name = unpacked(file).stem
    left = not_read(name, {what: count for what, count in unread.items() if count}, losses)
    return Document(name, text, Annotations(quotes=quotes), (*known.items(), *meta.items(), *left))


def _between(words: Sequence[str], original: tuple[Path, str] | None) -> list[str]:
    """What stands behind each token."""
    if original is None:
        return [" "] * len(words)
    (beside, text), end, found = original, 0, []
    for number, word in enumerate(words, 1):
        start = end + text[end : end + 1].isspace()
        if not text.startswith(word, start):  # the columns lack some quotation marks
            start += 1 + text[start + 1 : start + 2].isspace()
        if not text.startswith(word, start):
            what = f"does not hold token {number} of the columns, {word!r}, behind {text[:end][-20:]!r}"
            raise DataError(what, where=str(beside), hint="Fetch both anew, or move the xml folder away.")
        glued = start == end and end and text[end - 1].isalnum() and text[start].isalnum()
        found.append(" " if glued else text[end:start])
        end = start + len(word)
    return [*found[1:], ""]


def _extend(runs: _Runs, first: int, behind: int) -> None:
    """One more run, which goes on from the last one where they touch."""
    if runs and first <= runs[-1][1]:
        first = runs.pop()[0]
    runs.append((first, behind))


def _represented(said: dict[tuple[str, ...], _Said], cell: str, run: tuple[int, int], where: str) -> None:
    """One more run of each quote that the cell names, outer ones first."""
    around = None
    for part in () if cell in _NOTHING else cell.split("|"):
        found = _STWR.fullmatch(part)
        if found is None:
            hint = "Expected type, medium and id, such as direct.speech.3 or reported.thought.6.nonfact."
            raise DataError(f"{part!r} is no annotation", where=where, hint=hint)
        type_, media = " ".join(_SPLIT.split(found["type"])), _SPLIT.split(found["medium"])
        if type_.split()[0] not in _TYPES:
            raise DataError(f"{found['type']!r} is no type", where=where, hint=f"Known: {', '.join(_TYPES)}.")
        if strange := [medium for medium in media if medium not in MEDIA]:
            raise DataError(f"{strange[0]!r} is no medium", where=where, hint=f"Known: {', '.join(MEDIA)}.")
        key = (found["id"], type_, found["medium"])
        one = said.setdefault(key, _Said(found["id"], type_, "/".join(media), around))
        _extend(one.runs, *run)
        one.attributes |= dict.fromkeys(found["more"].split(".")[1:])
        around = one


def _categorised(said: dict[tuple[str, ...], _Said], cell: str, run: tuple[int, int], where: str) -> None:
    """A quote without an id: a run of one type."""
    if cell in _NOTHING:
        return
    if cell not in _TYPES:
        hint = f"Known: {', '.join(_TYPES)}, and x for none."
        raise DataError(f"{cell!r} is no type", where=where, hint=hint)
    id = str(len(said) + 1)
    said[id,] = _Said(id, cell, runs=[run])


def _ids(cell: str, name: str, where: str) -> list[str]:
    """The ids of the quotes that a frame, a speaker or an introducing word belongs to; empty for none."""
    if cell in _NOTHING:
        return []
    found = [_ROLE.fullmatch(part) for part in cell.split("|")]
    if not all(role and role["name"] == name for role in found):
        raise DataError(f"{cell!r} is no {name}", where=where, hint=f"Expected ids: {name}.12_19.")
    return [id for role in found if role for id in _SPLIT.split(role["ids"].strip("_ "))]


def _quotes(
    said: Sequence[_Said],
    roles: Mapping[str, Mapping[str, _Runs]],
    offsets: Sequence[tuple[int, int]],
) -> tuple[Quote, ...]:
    def span(runs: _Runs) -> Span:
        return Span(tuple((offsets[first][0], offsets[behind - 1][1]) for first, behind in runs))

    names: dict[int, str] = {}
    seen: Counter[str] = Counter()
    for one in said:
        seen[one.id] += 1
        names[id(one)] = one.id if seen[one.id] == 1 else f"{one.id}.{seen[one.id]}"
    found = []
    for one in said:
        parts = {_ROLES[name]: span(own[one.id]) for name, own in roles.items() if one.id in own}
        first, *further = [one.type] if one.type in _TYPES else one.type.split()
        found.append(
            Quote(
                names[id(one)],
                _TYPES[first],
                span(one.runs),
                one.medium,
                parts.get("cue"),
                parts.get("speaker"),
                frame=parts.get("frame"),
                parent=names[id(one.around)] if one.around else None,
                note=" ".join([*further, *one.attributes]) or None,
            )
        )
    return tuple(found)
