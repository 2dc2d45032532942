"""Which of several systems is better, on the same corpus, and how sure that is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wortlaut.errors import ComparisonError, DataError, MissingFileError
from wortlaut.rendering import rendered
from wortlaut.scoring.compare import PairedTest, holm, paired_test

if TYPE_CHECKING:
    from wortlaut.evaluation.evaluate import Evaluation


@dataclass(frozen=True)
class Flip:
    """An item that one system has right and the other wrong: a gold item found, or a spurious one avoided."""

    document: str
    spans: tuple[tuple[int, int], ...]
    label: str
    text: str
    kind: str
    right: str


@dataclass(frozen=True)
class Row:
    """System ``a`` against ``b`` in one layer under one schema; ``p_holm`` is adjusted by Holm's method."""

    layer: str
    schema: str
    a: str
    b: str
    test: PairedTest
    p_holm: float | None
    flips: tuple[Flip, ...]


@dataclass(frozen=True)
class Comparison:
    """A row for each pair of systems, layer and schema; ``unit`` is what was resampled and swapped."""

    corpus: str
    hash: str
    unit: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {"format": "wortlaut-comparison/1", **asdict(self)}

    def _repr_html_(self) -> str:
        return str(rendered(self, "html"))


def read_evaluation(path: Path) -> dict[str, Any]:
    """A file that ``wortlaut evaluate --json`` wrote. Raises DataError, MissingFileError."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise MissingFileError("no such file", where=str(path)) from error
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"is not a JSON file: {error}", where=str(path)) from error
    if not isinstance(data, dict) or data.get("format") != "wortlaut-evaluation/1":
        raise DataError(
            "is no result of `wortlaut evaluate`",
            where=str(path),
            hint="Write one: wortlaut evaluate -e SPEC --json FILE",
        )
    missing = [key for key in ("corpus", "signature", "resampling", "items", "systems") if key not in data]
    if missing:
        raise DataError(f"the result lacks {', '.join(missing)}", where=str(path), hint="Write it anew.")
    return data


def compare(
    *results: Evaluation | str | PathLike[str] | Mapping[str, Any],
    samples: int = 1000,
    trials: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """Compare all systems of one or more evaluations, pair by pair.

    Parameters
    ----------
    results
        Evaluations, files of ``wortlaut evaluate --json``, or evaluations in their plain form
        (:meth:`Evaluation.to_dict`). One mapping from a name to any of these names them itself; the name
        tells systems apart that share theirs.
    samples, trials, seed
        Resamples of the paired bootstrap, swaps of the randomisation test, and the seed of both.

    Raises ComparisonError for different corpora, schemas or units, and for fewer than two systems with
    scores; DataError and MissingFileError for a file.
    """
    evaluations = _plain(results)
    if samples < 1 or trials < 1 or seed < 0:
        raise ComparisonError(
            f"{samples} resamples and {trials} trials from seed {seed}",
            hint="Resamples and trials are 1 or more, a seed is 0 or more.",
        )
    _check_comparable(evaluations)
    systems = dict(_systems(evaluations))
    if len(systems) < 2:
        raise ComparisonError(
            f"{len(systems)} system with scores is not enough to compare",
            hint="Give two results, or one result of several systems.",
        )
    first = next(iter(evaluations.values()))
    items = {
        (layer, schema): rows
        for evaluation in evaluations.values()
        for layer, by_schema in (evaluation["items"] or {}).items()
        for schema, rows in by_schema.items()
    }
    tests: list[tuple[str, str, str, str, PairedTest, tuple[Flip, ...]]] = []
    notes: list[str] = []
    for (name_a, a), (name_b, b) in combinations(systems.items(), 2):
        for layer, schema, left, right in _common(a, b):
            if "units" not in left or "units" not in right:
                notes.append(
                    f"{layer}, {schema}: not tested, since the sums of units are not in the results"
                    " (scored with --samples 0, or a mean of several scores)"
                )
                continue
            sums = [np.asarray(side["units"]["sums"], np.int64).reshape(-1, 4) for side in (left, right)]
            test = paired_test(
                sums[0], sums[1], left["units"]["scale"], samples=samples, trials=trials, seed=seed
            )
            flips = _flips(name_a, name_b, left, right, items.get((layer, schema)))
            tests.append((layer, schema, name_a, name_b, test, flips))
        only = sorted(set(a) ^ set(b))
        if not set(a) & set(b):
            notes.append(f"{name_a} and {name_b} have no layer in common: nothing to compare")
        elif only:
            notes.append(f"{name_a} and {name_b} do not both have {', '.join(only)}")
    if any(evaluation["items"] is None for evaluation in evaluations.values()):
        notes.append(
            "the items that differ are not listed: which were right was not kept;"
            " `wortlaut evaluate --items` keeps it"
        )
    adjusted = holm([test.p_randomisation for *_, test, _ in tests])
    rows = [Row(*row[:5], p, row[5]) for row, p in zip(tests, adjusted, strict=True)]
    unit = first["resampling"]["unit"]
    if unit == "sentence":
        count = first["corpus"]["documents"]
        notes.insert(0, f"The units are sentences of {count} document(s): no evidence about other texts.")
    return Comparison(
        first["corpus"]["name"], first["corpus"]["hash"], unit, tuple(rows), tuple(dict.fromkeys(notes))
    )


def _plain(results: Sequence[Any]) -> dict[str, Mapping[str, Any]]:
    """Each result in its plain form, under the name of its file or its number."""
    if len(results) == 1 and isinstance(results[0], Mapping) and "format" not in results[0]:
        named = list(results[0].items())
    else:
        named = [(str(r) if isinstance(r, str | PathLike) else str(i), r) for i, r in enumerate(results, 1)]
    plain: dict[str, Mapping[str, Any]] = {}
    for name, result in named:
        if isinstance(result, str | PathLike):
            plain[name] = read_evaluation(Path(result))
        else:
            plain[name] = result if isinstance(result, Mapping) else result.to_dict()
    return plain


def _check_comparable(evaluations: Mapping[str, Mapping[str, Any]]) -> None:
    facts = {
        name: {
            "corpus hash": evaluation["corpus"]["hash"],
            "schemas and projection": _scoring(evaluation["signature"]),
            "resampled units": (evaluation["resampling"]["unit"], evaluation["resampling"]["units"]),
        }
        for name, evaluation in evaluations.items()
    }
    names = list(facts)
    for name in names[1:]:
        for what, value in facts[names[0]].items():
            if facts[name][what] != value:
                raise ComparisonError(
                    f"{names[0]} and {name} differ in {what}: {value} and {facts[name][what]}",
                    hint="Score all systems on the same corpus with the same options.",
                )


def _scoring(signature: str) -> str:
    kept = [part for part in signature.split("|") if part.startswith(("labels:", "schema:"))]
    return " ".join(kept)


def _systems(evaluations: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each system with scores; the file's name is added where two systems share theirs."""
    names = [s["name"] for evaluation in evaluations.values() for s in evaluation["systems"]]
    for file, evaluation in evaluations.items():
        for system in evaluation["systems"]:
            if system["scores"]:
                name = system["name"]
                yield (name if names.count(name) == 1 else f"{name} ({file})"), system["scores"]


