"""The JSON Schema of each file format, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Union

from wortlaut.errors import unknown_name
from wortlaut.records.annotations_schema import predictions
from wortlaut.records.record import json_schema


@dataclass(frozen=True)
class _Format:
    """Where the records of a format live: one of them is a file, or an array of them (``array``)."""

    module: str
    kinds: tuple[str, ...]
    title: str
    what: str
    array: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


_FORMATS = {
    "agreement": _Format(
        "evaluation.agreement",
        ("AgreementFile",),
        "Agreement",
        "What `wortlaut agree --json` and `--write` write: how far each pair of layers agrees.",
    ),
    "atlas": _Format(
        "evaluation.atlas",
        ("AtlasFile",),
        "Atlas",
        "What `wortlaut atlas --json` writes: scores of systems on every corpus of quotes in a folder, and"
        " published numbers beside them.",
    ),
    "audit": _Format(
        "evaluation.audit",
        ("Audit",),
        "Audit",
        "What `wortlaut audit --json` writes: what each schema says of each pair of systems, and where they"
        " differ, the documents that part them. Differences are system a minus system b.",
    ),
    "baseline": _Format(
        "gate.baseline",
        ("BaselineFile",),
        "Baseline",
        "What `wortlaut baseline write` writes and `wortlaut check` compares with: scores, sums of each"
        " document, and hashes of errors. No text of the corpus is in it.",
    ),
    "bench": _Format(
        "bench.run",
        ("Bench",),
        "Benchmark of extractors",
        "What `wortlaut bench --json` writes: how fast each extractor is and what it needs, on one corpus and"
        " machine. Times are wall time in seconds.",
    ),
    "check": _Format(
        "gate.verdicts",
        ("Outcome",),
        "Outcome of the gate",
        "What `wortlaut check --json` writes. verdict and exit_code follow from the checks and from nothing"
        " else.",
        more={
            "oneOf": [
                {"properties": {"verdict": {"const": verdict}, "exit_code": {"const": code}}}
                for verdict, code in (
                    ("pass", 0),
                    ("warning", 0),
                    ("regression", 1),
                    ("invalid", 2),
                    ("undecided", 3),
                )
            ]
        },
    ),
    "comparison": _Format(
        "evaluation.comparison",
        ("Comparison",),
        "Comparison",
        "What `wortlaut compare --json` writes: paired tests of systems that were scored on the same corpus."
        " Differences are system a minus system b.",
    ),
    "corpora-comparison": _Format(
        "evaluation.corpora",
        ("CorporaComparison",),
        "Comparison on several corpora",
        "What `wortlaut compare --json` writes for results on several corpora: the comparison on each, and"
        " what they say together. Differences are system a minus system b.",
    ),
    "diff": _Format(
        "annotations.diff",
        ("LayerDiff",),
        "Difference of two layers",
        "What `wortlaut diff --json` writes: every annotation in which two layers of the same texts differ.",
    ),
    "evaluation": _Format(
        "evaluation.files",
        ("EvaluationFile",),
        "Evaluation",
        "What `wortlaut evaluate --json` and `wortlaut score --json` write: the scores of one or more systems"
        " on one corpus. Undefined scores (0/0) are null. Offsets count characters (Unicode code points) from"
        " 0, half-open [start, end).",
    ),
    "evaluations": _Format(
        "evaluation.files",
        ("EvaluationsFile",),
        "Evaluations",
        "What `wortlaut evaluate --json` writes where several corpora are named: an evaluation for each.",
    ),
    "extraction": _Format(
        "formats.shards",
        ("Manifest",),
        "Extraction",
        "manifest.json in the folder that `wortlaut extract` writes: what was run on what, and which shards"
        " are finished. A shard that is not named here does not count.",
    ),
    "extractors": _Format(
        "extractors.registry",
        ("ExtractorInfo",),
        "Extractors",
        "What `wortlaut extractors --json` writes: each extractor that can be named here.",
        array=True,
    ),
    "incidents": _Format(
        "annotations.validate",
        ("Incident",),
        "Incidents",
        "What `wortlaut validate --json` writes: each broken rule of docs/rules.md.",
        array=True,
    ),
    "passport": _Format(
        "evaluation.passport",
        ("Passport",),
        "Passport",
        "What `wortlaut passport` writes and `wortlaut verify` computes anew: scores and tests with the"
        " counts of each document, and no text.",
    ),
    "plan": _Format(
        "evaluation.plan",
        ("Plan",),
        "Plan",
        "What `wortlaut plan --json` writes: which differences of F1 a corpus shows, and how many documents"
        " one needs. Bands are one standard error of the pilot.",
    ),
    "show": _Format(
        "reports.lanes",
        ("Shown",),
        "Show",
        "What `wortlaut show --json` prints: a text with what the gold and each extractor say about it."
        " Offsets count characters (Unicode code points) of the text from 0, half-open [start, end).",
    ),
    "stress": _Format(
        "stress.run",
        ("Stress",),
        "What transformations of the texts cost",
        "Written by `wortlaut stress --json FILE`; see docs/stress.md. Scores are in [0, 1], null where"
        " undefined. Offsets are not given: excerpts show an item in ⟦ ⟧.",
    ),
    "transformations": _Format(
        "stress.registry",
        ("Transformation", "Broken"),
        "Transformations",
        "What `wortlaut stress --list --json FILE` writes: each transformation that can be named here, and"
        " each plug-in that cannot be used, with the reason.",
        array=True,
    ),
}


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of that name, such as ``evaluation``. Raises UnknownNameError, which lists all."""
    if name == "predictions":
        return predictions()
    if name not in _FORMATS:
        raise unknown_name("JSON Schema", name, sorted([*_FORMATS, "predictions"]))
    found = _FORMATS[name]
    module = import_module(f"wortlaut.{found.module}")
    kind: Any = Union[tuple(getattr(module, one) for one in found.kinds)]  # noqa: UP007
    return json_schema(Sequence[kind] if found.array else kind, found.title, found.what, **found.more)
