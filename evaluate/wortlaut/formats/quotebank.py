"""Quotebank (Vaucher et al. 2021): quotations in news and who may have said them. Read only; *unverified*.

JSON lines in two versions, as ``process_res.py`` of github.com/epfl-dlab/Quotebank makes them; the data
(Zenodo 4277311, packed by bzip2) could not be fetched. Both say what Quobert predicted: weak gold at best.

- ``quotes-YYYY.json``: a document a line, called by its ``quoteID``, whose text is the ``quotation``;
- ``quotebank-YYYY.json``: a line an article, without its text. Each of its ``quotations`` is a document,
  called ``articleID-NUMBER``: ``leftContext``, ``quotation`` and ``rightContext`` with spaces between.

The quotation is a direct quote. Its ``speaker`` (``localTopSpeaker``), unless ``None``, is a cluster without
a mention, linked where one Wikidata id is named; the first of ``probas`` (``localProbas``) is the score.
``meta`` holds what else is a string or a number. Lost, and counted, are candidates and Wikidata ids beyond
the first, and names with their offsets, which are words of articles that are not here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wortlaut.errors import DataError
from wortlaut.formats import files, jsonl
from wortlaut.formats.graph import not_read
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.model import Annotations, Cluster, Document, Quote, Span

_QID = re.compile(r"Q[0-9]+", re.ASCII)
_READ = ("quoteID", "quotation", "speaker", "localTopSpeaker", "leftContext", "rightContext", "articleID")


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """Every quotation of a file or folder, in its order."""
    for file in files.find(path, "quotebank"):
        if file.suffix == ".bz2":
            raise DataError(
                "is packed by bzip2", where=str(file), hint=f"bzcat {file.name} | wortlaut … quotebank:-"
            )
        where = ""
        for where, item in jsonl.objects(file, losses):
            with tolerated(losses, "line"):
                if "quotations" in item:
                    yield from _article(item, where, losses)
                    continue
                found = (jsonl.get(item, "speaker", str, where), _qids(item.get("qids")), item.get("probas"))
                yield _document(jsonl.get(item, "quoteID", str, where), item, *found, where, losses)
        if not where:
            hint = "Expected JSON lines with quoteID, or with articleID and quotations."
            raise DataError("holds no quotation", where=str(file), hint=hint)


def _article(item: Mapping[str, Any], where: str, losses: Losses | None) -> Iterator[Document]:
    article = jsonl.get(item, "articleID", str, where)
    known = {name: _qids(one.get("ids")) for name, one in _names(item, where)}
    shared = {key: item[key] for key in ("date", "phase", "title", "url") if key in item}
    for number, (at, one) in enumerate(jsonl.items(item, "quotations", "quotation", where), 1):
        with tolerated(losses, "document"):
            speaker = jsonl.get(one, "localTopSpeaker", str, at)
            found = (shared | one, speaker, known.get(speaker, []), one.get("localProbas"))
            yield _document(f"{article}-{number}", *found, at, losses, len(known))


def _names(item: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for at, one in jsonl.items(item, "names", "name", where):
        yield jsonl.get(one, "name", str, at), one


def _qids(value: object) -> list[str]:
    """The Wikidata ids of a list, or of the text of one, as the release has them."""
    return _QID.findall(str(value))


def _document(
    id: str,
    item: Mapping[str, Any],
    speaker: str,
    qids: list[str],
    probas: object,
    where: str,
    losses: Losses | None,
    names: int = 0,
) -> Document:
    quotation = jsonl.get(item, "quotation", str, where)
    if not quotation.strip():
        raise DataError("the quotation is empty", where=where)
    left, right = (jsonl.maybe(item, key, str, where) for key in ("leftContext", "rightContext"))
    text = f"{left} {quotation} {right}" if left or right else quotation
    start = len(left) + 1 if left or right else 0
    scores = [_score(one, where) for one in probas] if isinstance(probas, list) else []
    somebody = speaker != "None"
    cluster = Cluster("speaker", speaker, qid=qids[0] if len(qids) == 1 else None)
    quote = Quote(
        "q1",
        "direct",
        Span.of(start, start + len(quotation)),
        speaker_entity=cluster.id if somebody else None,
        score=scores[0] if scores else None,
    )
    unread = Counter({"further candidate": len(scores[1:]), "name": names})
    unread["further Wikidata id"] = len(qids[1:]) + bool(qids[1:])
    meta = [(key, str(value)) for key, value in item.items() if _is_meta(key, value)]
    meta += [("urls", " ".join(url for _, url in _urls(item, where)))] if item.get("urls") else []
    annotations = Annotations(quotes=(quote,), clusters=(cluster,) if somebody else ())
    return Document(id, text, annotations, (*meta, *not_read(id, +unread, losses)))


def _score(candidate: Any, where: str) -> float:
    """The probability of a candidate: ``["Uhl", "0.9"]``, or an object that says ``proba``."""
    try:
        score = float(candidate["proba"] if isinstance(candidate, dict) else candidate[1])
    except (LookupError, TypeError, ValueError):
        raise DataError(f"{candidate!r} is no candidate with a probability", where=where) from None
    if not 0 <= score <= 1:
        raise DataError(f"the probability {score} is not between 0 and 1", where=where)
    return score


def _urls(item: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    for at, url in jsonl.items(item, "urls", "url", where):
        yield at, jsonl.get({"url": url}, "url", str, at)


def _is_meta(key: str, value: object) -> bool:
    return key not in _READ and isinstance(value, str | int | float)
