"""Result files of every version, read into what this version writes; texts become values here alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from wortlaut.errors import DataError
from wortlaut.evaluation.digests import Answers, Digests
from wortlaut.evaluation.phenomena import Contrast, Phenomenon
from wortlaut.io.reading import read_json
from wortlaut.records.misfit import misfit
from wortlaut.records.record import (
    FILLED,
    OPTIONAL,
    PLAIN,
    At,
    Count,
    Digest,
    Fragments,
    Many,
    Must,
    Unit,
    as_dict,
    json_schema,
)
from wortlaut.scoring.counted import Counted
from wortlaut.scoring.keys import ScoreKey, Signature
from wortlaut.scoring.labels import PROJECTIONS, Projection
from wortlaut.scoring.result import Notes, Result, SignatureText
from wortlaut.scoring.uncertainty import Resampling

_WRITE = "Write one: wortlaut evaluate -e SPEC --json FILE"
_SIGNATURE = re.compile(
    r"wortlaut(?:\|corpus:(?P<corpus>.*?))?\|layer:(?P<layer>[^|]*?)(?: by (?P<by>[^|]*))?"
    r"(?:\|as:(?P<conventions>[^|]*))?(?:\|labels:(?P<labels>.*))?\|schema:(?P<schemas>[^|]*)(?:\|scheme:(?P<scheme>[^|]*))?"
    r"\|avg:(?P<average>[^|]*)\|resample:(?P<resampling>[^|]*)(?:\|runs:(?P<runs>\d+))?\|v:(?P<version>[^|]*)",
    re.DOTALL,
)
_DRAWN = re.compile(
    r"(?P<unit>\w+),(?:jackknife|(?P<samples>\d+),seed (?P<seed>\d+))"
    r"(?:,confidence (?P<confidence>[^,]+))?(?:,(?P<method>\w+))?"
)


@dataclass(frozen=True)
class Settings:
    """How the evaluation was made; version 0.1.0 did not write it."""

    schemas: tuple[str, ...]
    projection: Annotated[
        Projection | None,
        "The label projection: its name in signatures, and label → label, or null for spans that are left"
        " out.",
    ]
    by: Annotated[tuple[str, ...], "The breakdowns asked for."]
    samples: Annotated[Count | None, "Bootstrap resamples; 0: no intervals; null: by the jackknife."]
    seed: Count
    confidence: Annotated[float, Must(exclusiveMinimum=0, exclusiveMaximum=1)]
    method: Annotated[str, Must(enum=("percentile", "bca"))]
    conventions: Annotated[
        str, FILLED, "The annotation scheme in which both sides are shown; absent for ours."
    ] = ""

    @classmethod
    def of(cls, whole: Signature, by: tuple[str, ...]) -> Settings:
        drawn = whole.resampling
        return cls(
            whole.schemas,
            whole.projection,
            by,
            drawn.samples,
            drawn.seed,
            drawn.confidence,
            drawn.method,
            whole.conventions,
        )


@dataclass(frozen=True)
class Sums:
    """What paired tests need. Absent without intervals."""

    scale: Annotated[Many, "Hits are counted in steps of 1 / scale."]
    sums: Annotated[
        Sequence[tuple[Count, Count, Count, Count]],
        PLAIN,
        "A row for each resampled unit: gold, predicted, hits of the gold side, hits of the predicted side.",
    ]
    upper: Annotated[
        Sequence[Count] | None,
        OPTIONAL,
        PLAIN,
        "The hits of each unit with the most right ones, where answers are words without offsets.",
    ] = None


@dataclass(frozen=True)
class ResultRow(Result):
    """The scores under one schema, with what they were counted from where that was kept."""

    units: Annotated[Sums | None, OPTIONAL] = None
    counts: Annotated[Counted | None, OPTIONAL] = None
    hits: Annotated[
        str | None,
        OPTIONAL,
        Must(pattern="^[0-9]*$"),
        "One digit for each gold item of this layer and schema, in their order: 0 missed, else the credit in"
        " steps of 1 / scale.",
    ] = None
    wrong: Annotated[
        Sequence[tuple[str, Fragments, str]] | None,
        OPTIONAL,
        PLAIN,
        "The predicted items without any credit: document id, fragments, label.",
    ] = None

    @classmethod
    def of(cls, result: Result, **more: Any) -> ResultRow:
        tally, upper = result.tally, result.upper_tally
        return cls(**vars(result), counts=None if tally is None else Counted.of_tally(tally, upper), **more)


_Rows = Mapping[str, Mapping[str, ResultRow]]


@dataclass(frozen=True)
class SystemRow:
    """The scores of one system."""

    name: Annotated[str, "The spec of the extractor, or the file that was scored."]
    notes: Notes
    scores: Annotated[
        _Rows,
        "Layer (entities, quotes, cues, speakers, …; layer@matched for roles of matched quotes only) → schema"
        " → result. Empty where the system failed.",
    ]
    breakdowns: Annotated[
        Mapping[str, _Rows],
        FILLED,
        "Layer → breakdown (type, length, …) → schema → result, whose per_label holds the groups. Absent"
        " where none was asked for. Older files lack the layer: theirs are of entities.",
    ]
    failed: Annotated[str | None, OPTIONAL, "Why there are no scores. Absent where there are."]
    answers: Annotated[
        Answers,
        FILLED,
        PLAIN,
        "48 bits of SHA-256 of all that it found in each document, in the order of the digests: two systems"
        " that have the same found the same. Absent where single items were not kept.",
    ]
    runs: Annotated[
        tuple[SystemRow, ...],
        FILLED,
        "Each run of a system that has several, in full; the scores above are means over them, and hits,"
        " wrong, errors and confusion those of the run in the middle. Absent for one run.",
    ] = ()
    phenomena: Annotated[
        tuple[Phenomenon, ...],
        FILLED,
        "A row for each phenomenon of a corpus of probes that tests what the system looks for. Follows from"
        " the sums of units.",
    ] = ()
    contrasts: Annotated[
        tuple[Contrast, ...], FILLED, "A row for each contrast of minimal pairs of such a corpus."
    ] = ()


@dataclass(frozen=True)
class EvaluationFile:
    """The scores of one or more systems on one corpus."""

    format: ClassVar[Literal["wortlaut-evaluation/1"]] = "wortlaut-evaluation/1"
    version: Annotated[str, "Version of wortlaut that computed the scores."]
    corpus: Annotated[str, At(("corpus", "name")), "The reference that the corpus was loaded by."]
    hash: Annotated[
        Digest,
        At(("corpus", "hash")),
        "SHA-256 of ids, texts and annotations; the order of documents does not change it.",
    ]
    documents: Annotated[Count, At(("corpus", "documents")), "Number of documents."]
    settings: Annotated[Settings | None, OPTIONAL]
    signature: SignatureText
    unit: Annotated[
        Unit,
        At(("resampling", "unit")),
        "What intervals and tests leave out, draw and swap: documents, or sentences where there are fewer"
        " than ten documents.",
    ]
    units: Annotated[Count, At(("resampling", "units")), "How many there are."]
    notes: Notes
    items: Annotated[
        Mapping[str, Mapping[str, Sequence[tuple[str, Fragments, str, str]]]] | None,
        PLAIN,
        "Layer → schema → the gold items, once for all systems: document id, fragments, label, covered text."
        " Only for layers and schemas whose scores count items. null where single items were not kept, and"
        " then no score has hits and wrong.",
    ]
    systems: Annotated[tuple[SystemRow, ...], "In the order asked for."]
    excerpts: Annotated[
        Sequence[tuple[str, Fragments, str]],
        FILLED,
        PLAIN,
        "Each item that a system missed or has wrong, once: document id, fragments, the item in ⟦ ⟧ with the"
        " text around it. Absent where there is none, or where single items were not kept.",
    ] = ()
    named: Annotated[
        Sequence[str] | None,
        OPTIONAL,
        PLAIN,
        "What each unit of the sums is: the id of a document, of a sentence with its first offset. Absent"
        " where single items were not kept.",
    ] = None
    probes: Annotated[
        Sequence[tuple[str, str, str, str, str]] | None,
        OPTIONAL,
        PLAIN,
        "Of a corpus of probes what each unit is: phenomenon, the task that it tests, contrast and pair of a"
        " minimal pair, template; empty where it has none.",
    ] = None
    digests: Annotated[
        Digests | None,
        OPTIONAL,
        PLAIN,
        "Document → 48 bits of SHA-256 of its text, and of its annotations: they tell whose gold"
        " changed. Absent where single items were not kept.",
    ] = None


@dataclass(frozen=True)
class EvaluationsFile:
    """The scores of the same systems on several corpora."""

    format: ClassVar[Literal["wortlaut-evaluations/1"]] = "wortlaut-evaluations/1"
    corpora: Annotated[Sequence[EvaluationFile], PLAIN, "One for each corpus, in the order asked for."]


def of_several(evaluations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a file holds of the evaluations, in their plain form, on several corpora."""
    return as_dict(EvaluationsFile(evaluations))  # type: ignore[arg-type]


