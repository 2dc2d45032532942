"""The baseline: what a run scored, as a small file without a word of the corpus.

It holds scores, the sums of each document, and for each error the hash of its item: the texts themselves
are looked up in the corpus, whose hash must be the same.
"""

from __future__ import annotations

import json
import math
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from wortlaut.errors import DataError, MissingFileError
from wortlaut.evaluation.evaluate import Evaluation, checked_schemas
from wortlaut.evaluation.files import read_signature
from wortlaut.evaluation.systems import Item, Judged
from wortlaut.scoring.columns import Ints
from wortlaut.scoring.counts import precision_recall_f1
from wortlaut.scoring.keys import MATCHED, ScoreKey, Signature
from wortlaut.scoring.labels import projection
from wortlaut.scoring.result import Result, Score
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.version import VERSION

FORMAT = "wortlaut-baseline/1"
#: The label under which the sums of all labels stand.
MICRO = "micro"
#: Distributions whose version is noted where the run has loaded them.
_NOTED = ("HanTa", "gliner", "openai", "quotect", "spacy", "torch", "transformers")
#: What helps where the file is not what was written.
_DAMAGED = "Take it back from version control, or write it anew: wortlaut baseline write --force."

Row = tuple[int, int, int, int]


@dataclass(frozen=True)
class Points:
    """Precision, recall and F1, ``None`` where undefined, with their counts."""

    precision: float | None
    recall: float | None
    f1: float | None
    correct: float
    gold: int
    predicted: int

    @classmethod
    def of(cls, score: Score) -> Points:
        p, r, f1 = (_finite(value) for value in (score.precision, score.recall, score.f1))
        return cls(p, r, f1, score.correct, score.gold, score.predicted)


