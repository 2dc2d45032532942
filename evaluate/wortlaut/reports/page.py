"""The results as one HTML file that needs nothing else: scores, errors in their texts, breakdowns, people.

What the page shows and how it is used: ``docs/report.md``. All text travels as JSON in elements that no
browser executes, and the page's script puts it in place as text, never as markup.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from wortlaut.errors import ComparisonError
from wortlaut.evaluation.comparison import Comparison
from wortlaut.evaluation.evaluate import Evaluation, System
from wortlaut.reports.page_documents import Pages, numbers, pages, short
from wortlaut.reports.templates import LONE_SURROGATE, asset, fill
from wortlaut.reports.values import is_main
from wortlaut.scoring.result import Result
from wortlaut.scoring.uncertainty import FEW_DOCUMENTS
from wortlaut.version import VERSION

#: Above this many bytes a page is slow to open: further documents are left out, and it says so.
LIMIT = 20_000_000
#: Systems whose adjusted p-value is below this are told apart by their letters.
LEVEL = 0.05
#: A table of more labels than this is no longer read on a page.
MOST_LABELS = 60


def report_page(evaluation: Evaluation, *, limit: int = LIMIT) -> str:
    """The page of an evaluation, at most ``limit`` bytes where the scores alone leave room for documents.

    Documents that do not fit are left out of the texts, never of a number, and the page says which share it
    shows.
    """
    shown = pages(evaluation)
    summary = {**_summary(evaluation, shown), **shown.summary}
    style, script = asset("page/page.css"), asset("page/page.js")
    fixed = [asset("page/page.html.jinja"), style, script, _json(summary)]
    # What the template adds around them, and the sentence about documents left out, fit the reserve.
    room = limit - sum(len(part.encode()) for part in fixed) - 4_000
    kept, left_out = _fitting(shown, room)
    summary["documents"] = {
        "all": evaluation.documents,
        "kept": len(shown.documents),
        "shown": len(kept),
        "left_out": left_out[:20],
    }
    return fill(
        "page/page.html.jinja",
        corpus=evaluation.corpus.name,
        version=VERSION,
        style=style,
        script=script,
        summary=_json(summary),
        documents="[" + ",\n".join(kept) + "]",
    )


def _json(value: object) -> str:
    """Compact JSON that no HTML parser takes for the end of its element, and that UTF-8 can hold."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = text.replace("<", "\\u003c")
    return LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _fitting(shown: Pages, room: int) -> tuple[list[str], list[str]]:
    """The documents that fit in ``room`` bytes, in their order, and the ids of the others.

    Where not all fit, the order of the ids' hashes decides: a sample that is the same every time and that
    favours no end of the corpus.
    """
    order = sorted(
        range(len(shown.documents)),
        key=lambda i: hashlib.sha256(shown.documents[i].id.encode(errors="replace")).digest(),
    )
    chosen: dict[int, str] = {}
    for i in order:
        text = _json(shown.row(i))
        size = len(text.encode()) + 2
        if size <= room:
            chosen[i] = text
            room -= size
    left_out = [document.id for i, document in enumerate(shown.documents) if i not in chosen]
    return [chosen[i] for i in sorted(chosen)], left_out


def _summary(evaluation: Evaluation, shown: Pages) -> dict[str, Any]:
    letters, reason = _letters(evaluation)
    corpus = evaluation.corpus
    return {
        "corpus": {"name": corpus.name, "hash": corpus.hash, "documents": evaluation.documents},
        "signature": str(evaluation.signature),
        "units": {"kind": evaluation.units.kind, "count": len(evaluation.units)},
        "notes": list(evaluation.notes),
        "systems": [
            {"name": system.name, "failed": system.failed, "notes": list(system.notes), "pace": system.pace}
            for system in evaluation.systems
        ],
        "scores": _scores(evaluation, letters),
        "letters": reason,
        "labels": _labels(evaluation),
        "confusion": _confusion(evaluation),
        "errors": _errors(evaluation),
        "groups": _groups(evaluation),
    }


def _scores(evaluation: Evaluation, letters: Mapping[tuple[str, str, str], str]) -> list[dict[str, Any]]:
    """One row for each layer, schema and system, in the order of the layers."""
    rows = []
    layers = dict.fromkeys(layer for system in evaluation.systems for layer in system.scores)
    for layer in layers:
        found = [
            (schema, i, result)
            for i, system in enumerate(evaluation.systems)
            for schema, result in system.scores.get(layer, {}).items()
        ]
        place = {schema: n for n, schema in enumerate(dict.fromkeys(schema for schema, _, _ in found))}
        for schema, i, result in sorted(found, key=lambda row: (place[row[0]], row[1])):
            name = evaluation.systems[i].name
            rows.append(
                {
                    "layer": layer,
                    "schema": schema,
                    "system": i,
                    "main": is_main(layer, schema),
                    "letters": letters.get((layer, schema, name), ""),
                    "notes": list(result.notes),
                    **numbers(result),
                }
            )
    return rows


