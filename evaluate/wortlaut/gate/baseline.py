"""The baseline: what a run scored, as a small file without a word of the corpus.

It holds scores, the sums of each document, and for each error the hash of its item: the texts themselves
are looked up in the corpus, whose hash must be the same.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NoReturn, TypeVar, cast

import numpy as np

from wortlaut.errors import DataError, MissingFileError
from wortlaut.evaluation.digests import Digests
from wortlaut.evaluation.evaluate import Evaluation, checked_schemas
from wortlaut.evaluation.files import read_signature
from wortlaut.evaluation.systems import Item, Judged, by_keys, by_names
from wortlaut.io.reading import read_json
from wortlaut.model.columns import Ints
from wortlaut.records.record import (
    FILLED,
    OPTIONAL,
    UNWRITTEN,
    At,
    Count,
    Digest,
    Many,
    Must,
    Rate,
    as_dict,
    written,
)
from wortlaut.scoring.counts import precision_recall_f1
from wortlaut.scoring.keys import MATCHED, ScoreKey, Signature
from wortlaut.scoring.labels import projection
from wortlaut.scoring.result import Result, Score
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.version import environment

_T = TypeVar("_T")
#: The label under which the sums of all labels stand.
MICRO = "micro"
#: What helps where the file is not what was written.
_DAMAGED = "Take it back from version control, or write it anew: wortlaut baseline write --force."

#: What is raised for a plain form that is none of a baseline.
UNFIT = (KeyError, TypeError, ValueError, AttributeError)

_Credit = Annotated[float, Must(minimum=0)]
#: Gold, predicted, right ones of the gold, right ones of the predicted.
Row = tuple[Count, Count, _Credit, _Credit]
_Hash = Annotated[str, Must(pattern="^[0-9a-f]{12}$")]
_Missed = Annotated[str, Must(pattern="^[0-9a-f]{12}(:[0-9.e+-]+)?$")]


@dataclass(frozen=True)
class Points:
    """Precision, recall and F1, ``None`` where undefined, with their counts."""

    precision: Rate
    recall: Rate
    f1: Rate
    correct: _Credit
    gold: Count
    predicted: Annotated[Count, "Of several runs their mean, rounded."]

    @classmethod
    def of(cls, score: Score) -> Points:
        return cls(**{name: getattr(score, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Errors:
    """The errors of a document: ``(hash, credit)`` of gold items below full credit, hashes of spurious ones.

    An item that stands twice is listed twice.
    """

    missed: Annotated[tuple[tuple[str, float], ...], UNWRITTEN] = ()
    spurious: Annotated[tuple[_Hash, ...], FILLED, "Hashes of found items without credit."] = ()

    @property
    @written()
    def _missed(self) -> Annotated[tuple[_Missed, ...], At(("missed",)), FILLED]:
        """Hashes of gold items without full credit, with the credit that they have."""
        return tuple(f"{name}:{credit}" if credit else name for name, credit in self.missed)


@dataclass(frozen=True)
class Entry:
    """One system in one layer under one schema.

    ``documents`` are the sums of each document and label, ``None`` where the score does not come from sums (a
    mean over ``runs`` comes from theirs); ``errors`` are ``None`` where it has no items. Documents without
    either are left out.
    """

    signature: Annotated[Signature, UNWRITTEN]
    micro: Annotated[Points, "All labels together."]
    labels: Annotated[
        Mapping[str, Points], FILLED, "Without it for speakers and links: their labels are names."
    ]
    scale: Annotated[Many, "Credits are multiples of one part in so many."]
    documents: Annotated[
        Mapping[str, Mapping[str, Row]] | None,
        OPTIONAL,
        "Document, then label (or micro): gold, predicted, right ones of the gold, right ones of the"
        " predicted. Documents without any are left out; without it where the score does not come from sums.",
    ]
    errors: Annotated[
        Mapping[str, Errors] | None,
        OPTIONAL,
        "By document; without it where the score has no items. Of several runs those of the middle one.",
    ]
    runs: Annotated[
        tuple[Entry, ...],
        FILLED,
        "The scores and sums of each run of a system that has several; those above are means over them.",
    ] = ()

    @property
    @written()
    def _signed(self) -> Annotated[str, At(("signature",))]:
        return str(self.signature)

    def points(self, label: str) -> Points | None:
        return self.micro if label == MICRO else self.labels.get(label)

    def sums(self, label: str, ids: Sequence[str]) -> Ints | None:
        """The sums of the documents, hits in steps of ``1 / scale``, shape ``(len(ids), 4)``.

        ``None`` where they are not known.
        """
        by_document = self.documents
        if by_document is None or (label != MICRO and all(MICRO in rows for rows in by_document.values())):
            return None
        table = np.zeros((len(ids), 4))
        for i, name in enumerate(ids):
            for own, row in by_document.get(name, {}).items():
                if label in (MICRO, own):
                    table[i] += row
        return np.rint(table * (1, 1, self.scale, self.scale)).astype(np.int64)

    @property
    def single(self) -> tuple[Entry, ...]:
        """The entry of each run: itself where there is one."""
        return self.runs or (self,)


@dataclass(frozen=True)
class Baseline:
    """The scores of one or more systems on one corpus, which ``signature`` names with how they came about."""

    signature: Signature
    documents: int
    environment: Mapping[str, str]
    systems: Mapping[str, Mapping[ScoreKey, Entry]]
    digests: Digests = field(default_factory=dict)
    #: System → document → what tells whether another found the same in it.
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class BaselineFile:
    """A baseline as its file has it."""

    format: ClassVar[Literal["wortlaut-baseline/1"]] = "wortlaut-baseline/1"
    corpus: Annotated[str, At(("corpus", "name"))]
    hash: Annotated[Digest, At(("corpus", "hash")), "Hash of the corpus's content."]
    documents: Annotated[Many, At(("corpus", "documents"))]
    environment: Annotated[
        Mapping[str, str], "Versions of what took part. Another one is a note of the check, no failure."
    ]
    schemas: Annotated[tuple[str, ...], At(("settings", "schemas")), Must(minItems=1)]
    labels: Annotated[
        str | Mapping[str, str | Mapping[str, str | None] | None] | None,
        At(("settings", "labels")),
        "A projection of labels by its name or as a mapping, with one of a side under gold or predicted; null"
        " for none.",
    ]
    only: Annotated[
        tuple[str, ...], At(("settings", "only")), FILLED, "The labels that count; absent for all."
    ]
    samples: Annotated[
        Count | None,
        At(("settings", "samples")),
        "Bootstrap resamples; 0: no intervals; null: by the jackknife.",
    ]
    seed: Annotated[Count, At(("settings", "seed"))]
    signature: Annotated[str, "How it was scored."]
    systems: Annotated[
        Mapping[str, Mapping[str, Mapping[str, Entry]]],
        Must(minProperties=1),
        "System, then layer, then schema.",
    ]
    digests: Annotated[
        Digests,
        FILLED,
        "Document → 48 bits of SHA-256 of its text, and of its annotations: they tell whose gold changed.",
    ] = field(default_factory=dict)
    answers: Annotated[
        Mapping[str, Mapping[str, Annotated[str, Must(pattern="^[0-9a-f]{12}$")]]],
        FILLED,
        "Document → system → 48 bits of SHA-256 of all that it found: one that has the same found the same.",
    ] = field(default_factory=dict)


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
        for one in (system, *system.runs):
            if one.failed is not None:
                raise DataError(f"failed: {one.failed}", where=one.name)
        if not system.results:
            raise DataError("has no scores on this corpus", where=system.name)
        systems[system.name] = {
            key: replace(
                _entry(evaluation, ids, key, result, system.judged.get(key)),
                runs=tuple(
                    replace(_entry(evaluation, ids, key, run.results[key], run.judged.get(key)), errors=None)
                    for run in (system.runs if result.runs else ())
                    if key in run.results
                ),
            )
            for key, result in system.results.items()
        }
    answers = {one.name: evaluation.answers(one) for one in evaluation.systems}
    return Baseline(
        evaluation.signature, len(ids), environment(), systems, evaluation.digests() or {}, answers
    )


def _entry(
    evaluation: Evaluation, ids: Sequence[str], key: ScoreKey, result: Result, judged: Judged | None
) -> Entry:
    documents = None
    # Each system has its own matched quotes: their sums are never compared.
    # The labels of speakers are names out of the texts, which the file must not hold; of links the items'
    # labels are what they link to, not the kind that scores tell apart.
    by_label = key.task not in ("speakers", "links")
    if result.runs:
        pass  # the sums are those of the runs
    elif judged is not None and by_label:
        documents = _sums_of_items(judged, result.scale)
    elif result.per_unit is not None and key.setting != MATCHED:
        sums = np.zeros((len(ids), 4), np.int64)
        np.add.at(sums, evaluation.units.document, result.per_unit)
        documents = {
            ids[i]: {MICRO: row_of(sums[i].tolist(), result.scale)}
            for i in np.flatnonzero(sums.any(axis=1)).tolist()
        }
    return Entry(
        result.signature,
        Points.of(result),
        {label: Points.of(score) for label, score in result.per_label.items()} if by_label else {},
        result.scale,
        documents,
        None if judged is None else errors_of(judged, result.scale),
    )


def _sums_of_items(judged: Judged, scale: int) -> dict[str, dict[str, Row]]:
    sums: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0, 0]))
    sides = ((judged.gold, judged.hits), (judged.predicted, judged.predicted_hits))
    for side, (items, hits) in enumerate(sides):
        for (name, _, label), hit in zip(items, hits.tolist(), strict=True):
            row = sums[name][label]
            row[side] += 1
            row[side + 2] += hit
    return {name: {label: row_of(row, scale) for label, row in rows.items()} for name, rows in sums.items()}


def errors_of(judged: Judged, scale: int) -> dict[str, Errors]:
    """The errors of each document that has any."""
    missed: dict[str, list[tuple[str, float]]] = defaultdict(list)
    spurious: dict[str, list[str]] = defaultdict(list)
    for item, hit in zip(judged.gold, judged.hits.tolist(), strict=True):
        if hit < scale:
            missed[item[0]].append((item_hash(item), _credit(hit, scale)))
    for item in judged.wrong():
        spurious[item[0]].append(item_hash(item))
    return {
        name: Errors(tuple(sorted(missed[name])), tuple(sorted(spurious[name])))
        for name in sorted({*missed, *spurious})
    }


def row_of(values: Sequence[int], scale: int) -> Row:
    """Sums with hits in steps of ``1 / scale`` as a baseline has them."""
    gold, predicted, hits_gold, hits_predicted = values
    return gold, predicted, _credit(hits_gold, scale), _credit(hits_predicted, scale)


def _credit(hits: int, scale: int) -> float:
    return hits // scale if hits % scale == 0 else hits / scale


# --- the file ---


def to_text(baseline: Baseline) -> str:
    """Sorted keys; one line a label, one a document: a change of one document changes its lines only."""
    return "\n".join(_lines(to_dict(baseline), "", "")) + "\n"


def to_dict(baseline: Baseline) -> dict[str, Any]:
    """Its plain form."""
    whole = baseline.signature
    file = BaselineFile(
        whole.corpus,
        whole.hash,
        baseline.documents,
        baseline.environment,
        whole.schemas,
        whole.labels,
        whole.projection.only if whole.projection else (),
        whole.resampling.samples,
        whole.resampling.seed,
        str(whole),
        {system: by_names(entries) for system, entries in baseline.systems.items()},
        baseline.digests,
        _turned(baseline.answers),
    )
    return as_dict(file)


def _turned(rows: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Inner keys outside."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for outer, own in rows.items():
        for inner, value in own.items():
            found[inner][outer] = value
    return found


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
    write = "Write one: wortlaut baseline write -e SPEC -o FILE"
    if not path.exists():
        raise MissingFileError("no such baseline", where=where, hint=write)
    data = read_json(path, _DAMAGED, parse_constant=partial(_not_finite, where))
    if not isinstance(data, dict) or data.get("format") != BaselineFile.format:
        kind = data.get("format") if isinstance(data, dict) else None
        raise DataError(
            f"is no baseline of this version ({BaselineFile.format})" + (f", but {kind!r}" if kind else ""),
            where=where,
            hint=write,
        )
    try:
        return from_dict(data)
    except UNFIT as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise DataError(f"is no whole baseline: {what}", where=where, hint=_DAMAGED) from error


def _not_finite(where: str, name: str) -> NoReturn:
    raise DataError(f"holds {name}, which is no score", where=where)


def from_dict(data: Mapping[str, Any]) -> Baseline:
    """The baseline of its plain form, checked. Raises one of :data:`UNFIT`."""
    corpus, settings = data["corpus"], data["settings"]
    labels = settings["labels"]
    if not (labels is None or isinstance(labels, str | dict)):
        raise ValueError("settings: labels is neither a name nor a mapping")
    only = _texts(settings.get("only", []), "settings: only")
    documents = _checked(corpus["documents"], int, "corpus: documents")
    whole = Signature(
        _checked(corpus["name"], str, "corpus: name"),
        _checked(corpus["hash"], str, "corpus: hash"),
        "all",
        projection=projection(labels, only),
        schemas=tuple(checked_schemas(_texts(settings["schemas"], "settings: schemas"))),
        resampling=Resampling(
            samples=None
            if settings["samples"] is None
            else _checked(settings["samples"], int, "settings: samples"),
            seed=_checked(settings["seed"], int, "settings: seed"),
        ),
    )
    # The text alone says what was drawn and by which version.
    told = read_signature(_checked(data["signature"], str, "signature"), whole)
    drawn = replace(whole.resampling, unit=told.resampling.unit)
    whole = replace(whole, resampling=drawn, version=told.version, runs=told.runs)
    systems = {
        system: {
            key: _parse_entry(entry, f"{system}, {key.layer}, {key.variant}", documents, whole)
            for key, entry in by_keys(layers).items()
        }
        for system, layers in data["systems"].items()
    }
    if not systems:
        raise ValueError("it has no systems")
    environment = {name: _checked(value, str, "environment") for name, value in data["environment"].items()}
    digests = {id: _parse_digests(pair, id) for id, pair in data.get("digests", {}).items()}
    if digests and len(digests) != documents:
        raise ValueError(f"it has digests of {len(digests)} documents, and {documents} documents")
    answers = {
        id: {name: _checked(one, str, f"answers: {id}") for name, one in row.items()}
        for id, row in data.get("answers", {}).items()
    }
    return Baseline(whole, documents, environment, systems, digests, _turned(answers))


def _parse_digests(pair: object, id: str) -> tuple[str, str]:
    both = _texts(pair, f"digests: {id}")
    if len(both) != 2:
        raise ValueError(f"digests: {id}: {both!r} is not two texts")
    return both[0], both[1]


def _parse_entry(data: Mapping[str, Any], place: str, count: int, whole: Signature) -> Entry:
    try:
        entry = Entry(
            read_signature(_checked(data["signature"], str, f"{place}: signature"), whole),
            _parse_points(data["micro"], f"{place}: micro"),
            {label: _parse_points(row, f"{place}: {label}") for label, row in data.get("labels", {}).items()},
            _checked(data["scale"], int, f"{place}: scale"),
            _by_document(data, "documents", _parse_rows, place),
            _by_document(data, "errors", _parse_errors, place),
            tuple(
                _parse_entry(run, f"{place}: run {number}", count, whole)
                for number, run in enumerate(data.get("runs", ()), 1)
            ),
        )
    except KeyError as error:
        raise ValueError(f"{place}: {error} is missing") from error
    if not entry.scale:
        raise ValueError(f"{place}: the scale is 0")
    if len({*(entry.documents or ()), *(entry.errors or ())}) > count:
        raise ValueError(f"{place}: there are more documents than the {count} of the corpus")
    _check_scores(entry, place)
    return entry


def _check_scores(entry: Entry, place: str) -> None:
    """A score that was edited by hand, or by a merge, no longer follows from its sums or its runs."""
    for name in ("precision", "recall", "f1") if entry.runs else ():
        values = [getattr(run.micro, name) for run in entry.runs]
        mean = None if None in values else float(np.mean(values))
        held = np.array([getattr(entry.micro, name), mean], np.float64)
        if not np.allclose(held[0], held[1], rtol=0, atol=1e-9, equal_nan=True):
            raise ValueError(f"{place}: the {name} of {MICRO} is not the mean of the runs")
    for label in (MICRO, *entry.labels):
        sums, points = entry.sums(label, tuple(entry.documents or ())), entry.points(label)
        if sums is None or points is None:
            continue
        total = sums.sum(axis=0)
        expected = [*precision_recall_f1(total, entry.scale), *total[:2]]
        # None is NaN here.
        found = np.array(
            [points.precision, points.recall, points.f1, points.gold, points.predicted], np.float64
        )
        if not np.allclose(found, expected, rtol=0, atol=1e-9, equal_nan=True):
            raise ValueError(f"{place}: the score of {label} does not follow from the sums of the documents")


def _parse_points(data: Mapping[str, Any], place: str) -> Points:
    for name in ("precision", "recall", "f1"):
        value = data[name]
        if value is not None and not 0 <= _checked(value, float, f"{place}: {name}") <= 1:
            raise ValueError(f"{place}: {name} is {value}, not between 0 and 1")
    return Points(
        data["precision"],
        data["recall"],
        data["f1"],
        _checked(data["correct"], float, f"{place}: correct"),
        _checked(data["gold"], int, f"{place}: gold"),
        _checked(data["predicted"], int, f"{place}: predicted"),
    )


def _by_document(
    data: Mapping[str, Any], name: str, parse: Callable[[Any, str], _T], place: str
) -> dict[str, _T] | None:
    """What stands under a key for each document, if anything does."""
    return {one: parse(row, f"{place}: {one}") for one, row in data[name].items()} if name in data else None


def _parse_rows(rows: Mapping[str, object], place: str) -> dict[str, Row]:
    return {label: _parse_row(row, place) for label, row in rows.items()}


def _parse_row(row: object, place: str) -> Row:
    if not isinstance(row, list) or len(row) != 4:
        raise ValueError(f"{place}: {row!r} is not four numbers")
    gold, predicted = (_checked(value, int, place) for value in row[:2])
    right, found = (_checked(value, float, place) for value in row[2:])
    return gold, predicted, right, found


def _parse_errors(data: Mapping[str, Any], place: str) -> Errors:
    missed = (text.partition(":") for text in _texts(data.get("missed", []), place))
    return Errors(
        tuple((name, float(credit or 0)) for name, _, credit in missed),
        tuple(_texts(data.get("spurious", []), place)),
    )


_KINDS = {
    int: "a whole number of 0 or more",
    float: "a number of 0 or more",
    str: "a text",
    list: "a list",
}


def _checked(value: Any, kind: type[_T], place: str) -> _T:
    fits = isinstance(value, (kind, int) if kind is float else kind) and not isinstance(value, bool)
    if not fits or (kind in (int, float) and not 0 <= value < math.inf):
        raise ValueError(f"{place}: {value!r} is not {_KINDS[kind]}")
    return cast(_T, value)


def _texts(values: object, place: str) -> list[str]:
    return [_checked(value, str, place) for value in _checked(values, list, place)]
