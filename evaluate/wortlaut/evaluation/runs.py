"""One system from what its runs scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from wortlaut.evaluation.systems import Scored, System
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.over_runs import middle_of, over_runs
from wortlaut.scoring.result import Result, Results


def averaged(system: System, runs: Sequence[Scored]) -> Scored:
    """The system with the means of its runs; without any run that has scores it has failed itself.

    A run that failed is told and in no mean.
    """
    if len(runs) == 1:
        return replace(runs[0], system=system)
    done = [run for run in runs if run.failed is None]
    failed = [f"run {run.name} failed: {run.failed}" for run in runs if run.failed is not None]
    if not done:
        return Scored(system, failed="; ".join(failed), runs=tuple(runs))
    if failed:
        alone = ", so nothing is known about runs" if len(done) == 1 else ""
        failed.append(f"{len(done)} of {len(runs)} runs have scores, and are all that is counted{alone}")
    if len(done) == 1:
        return replace(done[0], system=system, notes=(*failed, *done[0].notes), runs=tuple(runs))
    keys = [*dict.fromkeys(key for run in done for key in run.results)]
    first: list[Mapping[ScoreKey, Result]] = [run.results for run in done]
    middle = done[middle_of([one[keys[0]].f1 if keys and keys[0] in one else None for one in first])]
    counts = Counter(note for run in done for note in run.notes)
    notes = [
        *failed,
        *(f"not all of its runs have {layer}: its scores are of those that have" for layer in _partial(done)),
        *dict.fromkeys(
            note if counts[note] == len(done) else f"run {run.name}: {note}"
            for run in done
            for note in run.notes
        ),
        f"single items, errors and confusion are those of run {middle.name}, whose F1 is in the middle",
    ]
    results = {key: _mean([one[key] for one in first if key in one], middle.results.get(key)) for key in keys}
    if keys and not any(result.f1_deviation for result in results.values()):
        notes.append(f"its {len(done)} runs scored the same: nothing in it seems to be drawn at random")
    return replace(
        middle,
        system=system,
        results=results,
        notes=tuple(notes),
        breakdowns={
            layer: {
                by: Results(
                    (schema, _mean([one[schema] for one in _broken_down(done, layer, by)], result))
                    for schema, result in results.items()
                )
                for by, results in own.items()
            }
            for layer, own in middle.breakdowns.items()
        },
        runs=tuple(runs),
    )


def _mean(results: Sequence[Result], middle: Result | None) -> Result:
    place = next((i for i, one in enumerate(results) if one is middle), 0)
    return over_runs(results, place) if len(results) > 1 else results[0]


def _broken_down(runs: Sequence[Scored], layer: str, by: str) -> list[Results]:
    return [run.breakdowns[layer][by] for run in runs if by in run.breakdowns.get(layer, ())]


def _partial(runs: Sequence[Scored]) -> list[str]:
    """The layers that some of the runs have."""
    layers = Counter(layer for run in runs for layer in dict.fromkeys(key.layer for key in run.results))
    return [layer for layer, count in layers.items() if count < len(runs)]