def _common(
    a: Mapping[str, Any], b: Mapping[str, Any]
) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    """Scores of both systems; those on matched quotes are left out, since each system has its own."""
    for layer, by_schema in a.items():
        for schema, result in by_schema.items():
            other = b.get(layer, {}).get(schema)
            if other is not None and "@matched" not in layer + schema:
                yield layer, schema, result, other


def _flips(
    name_a: str, name_b: str, a: Mapping[str, Any], b: Mapping[str, Any], items: Sequence[Any] | None
) -> tuple[Flip, ...]:
    if items is None or "hits" not in a or "hits" not in b:
        return ()
    flips = []
    for item, hit_a, hit_b in zip(items, a["hits"], b["hits"], strict=True):
        if hit_a != hit_b:
            document, spans, label, text = item
            right = name_a if hit_a > hit_b else name_b
            flips.append(Flip(document, _spans(spans), label, text, "found", right))
    wrong_a, wrong_b = ({(d, _spans(s), label) for d, s, label in side["wrong"]} for side in (a, b))
    for right, wrong in ((name_a, wrong_b - wrong_a), (name_b, wrong_a - wrong_b)):
        flips += [Flip(d, spans, label, "", "not spurious", right) for d, spans, label in wrong]
    return tuple(sorted(flips, key=lambda flip: (flip.document, flip.spans, flip.label, flip.kind)))


def _spans(rows: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in rows)