def read_evaluations(path: Path, most: int | None = None) -> list[dict[str, Any]]:
    """What a file of ``wortlaut evaluate --json`` holds, of one corpus or several (``most``: no more).

    Raises DataError, MissingFileError.
    """
    data = read_json(path, _WRITE)
    if not isinstance(data, Mapping) or data.get("format") != EvaluationsFile.format:
        return [checked(data, str(path))]
    corpora = data.get("corpora")
    if not isinstance(corpora, list) or not corpora:
        raise DataError("the result lacks corpora", where=str(path), hint="Write it anew.")
    if most is not None and len(corpora) > most:
        hint = "`wortlaut compare` and wortlaut.compare_corpora take it as it is."
        raise DataError(f"holds results on {len(corpora)} corpora", where=str(path), hint=hint)
    return [checked(one, f"{path}, corpus {i}") for i, one in enumerate(corpora, 1)]


def checked(data: Any, where: str) -> dict[str, Any]:
    """The same result with its settings, which version 0.1.0 did not write. Raises DataError."""
    if not isinstance(data, Mapping) or data.get("format") != EvaluationFile.format:
        raise DataError(
            "is no result of `wortlaut evaluate`",
            where=where,
            hint=_WRITE,
        )
    missing = [key for key in ("corpus", "signature", "resampling", "items", "systems") if key not in data]
    if missing:
        raise DataError(f"the result lacks {', '.join(missing)}", where=where, hint="Write it anew.")
    if isinstance(data["systems"], Sequence):
        data = {**data, "systems": [_layered(system) for system in data["systems"]]}
    if what := misfit(data, _schema(), _schema()["$defs"]):
        raise DataError(f"the result is damaged: {what}", where=where, hint="Write it anew.")
    if "settings" in data:
        return dict(data)
    try:
        whole = read_signature(data["signature"], Signature(hash=data["corpus"]["hash"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"the result is damaged: {error}", where=where, hint="Write it anew.") from error
    layers = [rows for system in data["systems"] for rows in system.get("breakdowns", {}).values()]
    by = dict.fromkeys(by for rows in layers for by in rows)
    drawn = replace(whole.resampling, unit=data["resampling"]["unit"])
    return {**data, "settings": as_dict(Settings.of(replace(whole, resampling=drawn), tuple(by)))}


@cache
def _schema() -> dict[str, Any]:
    return json_schema(EvaluationFile, "", "")


def _layered(system: Any) -> Any:
    """A system whose breakdowns are by layer; earlier versions had those of entities alone."""
    try:
        rows = system["breakdowns"]
        old = any("per_label" in result for by_schema in rows.values() for result in by_schema.values())
    except (AttributeError, KeyError, TypeError):  # none, or what is refused where it is read
        return system
    return {**system, "breakdowns": {"entities": rows}} if old else system


def read_settings(data: Mapping[str, Any]) -> Signature:
    """The signature of a whole evaluation, from its file."""
    settings, corpus = data["settings"], data["corpus"]
    chosen, told = settings["projection"], _SIGNATURE.fullmatch(data["signature"])
    return Signature(
        corpus["name"],
        corpus["hash"],
        "all",
        projection=chosen and Projection(**{**chosen, "only": tuple(chosen.get("only", ()))}),
        schemas=tuple(settings["schemas"]),
        resampling=Resampling(
            data["resampling"]["unit"],
            *(settings[name] for name in ("samples", "seed", "confidence", "method")),
        ),
        version=data["version"],
        runs=int(told["runs"] or 1) if told else 1,
        conventions=settings.get("conventions", ""),
    )


def read_signature(text: str, whole: Signature) -> Signature:
    """The signature of a score in a file, which holds its text.

    What the text shortens, the corpus's name and hash and the mapping of a projection, is that of ``whole``,
    the evaluation that it stands in. Raises ValueError for another text.
    """
    found = _SIGNATURE.fullmatch(text)
    drawn = found and _DRAWN.fullmatch(found["resampling"])
    if found is None or (drawn is None and found["resampling"] != "none"):
        raise ValueError(f"{text!r} is no signature")
    labels, schemas = found["labels"], found["schemas"].split("+") if found["schemas"] else []
    keys = [ScoreKey.named(found["layer"], schema) for schema in schemas]
    _, at, digest = (found["corpus"] or "").rpartition("@")
    shortened = at and whole.hash.startswith(digest)
    return Signature(
        whole.corpus if shortened else found["corpus"] or "",
        whole.hash if shortened else "",
        keys[0].task if keys else found["layer"],
        keys[0].setting if keys else "",
        found["by"] or "",
        None if labels is None else _projection(labels, whole.projection),
        tuple(key.schema for key in keys),
        found["average"],
        replace(whole.resampling, samples=0) if drawn is None else _resampling(drawn),
        found["version"],
        int(found["runs"] or 1),
        found["scheme"] or "",
        found["conventions"] or "",
    )


def _projection(name: str, known: Projection | None) -> Projection:
    if known is not None and known.name == name:
        return known
    if name in PROJECTIONS:
        return PROJECTIONS[name]
    pairs = (pair.rpartition("=") for pair in name.strip("{}").split(","))
    return Projection(name, {label: None if to == "-" else to for label, _, to in pairs})


def _resampling(drawn: re.Match[str]) -> Resampling:
    return Resampling(
        drawn["unit"],
        None if drawn["samples"] is None else int(drawn["samples"]),
        int(drawn["seed"] or 0),
        float(drawn["confidence"] or 0.95),
        drawn["method"] or "percentile",
    )
