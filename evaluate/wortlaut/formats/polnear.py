"""PolNeAR: attributions in political news (Newell et al. 2018), as brat events. Read only.

``COMPARTMENT/attributions/ARTICLE_ANNOTATOR.ann`` is about ``COMPARTMENT/text/ARTICLE.txt``; an ``.ann`` file
in a folder of another name about the ``.txt`` file beside it, so that other people's brat projects with these
labels can be read, too. Offsets are code points. A surface may go over several lines, as brat forbids.

An event ``Attribution`` or ``Attribution-no-source`` is a quote: ``Source`` is its speaker, ``Cue`` its cue,
``Content`` its content (``Content2`` one more piece), as :mod:`wortlaut.formats.attributions` has them.
Its id is the event's. ``meta`` has ``split`` (the compartment) and ``annotator``.

Of a folder with ``train``, ``dev`` or ``test`` these are read; the compartments of the quality control,
whose articles several people annotated, by naming them (the texts of ``parc3-replication`` are the
Penn Treebank's). Of an article that several annotated, the first one's file is read, by name;
``polnear?annotator=4b22`` reads the files of one. Lost are spans of no attribution, such as ``Discuss`` and
``Discard``, notes, and attributions without a content. CoreNLP's files and ``metadata.tsv`` are not read.
github.com/networkdynamics/PolNeAR
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wortlaut.errors import DataError
from wortlaut.formats import attributions, files
from wortlaut.formats.brat import hold
from wortlaut.formats.graph import not_read
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import lines, unpacked
from wortlaut.model import Annotations, Document, Span

_FOLDER = "attributions"
_CORE = ("train", "dev", "test")
_ROLES = {"Source": "speaker", "Cue": "cue", "Content": "content"}
_EVENTS = ("Attribution", "Attribution-no-source")
_TEXTS = "The text of the annotations stands there; those of parc3-replication are in the Penn Treebank."
_CONTROL = "is of the quality control, which polnear:FOLDER/data/COMPARTMENT reads"
_SEVERAL = "is annotated by several, read with polnear?annotator=NAME"


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    text: Path
    article: str
    annotator: str

    @property
    def compartment(self) -> str:
        return self.path.parent.parent.name if self.annotator else ""


def read(path: Path, *, annotator: str | None = None, losses: Losses | None = None) -> Iterator[Document]:
    """Every article of a folder, or that of an ``.ann`` file, as the first or that ``annotator`` has it."""
    chosen: dict[tuple[Path, str], _File] = {}
    found, control = _core(path)
    several = []
    for file in found:
        if annotator in (None, file.annotator):
            first = chosen.setdefault((file.path.parent, file.article), file)
            several += [file] if first is not file else []
    if not chosen:
        people = ", ".join(sorted({file.annotator for file in found if file.annotator})) or "nobody by name"
        raise DataError(
            f"holds no annotations by {annotator!r}", where=str(path), hint=f"There are those by {people}."
        )
    for left, why in ((control, _CONTROL), (several, _SEVERAL)):
        if left and losses is not None:
            losses.include("document", why, len(left), [file.path.name for file in left])
    for file in chosen.values():
        with tolerated(losses, "document"):
            yield _document(file, losses)


def annotators(path: Path) -> list[str]:
    """Whose files lie in a folder that has one article several times."""
    found, _ = _core(path)
    articles = {(file.path.parent, file.article) for file in found}
    return sorted({file.annotator for file in found}) if len(articles) < len(found) else []


def _core(path: Path) -> tuple[list[_File], list[_File]]:
    """The files that are read, and those of the quality control beside a core."""
    found = [_file(one) for one in files.find(path, "brat")]
    core = [file for file in found if file.compartment in _CORE]
    return (core, [file for file in found if file.compartment not in _CORE]) if core else (found, [])


def _file(path: Path) -> _File:
    stem = unpacked(path).stem
    article, _, person = stem.rpartition("_")
    if path.parent.name == _FOLDER and article:
        return _File(path, path.parents[1] / "text" / f"{article}.txt", article, person)
    return _File(path, path.with_name(f"{stem}.txt"), stem, "")


def _document(file: _File, losses: Losses | None) -> Document:
    text = files.text_beside(file.text, file.text.name, hint=_TEXTS)
    spans: dict[str, tuple[str, Span]] = {}
    events: list[tuple[str, list[str]]] = []
    unread: Counter[str] = Counter()
    for where, line in _annotations(file.path):
        if line.startswith("T"):
            hold(spans, line, text, where, again=True)
        elif line.startswith("E"):
            events.append((where, line.replace("\t", " ").split()))
        else:
            unread["note" if line.startswith("#") else f"line {line[:1]}"] += 1
    found: dict[str, dict[str, list[tuple[int, int]]]] = {}
    used = set()
    for where, (id, *arguments) in events:
        pairs = [argument.partition(":")[::2] for argument in arguments]
        if strange := [target for _, target in pairs if target not in spans]:
            raise DataError(
                f"there is no {strange[0]!r}", where=where, hint="Expected E1, tab, Attribution:T4 Cue:T2 …"
            )
        if id in found:
            raise DataError(f"{id} is there twice", where=where)
        if not pairs or pairs[0][0] not in _EVENTS:
            unread[f"event {pairs[0][0] if pairs else ''}"] += 1
            continue
        used |= {target for _, target in pairs}
        found[id] = {}
        for name, target in pairs[1:]:
            if role := _ROLES.get(name.rstrip("0123456789")):
                found[id].setdefault(role, []).extend(spans[target][1])
            else:
                unread[f"role {name}"] += 1
    unread.update(label for id, (label, _) in spans.items() if id not in used)
    quotes = attributions.quotes(text, found, unread)
    meta = [("split", file.compartment), ("annotator", file.annotator)] if file.annotator else []
    return Document(
        file.article, text, Annotations(quotes=quotes), (*meta, *not_read(file.article, +unread, losses))
    )


def _annotations(path: Path) -> Iterator[tuple[str, str]]:
    """Place and text of each annotation; a line that begins none goes on with the one before it."""
    held: list[str] = []
    place = ""
    for number, line in lines(path):
        if line[:1] in "TERAMN#*" and "\t" in line:
            if held:
                yield place, "\n".join(held).rstrip("\n")
            held, place = [line], f"{path}:{number}"
        elif held:
            held.append(line)
        elif line.strip():
            raise DataError("is no annotation that brat writes", where=f"{path}:{number}")
    if held:
        yield place, "\n".join(held).rstrip("\n")