@dataclass(frozen=True)
class Errors:
    """The errors of a document: ``(hash, credit)`` of gold items below full credit, hashes of spurious ones.

    Credits are in steps of ``1 / scale``. An item that stands twice is listed twice.
    """

    missed: tuple[tuple[str, int], ...] = ()
    spurious: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One system in one layer under one schema.

    ``documents`` are the sums of each document and label (gold, predicted, hits on both sides in steps of
    ``1 / scale``), ``None`` where the score does not come from sums; ``errors`` are ``None`` where it has
    no items. Documents without either are left out.
    """

    signature: Signature
    micro: Points
    labels: Mapping[str, Points]
    scale: int
    documents: Mapping[str, Mapping[str, Row]] | None
    errors: Mapping[str, Errors] | None

    def points(self, label: str) -> Points | None:
        return self.micro if label == MICRO else self.labels.get(label)

    def sums(self, label: str, ids: Sequence[str]) -> Ints | None:
        """The sums of the documents, shape ``(len(ids), 4)``; ``None`` where they are not known."""
        if self.documents is None:
            return None
        labelled = any(MICRO not in rows for rows in self.documents.values())
        if label != MICRO and not labelled:
            return None
        table = np.zeros((len(ids), 4), np.int64)
        for i, name in enumerate(ids):
            for own, row in self.documents.get(name, {}).items():
                if label in (MICRO, own):
                    table[i] += row
        return table


@dataclass(frozen=True)
class Baseline:
    """The scores of one or more systems on one corpus, which ``signature`` names with how they came about."""

    signature: Signature
    documents: int
    environment: Mapping[str, str]
    systems: Mapping[str, Mapping[ScoreKey, Entry]]


def item_hash(item: Item) -> str:
    """48 bits of SHA-256 over document, offsets and label: no text goes in, and none can come out."""
    document, spans, label = item
    plain = json.dumps([document, [list(span) for span in spans], label], ensure_ascii=False)
    return sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def baseline_of(evaluation: Evaluation) -> Baseline:
    """The evaluation as a baseline.

    Raises DataError for a system that failed or has no scores, and where the documents are not kept.
    """
    ids = tuple(document.id for document in evaluation.corpus.documents)
    if not ids:
        raise DataError("the documents are not kept", where=evaluation.corpus.name, hint="Use items=True.")
    systems = {}
    for system in evaluation.systems:
        if system.failed is not None:
            raise DataError(f"failed: {system.failed}", where=system.name)
        if not system.results:
            raise DataError("has no scores on this corpus", where=system.name)
        systems[system.name] = {
            key: _entry(evaluation, ids, key, result, system.judged.get(key))
            for key, result in system.results.items()
        }
    return Baseline(evaluation.signature, len(ids), _environment(), systems)


def _entry(
    evaluation: Evaluation, ids: Sequence[str], key: ScoreKey, result: Result, judged: Judged | None
) -> Entry:
    documents: dict[str, dict[str, Row]] | None = None
    # Each system has its own matched quotes: their sums are never compared.
    # The labels of speakers are names out of the texts, which the file must not hold.
    by_label = key.task != "speakers"
    if judged is not None and by_label:
        documents = _sums_of_items(judged)
    elif result.per_unit is not None and key.setting != MATCHED:
        sums = np.zeros((len(ids), 4), np.int64)
        np.add.at(sums, evaluation.units.document, result.per_unit)
        documents = {
            ids[i]: {MICRO: _row(sums[i].tolist())} for i in np.flatnonzero(sums.any(axis=1)).tolist()
        }
    return Entry(
        result.signature,
        Points.of(result),
        {label: Points.of(score) for label, score in result.per_label.items()} if by_label else {},
        result.scale,
        documents,
        None if judged is None else _errors(judged, result.scale),
    )


def _sums_of_items(judged: Judged) -> dict[str, dict[str, Row]]:
    sums: dict[str, dict[str, list[int]]] = {}
    sides = ((judged.gold, judged.hits, 0), (judged.predicted, judged.predicted_hits, 1))
    for items, hits, side in sides:
        for (name, _, label), hit in zip(items, hits.tolist(), strict=True):
            row = sums.setdefault(name, {}).setdefault(label, [0, 0, 0, 0])
            row[side] += 1
            row[side + 2] += hit
    return {name: {label: _row(row) for label, row in rows.items()} for name, rows in sums.items()}


def _errors(judged: Judged, scale: int) -> dict[str, Errors]:
    missed: dict[str, list[tuple[str, int]]] = {}
    spurious: dict[str, list[str]] = {}
    for item, hit in zip(judged.gold, judged.hits.tolist(), strict=True):
        if hit < scale:
            missed.setdefault(item[0], []).append((item_hash(item), hit))
    for item, hit in zip(judged.predicted, judged.predicted_hits.tolist(), strict=True):
        if hit == 0:
            spurious.setdefault(item[0], []).append(item_hash(item))
    return {
        name: Errors(tuple(sorted(missed.get(name, ()))), tuple(sorted(spurious.get(name, ()))))
        for name in sorted({*missed, *spurious})
    }


def _row(values: Sequence[int]) -> Row:
    gold, predicted, hits_gold, hits_predicted = values
    return gold, predicted, hits_gold, hits_predicted


def _environment() -> dict[str, str]:
    found = {
        "platform": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "wortlaut": VERSION,
    }
    loaded = [name for name in _NOTED if name in sys.modules]
    return {**found, **{name: metadata.version(name) for name in ("numpy", "scikit-learn", *loaded)}}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


# --- the file ---


def to_text(baseline: Baseline) -> str:
    """Sorted keys; one line a label, one a document: a change of one document changes its lines only."""
    whole = baseline.signature
    data = {
        "format": FORMAT,
        "corpus": {"name": whole.corpus, "hash": whole.hash, "documents": baseline.documents},
        "environment": dict(baseline.environment),
        "settings": {
            "schemas": list(whole.schemas),
            "labels": whole.labels,
            "samples": whole.resampling.samples,
            "seed": whole.resampling.seed,
        },
        "signature": str(whole),
        "systems": {},
    }
    for system, entries in baseline.systems.items():
        layers: dict[str, dict[str, Any]] = {}
        for key, entry in entries.items():
            layers.setdefault(key.layer, {})[key.variant] = _entry_data(entry)
        data["systems"][system] = layers  # type: ignore[index]
    return "\n".join(_lines(data, "", "")) + "\n"


def _entry_data(entry: Entry) -> dict[str, Any]:
    signature = str(entry.signature)
    data: dict[str, Any] = {"signature": signature, "micro": vars(entry.micro), "scale": entry.scale}
    if entry.labels:
        data["labels"] = {label: vars(points) for label, points in entry.labels.items()}
    if entry.documents is not None:
        data["documents"] = {
            name: {
                label: [*row[:2], *(_credit(hits, entry.scale) for hits in row[2:])]
                for label, row in rows.items()
            }
            for name, rows in entry.documents.items()
        }
    if entry.errors is not None:
        data["errors"] = {name: _errors_data(errors, entry.scale) for name, errors in entry.errors.items()}
    return data


def _errors_data(errors: Errors, scale: int) -> dict[str, list[str]]:
    missed = [f"{name}:{_credit(hits, scale)}" if hits else name for name, hits in errors.missed]
    sides = {"missed": missed, "spurious": list(errors.spurious)}
    return {side: hashes for side, hashes in sides.items() if hashes}


def _credit(hits: int, scale: int) -> float:
    return hits // scale if hits % scale == 0 else hits / scale


def _lines(value: object, indent: str, key: str) -> Iterator[str]:
    """JSON with a line for each value that holds no further level of objects."""
    nested = isinstance(value, Mapping) and any(isinstance(inner, Mapping) for inner in value.values())
    if isinstance(value, Mapping) and value and (nested or len(indent) == 1):
        yield f"{indent}{key}{{"
        names = sorted(value)
        for name in names:
            lines = list(_lines(value[name], indent + " ", f"{json.dumps(name, ensure_ascii=False)}: "))
            yield from lines[:-1]
            yield lines[-1] + ("" if name == names[-1] else ",")
        yield f"{indent}}}"
    else:
        yield indent + key + json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)


def read_baseline(path: Path) -> Baseline:
    """A file that ``wortlaut baseline write`` wrote, checked.

    Raises MissingFileError, and DataError for a file of another kind, a value that is missing or not a
    number, and a score that does not follow from the sums beside it.
    """
    where = str(path)
    try:
        data = json.loads(path.read_text("utf-8"), parse_constant=partial(_not_finite, where))
    except FileNotFoundError as error:
        hint = "Write it: wortlaut baseline write -e SPEC -o FILE"
        raise MissingFileError("no such baseline", where=where, hint=hint) from error
    except DataError:
        raise
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise DataError(f"is not a JSON file: {error}", where=where, hint=_DAMAGED) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        kind = data.get("format") if isinstance(data, dict) else None
        raise DataError(
            f"is no baseline of this version ({FORMAT})" + (f", but {kind!r}" if kind else ""),
            where=where,
            hint="Write one: wortlaut baseline write -e SPEC -o FILE",
        )
    try:
        return _parse(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise DataError(f"is no whole baseline: {what}", where=where, hint=_DAMAGED) from error


def _not_finite(where: str, name: str) -> NoReturn:
    raise DataError(f"holds {name}, which is no score", where=where)


def _parse(data: Mapping[str, Any]) -> Baseline:
    corpus, settings = data["corpus"], data["settings"]
    labels = settings["labels"]
    if not (labels is None or isinstance(labels, str | dict)):
        raise ValueError("settings: labels is neither a name nor a mapping")
    documents = _whole(corpus["documents"], "corpus: documents")
    whole = Signature(
        _text(corpus["name"], "corpus: name"),
        _text(corpus["hash"], "corpus: hash"),
        "all",
        projection=projection(labels),
        schemas=tuple(checked_schemas(_texts(settings["schemas"], "settings: schemas"))),
        resampling=Resampling(
            samples=_whole(settings["samples"], "settings: samples"),
            seed=_whole(settings["seed"], "settings: seed"),
        ),
    )
    # The text alone says what was drawn and by which version.
    told = read_signature(_text(data["signature"], "signature"), whole)
    drawn = replace(whole.resampling, unit=told.resampling.unit)
    whole = replace(whole, resampling=drawn, version=told.version)
    systems: dict[str, dict[ScoreKey, Entry]] = {}
    for system, layers in data["systems"].items():
        systems[system] = {}
        for layer, by_schema in layers.items():
            for schema, entry in by_schema.items():
                place = f"{system}, {layer}, {schema}"
                try:
                    parsed = _parse_entry(entry, place, documents, whole)
                except KeyError as error:
                    raise ValueError(f"{place}: {error} is missing") from error
                systems[system][ScoreKey.named(layer, schema)] = parsed
    if not systems:
        raise ValueError("it has no systems")
    environment = {name: _text(value, "environment") for name, value in data["environment"].items()}
    return Baseline(whole, documents, environment, systems)


def _parse_entry(data: Mapping[str, Any], place: str, count: int, whole: Signature) -> Entry:
    scale = _whole(data["scale"], f"{place}: scale")
    if not scale:
        raise ValueError(f"{place}: the scale is 0")
    documents: dict[str, dict[str, Row]] | None = None
    if "documents" in data:
        documents = {
            name: {label: _parse_row(row, scale, f"{place}: {name}") for label, row in rows.items()}
            for name, rows in data["documents"].items()
        }
    errors: dict[str, Errors] | None = None
    if "errors" in data:
        errors = {name: _parse_errors(row, scale, f"{place}: {name}") for name, row in data["errors"].items()}
    if len({*(documents or ()), *(errors or ())}) > count:
        raise ValueError(f"{place}: there are more documents than the {count} of the corpus")
    entry = Entry(
        read_signature(_text(data["signature"], f"{place}: signature"), whole),
        _parse_points(data["micro"], f"{place}: micro"),
        {label: _parse_points(row, f"{place}: {label}") for label, row in data.get("labels", {}).items()},
        scale,
        documents,
        errors,
    )
    _check_scores(entry, place)
    return entry


def _check_scores(entry: Entry, place: str) -> None:
    """A score that was edited by hand, or by a merge, no longer follows from its sums."""
    for label in (MICRO, *entry.labels):
        sums = entry.sums(label, tuple(entry.documents or ()))
        if sums is None:
            continue
        points = entry.points(label)
        assert points is not None
        total = sums.sum(axis=0)
        expected = [
            *(_finite(float(v)) for v in precision_recall_f1(total, entry.scale)),
            *total[:2].tolist(),
        ]
        found = [points.precision, points.recall, points.f1, points.gold, points.predicted]
        for a, b in zip(expected, found, strict=True):
            if (a is None) != (b is None) or (a is not None and b is not None and abs(a - b) > 1e-9):
                raise ValueError(
                    f"{place}: the score of {label} does not follow from the sums of the documents"
                )


def _parse_points(data: Mapping[str, Any], place: str) -> Points:
    def score(name: str) -> float | None:
        value = data[name]
        if value is not None and not 0 <= _number(value, f"{place}: {name}") <= 1:
            raise ValueError(f"{place}: {name} is {value}, not between 0 and 1")
        return None if value is None else float(value)

    return Points(
        score("precision"),
        score("recall"),
        score("f1"),
        _number(data["correct"], f"{place}: correct"),
        _whole(data["gold"], f"{place}: gold"),
        _whole(data["predicted"], f"{place}: predicted"),
    )


def _parse_row(row: object, scale: int, place: str) -> Row:
    if not isinstance(row, list) or len(row) != 4:
        raise ValueError(f"{place}: {row!r} is not four numbers")
    gold, predicted = (_whole(value, place) for value in row[:2])
    hits = [round(_number(value, place) * scale) for value in row[2:]]
    return gold, predicted, hits[0], hits[1]


def _parse_errors(data: Mapping[str, Any], scale: int, place: str) -> Errors:
    missed = []
    for text in _texts(data.get("missed", []), place):
        name, _, credit = text.partition(":")
        missed.append((name, round(float(credit or 0) * scale)))
    return Errors(tuple(missed), tuple(_texts(data.get("spurious", []), place)))


def _number(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{place}: {value!r} is not a number of 0 or more")
    return value


def _whole(value: object, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{place}: {value!r} is not a whole number of 0 or more")
    return value


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{place}: {value!r} is not a text")
    return value


def _texts(values: object, place: str) -> list[str]:
    if not isinstance(values, list):
        raise ValueError(f"{place}: {values!r} is not a list")
    return [_text(value, place) for value in values]
