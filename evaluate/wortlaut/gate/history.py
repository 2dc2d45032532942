"""The scores of many commits, a line of JSON a run in a file that grows, and the gate's verdict on each.

A line is a baseline of the main scores alone: what the gate needs, and no text. Rows of documents with the
same counts stand together, under the ranks of their ids.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from wortlaut.errors import DataError, counted
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.evaluation.systems import Scored
from wortlaut.gate.baseline import (
    MICRO,
    UNFIT,
    Baseline,
    Entry,
    Points,
    errors_of,
    from_dict,
    row_of,
    to_dict,
)
from wortlaut.gate.rules import Rules
from wortlaut.gate.verdicts import VERDICTS, Outcome, Place, Row, check, selects
from wortlaut.io.files import write_whole
from wortlaut.io.locks import alone
from wortlaut.io.reading import lines, read_bytes
from wortlaut.records.objects import loads
from wortlaut.scoring.counted import Sparse
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.keys import ScoreKey, corpus_text, differences
from wortlaut.scoring.result import MAIN_TASKS, Result
from wortlaut.scoring.uncertainty import FEW_DOCUMENTS, Interval
from wortlaut.version import environment

FORMAT = "wortlaut-history/1"
#: Where it lies unless something else is said.
DEFAULT_PATH = "wortlaut-history.jsonl"
#: The verdict on the first run of its kind.
NOT_COMPARED = "not compared"
#: Of a check that is about a system, and no single score.
_ANY = ScoreKey("", "")
_MEND = "Take the line back from version control, or delete it."


@dataclass(frozen=True)
class Run:
    """What the systems scored at one commit on one corpus; ``where`` is its line, if it has one."""

    commit: str
    date: str
    baseline: Baseline
    intervals: Mapping[tuple[str, ScoreKey], Interval | None]
    where: str = ""

    def of(self, system: str) -> Baseline:
        return replace(self.baseline, systems={system: self.baseline.systems[system]})

    def comparable(self, other: Run) -> bool:
        """Whether it has the same gold, and was scored in the same way."""
        ours, theirs = self.baseline.signature, other.baseline.signature
        return not list(differences(replace(ours, resampling=theirs.resampling), theirs))


@dataclass(frozen=True)
class Step:
    """A system in one run, and the run before that it is held against by the rules, if there is any."""

    run: Run
    system: str
    before: Run | None
    rules: Rules

    @cached_property
    def outcome(self) -> Outcome | None:
        """What the gate says, worked out where it is asked for; ``None`` where nothing was compared."""
        if self.before is None:
            return None
        return check(self.before.of(self.system), self.run.of(self.system), self.rules, power=False)

    def row(self, key: ScoreKey) -> Row | None:
        """What the gate says of one score, ``None`` where nothing was compared."""
        rows = () if self.outcome is None else self.outcome.rows
        return next((row for row in rows if row.place == Place(self.system, key.of(MICRO))), None)

    def verdict(self, key: ScoreKey) -> str:
        """:data:`NOT_COMPARED`, ``better``, or one of :data:`wortlaut.gate.verdicts.VERDICTS`."""
        if self.outcome is None:
            return NOT_COMPARED
        about = [
            one for one in self.outcome.checks if one.place is None or one.place.key.of("") in (key, _ANY)
        ]
        worst = max((one.status for one in about), key=VERDICTS.index, default="invalid")
        row = self.row(key)
        return "better" if worst == "pass" and row is not None and row.improved else worst


def run_of(evaluation: Evaluation, commit: str, date: str) -> Run:
    """The main scores of an evaluation: of each task those under ``strict``, or else its first schema.

    Raises DataError for a system that failed or has none of them.
    """
    entries: dict[str, dict[ScoreKey, Entry]] = {}
    intervals: dict[tuple[str, ScoreKey], Interval | None] = {}
    for system in evaluation.systems:
        keys = list(_main(system.results))
        if system.failed is not None or not keys:
            raise DataError(f"has no scores: {system.failed or 'none of the main ones'}", where=system.name)
        entries[system.name] = {key: _entry(evaluation, system, key) for key in keys}
        intervals |= {(system.name, key): system.results[key].f1_interval for key in keys}
    whole = evaluation.signature
    schemas = dict.fromkeys(key.schema for own in entries.values() for key in own)
    # Where the corpus lies on this machine says nothing about the score.
    signature = replace(whole, corpus=corpus_text(whole.corpus, ""), schemas=tuple(schemas))
    return Run(commit, date, Baseline(signature, evaluation.documents, environment(), entries), intervals)


def _main(results: Mapping[ScoreKey, Result]) -> Iterator[ScoreKey]:
    for task in MAIN_TASKS:
        keys = [key for key in results if key.task == task and not key.setting]
        yield from sorted(keys, key=lambda key: key.schema != "strict")[:1]


def _entry(evaluation: Evaluation, system: Scored, key: ScoreKey) -> Entry:
    result, judged = system.results[key], system.judged.get(key)
    runs = [run for run in system.runs if key in run.results] if result.runs else []
    few = evaluation.documents < FEW_DOCUMENTS
    return Entry(
        replace(result.signature, corpus=corpus_text(result.signature.corpus, "")),
        Points.of(result),
        {},
        result.scale,
        None if runs or few else _sums(evaluation, result),
        # With ten documents there is a test, and no need to know the items.
        errors_of(judged, result.scale) if judged is not None and few else None,
        tuple(replace(_entry(evaluation, run, key), errors=None) for run in runs),
    )


def _sums(evaluation: Evaluation, result: Result) -> dict[str, dict[str, Any]] | None:
    """Rank of a document by its id → its sums; without ids the order may be another one in the next run."""
    ids, sums = evaluation.unit_names(), result.per_unit
    if ids is None or sums is None:
        return None
    ranked = sums[np.argsort(np.asarray(ids, object))]
    there = np.flatnonzero(ranked.any(axis=1)).tolist()
    return {str(i): {MICRO: row_of(ranked[i].tolist(), result.scale)} for i in there}


def add(path: Path, runs: Sequence[Run]) -> list[Run]:
    """Append the runs that are not there, whole or not at all, and return these.

    Raises DataError where the commit has other scores of the same system on the same gold, and for a file
    that cannot be read.
    """
    with alone(path):
        return _added(path, runs)


def _added(path: Path, runs: Sequence[Run]) -> list[Run]:
    there = read(path) if path.exists() else []
    fresh = []
    for run in runs:
        same = [one for one in there if one.commit == run.commit and one.comparable(run)]
        shared = [one for one in same if one.baseline.systems.keys() & run.baseline.systems.keys()]
        if not shared:
            fresh.append(_parsed(json.loads(_line(run)), str(path)))
        elif all(one.baseline.systems != run.baseline.systems for one in shared):
            raise DataError(
                f"{run.commit} is there with other scores or systems",
                where=shared[0].where,
                hint="Scores that vary are runs of one system: wortlaut evaluate --runs. To replace the line,"
                " delete it; another commit: --commit NAME.",
            )
    if fresh:
        old = read_bytes(path) if path.exists() else b""
        end = b"" if not old or old.endswith(b"\n") else b"\n"
        write_whole(path, old + end + "".join(f"{_line(run)}\n" for run in fresh).encode())
    return fresh


def read(path: Path) -> list[Run]:
    """The runs of a file by their dates. A line that stands twice, as after a merge, counts once.

    Raises DataError and MissingFileError; for a line that is torn, of another kind, or of other scores of a
    commit than one before.
    """
    found: dict[str, Run] = {}
    for number, text in lines(path):
        if not text.strip() or text in found:
            continue
        where = f"{path}:{number}"
        run = _parsed(loads(text, where), where)
        for other in found.values():
            shared = run.baseline.systems.keys() & other.baseline.systems.keys()
            if run.commit == other.commit and shared and run.comparable(other):
                what = f"{run.commit} has scores of {min(shared)} already, in {other.where}"
                raise DataError(what, where=where, hint="Delete one of the two lines.")
        found[text] = run
    if not found:
        raise DataError("has no run", where=str(path), hint="Add one: wortlaut history add RESULT.json")
    return sorted(found.values(), key=lambda run: moment(run.date))


def moment(date: str) -> datetime:
    """The time that a date in ISO 8601 is; in UTC where it does not say. Raises ValueError."""
    found = datetime.fromisoformat(date)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _line(run: Run) -> str:
    data = to_dict(run.baseline)
    for system, key, entry in _entries(data):
        _compact(entry, run.baseline.documents)
        entry["interval"] = run.intervals[system, key]
    whole = {"commit": run.commit, "date": run.date, **data, "format": FORMAT}
    return json.dumps(whole, separators=(",", ":"), allow_nan=False)


def _entries(data: Mapping[str, Any]) -> Iterator[tuple[str, ScoreKey, dict[str, Any]]]:
    for system, layers in data["systems"].items():
        for layer, schemas in layers.items():
            for schema, entry in schemas.items():
                yield system, ScoreKey.named(layer, schema), entry


def _compact(entry: dict[str, Any], documents: int) -> None:
    """Rows of documents as ranks by what they have; of each run."""
    for run in entry.get("runs", ()):
        _compact(run, documents)
    if (rows := entry.pop("documents", None)) is not None:
        scale = entry["scale"]
        table = np.asarray([row[MICRO] for row in rows.values()]).reshape(-1, 4) * (1, 1, scale, scale)
        gold, predicted, hits, found = np.rint(table).astype(np.int64).T
        unit = np.asarray([*map(int, rows)], np.int64)
        counts = Counts(documents, 1, unit, np.zeros_like(unit), gold, predicted, hits, found, scale)
        entry["counts"] = Sparse.of(counts, (MICRO,)).labels[MICRO]


def _unfold(entry: dict[str, Any], documents: int) -> None:
    for run in entry.get("runs", ()):
        _unfold(run, documents)
    if (rows := entry.pop("counts", None)) is not None:
        sums = Sparse(documents, entry["scale"], {MICRO: rows}).counts().per_unit()
        there = np.flatnonzero(sums.any(axis=1)).tolist()
        entry["documents"] = {str(i): {MICRO: list(row_of(sums[i].tolist(), entry["scale"]))} for i in there}


def _parsed(data: dict[str, Any], where: str) -> Run:
    if data.get("format") != FORMAT:
        raise DataError(f"is no line of a history ({FORMAT})", where=where, hint=_MEND)
    try:
        intervals: dict[tuple[str, ScoreKey], Interval | None] = {}
        for system, key, entry in _entries(data):
            ends = entry["interval"]
            low, high = ends or (0, 0)
            if not 0 <= low <= high <= 1:
                raise ValueError(f"{system}, {key.layer}: the interval {ends} is none")
            intervals[system, key] = ends and (low, high)
            _unfold(entry, data["corpus"]["documents"])
        baseline = from_dict(data)
        commit, date = data["commit"], data["date"]
        if not (isinstance(commit, str) and commit):
            raise ValueError(f"the commit is {commit!r}")
        moment(date)
        return Run(commit, date, baseline, intervals, where)
    except (*UNFIT, IndexError, OverflowError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise DataError(f"is no whole line of a history: {what}", where=where, hint=_MEND) from error


def steps(runs: Sequence[Run], rules: Rules, against: str | None = None) -> list[Step]:
    """Each system in each run, to be held against the run before of the same gold and settings.

    ``against``: instead, against the run of the one commit that begins so; those before it against none. Of
    the rules those hold that are about scores of a history. Raises DataError for such a commit that is
    not there, or not the only one.
    """
    if against is not None:
        commits = dict.fromkeys(run.commit for run in runs if run.commit.startswith(against))
        if len(commits) != 1:
            what = f"{counted(len(commits), 'commit')} of the history begin with {against!r}"
            raise DataError(what, where="--against", hint="wortlaut history show lists them.")
    found: list[Step] = []
    for run in runs:
        for system, entries in run.baseline.systems.items():
            places = [Place(system, key.of(MICRO)) for key in entries]
            own = tuple(one for one in rules.rules if any(selects(one, place) for place in places))
            kept = replace(rules, rules=own, throughput=None, stress=None)
            before = _last(found, run, system, against or "")
            found.append(Step(run, system, before.run if before else None, kept))
    return found


def _last(found: Sequence[Step], run: Run, system: str, begins: str = "") -> Step | None:
    """The last of the steps of a system that a run of it can be held against."""
    fit = (one for one in reversed(found) if one.system == system and one.run.commit.startswith(begins))
    return next((one for one in fit if one.run.comparable(run)), None)


def first_worse(
    found: Sequence[Step], keys: Collection[ScoreKey], against: str | None = None
) -> Iterator[tuple[Step, Run]]:
    """Each step where a system got worse in one of the scores, and the last run in which it was not.

    Against one commit only the first of those that follow each other.
    """

    def worse(step: Step) -> bool:
        return any(step.verdict(key) == "regression" for key in keys)

    for i, step in enumerate(found):
        earlier = _last(found[:i], step.run, step.system)
        if earlier and worse(step) and not (against is not None and worse(earlier)):
            yield step, earlier.run