def _letters(evaluation: Evaluation) -> tuple[dict[tuple[str, str, str], str], dict[str, Any]]:
    """Letters of each (layer, schema, system), and how they came about, or why there are none."""
    from wortlaut.evaluation.comparison import compare

    scored = [system for system in evaluation.systems if system.scores]
    if len(scored) < 2:
        return {}, {"why": "There is one system, so there is nothing to compare: name several with -e."}
    if evaluation.units.kind != "document":
        count = evaluation.documents
        what = "one document" if count == 1 else f"{count} documents"
        return {}, {
            "why": f"No significance letters: {what} cannot show which system is better on other texts. "
            f"They need paired results on {FEW_DOCUMENTS} documents or more."
        }
    if not any(
        result.unit_sums is not None for s in scored for r in s.scores.values() for result in r.values()
    ):
        return {}, {"why": "No significance letters: scored without resampling (--samples 0)."}
    try:
        # One resample: the letters come from the randomisation test alone.
        comparison = compare({"": evaluation}, samples=1)
    except ComparisonError as error:
        return {}, {"why": f"No significance letters: {error.what}."}
    tests = len(comparison.rows)
    return dict(_lettered(evaluation, comparison)), {
        "level": LEVEL,
        "tests": tests,
        "notes": list(comparison.notes),
    }


def _lettered(evaluation: Evaluation, comparison: Comparison) -> list[tuple[tuple[str, str, str], str]]:
    from wortlaut.scoring.letters import compact_letters

    found = []
    rows = sorted(comparison.rows, key=lambda row: (row.layer, row.schema))
    for (layer, schema), group in groupby(rows, key=lambda row: (row.layer, row.schema)):
        tests = list(group)
        # Without a p-value (an undefined F1) nothing is said about anyone in the group.
        if any(row.p_holm is None for row in tests):
            continue
        f1 = {
            system.name: system.scores[layer][schema].f1 or 0.0
            for system in evaluation.systems
            if schema in system.scores.get(layer, {})
        }
        different = [(row.a, row.b) for row in tests if row.p_holm is not None and row.p_holm < LEVEL]
        best_first = sorted(f1, key=lambda name: -f1[name])
        found += [
            ((layer, schema, name), letters)
            for name, letters in compact_letters(best_first, different).items()
        ]
    return found


def _results(system: System, layer: str) -> list[tuple[str, Result]]:
    return list(system.scores.get(layer, {}).items())


def _labels(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The scores of each label, where labels are a scheme and not the names of people."""
    rows = []
    for i, system in enumerate(evaluation.systems):
        for layer in system.scores:
            for schema, result in _results(system, layer):
                if layer == "speakers" or not 1 < len(result.per_label) <= MOST_LABELS:
                    continue
                rows += [
                    {"layer": layer, "schema": schema, "system": i, "label": label, **numbers(score)}
                    for label, score in result.per_label.items()
                ]
    return rows


def _first(system: System, layer: str, name: str) -> Any:
    """The confusion matrix or the error classes of a layer: all its span schemas have the same."""
    return next(
        (value for _, result in _results(system, layer) if (value := getattr(result, name)) is not None), None
    )


def _confusion(evaluation: Evaluation) -> list[dict[str, Any]]:
    rows = []
    for i, system in enumerate(evaluation.systems):
        for layer in system.scores:
            matrix = _first(system, layer, "confusion")
            if matrix is None:
                continue
            # A label that neither side has is an empty row and column.
            size = range(len(matrix.labels))
            used = [k for k in size if any(matrix.matrix[k]) or any(row[k] for row in matrix.matrix)]
            row: dict[str, Any] = {"layer": layer, "system": i, "labels": [matrix.labels[k] for k in used]}
            if len(used) <= MOST_LABELS + 1:
                row["matrix"] = [[matrix.matrix[a][b] for b in used] for a in used]
            rows.append(row)
    return rows


def _errors(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The error classes of each layer and system, with traditional and fair F1."""
    rows = []
    for i, system in enumerate(evaluation.systems):
        for layer in system.scores:
            result = next((r for _, r in _results(system, layer) if r.fair is not None), None)
            if result is None or result.fair is None or layer.endswith("@matched"):
                continue
            fair = result.fair
            rows.append(
                {
                    "layer": layer,
                    "system": i,
                    "counts": dict(result.errors or {}),
                    "traditional": short(fair.traditional.f1),
                    "fair": short(fair.fair.f1),
                }
            )
    return rows


def _groups(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The breakdowns that were asked for by ``--by``."""
    return [
        {"by": by, "layer": "entities", "schema": schema, "system": i, "group": group, **numbers(score)}
        for i, system in enumerate(evaluation.systems)
        for by, results in system.breakdowns.items()
        for schema, result in results.items()
        for group, score in result.per_label.items()
    ]
