"""A baseline on an older gold: the verdict is about the system, and what the gold did is told beside it.

The run is held against what the baseline's systems found then, scored on the new gold: they find the same
now, or their predictions are among the systems of the run. Else both are compared on the documents whose gold
is unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from wortlaut.errors import counted
from wortlaut.evaluation.goldchange import GoldChange, GoldShare, gold_interval, interval, minus, same_texts
from wortlaut.gate.baseline import MICRO, Baseline, Entry, Points
from wortlaut.gate.phenomena import Examples
from wortlaut.gate.rules import Rules, without_margins
from wortlaut.gate.verdicts import Known, Outcome, Row, check
from wortlaut.model.columns import Ints
from wortlaut.scoring.counts import defined, precision_recall_f1
from wortlaut.scoring.keys import MATCHED, ScoreKey, Signature, corpus_text
from wortlaut.scoring.uncertainty import FEW_DOCUMENTS


def rescored(old: Baseline, run: Baseline) -> dict[str, str]:
    """System of the baseline → that of the run which found the same in the same texts of another gold."""
    shared = [] if old.signature.hash == run.signature.hash else same_texts(old.digests, run.digests)
    twins: dict[str, str] = {}
    for name in old.systems:
        answers = old.answers.get(name, {})
        # Of several that found the same the one of the same name.
        for other in sorted(run.systems, key=lambda other: other != name):
            found = run.answers.get(other, {})
            if shared and all(id in answers and found.get(id) == answers[id] for id in shared):
                twins.setdefault(name, other)
    return twins


def check_system(
    old: Baseline,
    run: Baseline,
    rules: Rules,
    *,
    known: Mapping[str, Known] | None = None,
    speeds: Mapping[str, float] | None = None,
    examples: Mapping[str, Examples] | None = None,
) -> Outcome:
    """As :func:`wortlaut.gate.verdicts.check`, where the gold is another one of the systems alone.

    Systems of the run that are no more than what the baseline's found then are not checked themselves.
    """
    twins = rescored(old, run)
    own = without(run, extra(old, twins))
    if old.signature.hash == run.signature.hash or not (old.digests and run.digests):
        return check(old, own, rules, known=known, speeds=speeds, examples=examples)
    names = [corpus_text(one.signature.corpus, one.signature.hash) for one in (old, run)]
    change = GoldChange.of((names[0], names[1]), old.digests, run.digests)
    lacking = [name for name in old.systems if name not in twins]
    if not lacking:
        before, now, how = _on_new_gold(old, run, twins), own, "by what it found then, scored on the new gold"
    elif change.unchanged:
        same = [id for id, pair in run.digests.items() if old.digests.get(id) == pair]
        before, now = (_on(one, same, run.signature) for one in (old, own))
        how = f"on the {counted(len(same), 'document')} whose gold is unchanged"
    else:
        outcome = check(old, own, rules, known=known, speeds=speeds, examples=examples)
        return replace(outcome, gold=change, notes=(*outcome.notes, _give(lacking)))
    shared = {
        name: replace(one, units=units)
        for name, one in (examples or {}).items()
        if (units := tuple(unit for unit in one.units if before.digests.keys() >= {*unit}))
    }
    outcome = check(before, now, rules, known=known, speeds=speeds, examples=shared)
    checks = outcome.checks
    notes = [f"the gold changed: the system is judged {how}; take the run over by wortlaut check --update"]
    if lacking:
        # A floor is about the whole of the new gold.
        whole = check(own, own, without_margins(rules), speeds=speeds, examples=examples)
        checks = tuple(one for one in checks if one.name != "floor")
        checks += tuple(one for one in whole.checks if one.name == "floor")
        notes += [] if change.only_less else [_give(lacking)]
        notes += _left_out(old, before)
    known_now = not lacking or change.only_less
    shares = [
        _share(row, old, before, now, own, before.systems[row.place.system] if known_now else None)
        for row in outcome.rows
        if row.place.key.label == MICRO and row.place.key.setting != MATCHED and not row.place.phenomenon
    ]
    change = replace(change, shares=tuple(shares))
    return replace(outcome, checks=checks, notes=(*notes, *outcome.notes), gold=change)


def extra(old: Baseline, twins: Mapping[str, str]) -> set[str]:
    """The systems of the run that are there as what others found then."""
    return set(twins.values()).difference(old.systems)


def without(run: Baseline, names: Collection[str]) -> Baseline:
    """The other systems alone."""
    systems = {name: entries for name, entries in run.systems.items() if name not in names}
    answers = {name: one for name, one in run.answers.items() if name not in names}
    return replace(run, systems=systems, answers=answers)


def _give(lacking: Sequence[str]) -> str:
    names = ", ".join(lacking)
    return f"{names}: to hold the run against what was found then on the new gold: -e 'before=preds:FILE'"


def _on_new_gold(old: Baseline, run: Baseline, twins: Mapping[str, str]) -> Baseline:
    """What the baseline's systems found, as it scores on the new gold."""
    systems = {}
    for name, twin in twins.items():
        missing = {key: entry for key, entry in old.systems[name].items() if key not in run.systems[twin]}
        # What the run has not either is a score that is missing.
        gone = {key: entry for key, entry in missing.items() if key not in run.systems[name]}
        systems[name] = {**run.systems[twin], **gone}
    return Baseline(
        _moved(old.signature, run.signature),
        run.documents,
        old.environment,
        systems,
        run.digests,
        old.answers,
    )


def _moved(signature: Signature, to: Signature) -> Signature:
    return replace(signature, corpus=to.corpus, hash=to.hash, resampling=to.resampling)


def _on(one: Baseline, ids: Collection[str], to: Signature) -> Baseline:
    """The sums and scores of these documents alone."""
    systems = {
        name: {key: small for key, entry in entries.items() if (small := _part(entry, ids, to)) is not None}
        for name, entries in one.systems.items()
    }
    kept = {id: one.digests[id] for id in ids}
    return replace(
        one, signature=_moved(one.signature, to), documents=len(ids), systems=systems, digests=kept
    )


def _part(entry: Entry, ids: Collection[str], to: Signature) -> Entry | None:
    """None where the sums of documents are not known."""
    runs = [part for run in entry.runs if (part := _part(run, ids, to)) is not None]
    if len(runs) < len(entry.runs) or (entry.documents is None and not runs):
        return None
    small = replace(
        entry,
        signature=_moved(entry.signature, to),
        documents=entry.documents and {id: rows for id, rows in entry.documents.items() if id in ids},
        errors=entry.errors and {id: errors for id, errors in entry.errors.items() if id in ids},
        runs=tuple(runs),
    )
    found = {label: _points(small, label, tuple(ids)) for label in (MICRO, *entry.labels)}
    points = {label: one for label, one in found.items() if one is not None}
    return replace(small, micro=points.pop(MICRO), labels=points)


def _sums(entry: Entry, label: str, ids: Sequence[str]) -> list[Ints] | None:
    """Of each run; None where they are not known."""
    sums = [one.sums(label, ids) for one in entry.single]
    known = [one for one in sums if one is not None]
    return known if len(known) == len(sums) else None


def _points(entry: Entry, label: str, ids: Sequence[str]) -> Points | None:
    """Of its runs the mean; None where sums are not known."""
    sums = _sums(entry, label, ids)
    if sums is None:
        return None
    totals = np.stack(sums).sum(axis=1)
    p, r, f1 = (defined(values.mean()) for values in precision_recall_f1(totals, entry.scale))
    gold, predicted, _, right = totals.mean(axis=0).tolist()
    return Points(p, r, f1, right / entry.scale, round(gold), round(predicted))


def _left_out(old: Baseline, before: Baseline) -> Iterator[str]:
    for name, entries in old.systems.items():
        keys = [f"{key.layer} {key.variant}" for key in entries if key not in before.systems[name]]
        if keys:
            yield f"{name}: not compared, without sums of each document: {', '.join(keys)}"


def _share(
    row: Row,
    old: Baseline,
    before: Baseline,
    now: Baseline,
    run: Baseline,
    rescored: Mapping[ScoreKey, Entry] | None,
) -> GoldShare:
    """Of a score: ``before`` is what the baseline was held to be, ``now`` what was compared with it."""
    name, key = row.place.system, row.place.key.of("")
    then, middle = old.systems[name][key], None if rescored is None else rescored.get(key)
    documents = tuple(dict.fromkeys([*run.digests, *old.digests]))
    pair = now.systems[name][key], before.systems[name][key]
    return GoldShare(
        key.layer,
        key.variant,
        name,
        name,
        then.micro.f1,
        None if middle is None else middle.micro.f1,
        run.systems[name][key].micro.f1,
        minus(None if middle is None else middle.micro.f1, then.micro.f1),
        None if middle is None else _interval(middle, then, documents, gold_interval),
        row.delta,
        _interval(*pair, tuple(before.digests), interval),
        row.p,
        before.documents,
    )


def _interval(
    new: Entry,
    old: Entry,
    ids: Sequence[str],
    of: Callable[[list[Ints], list[Ints], int], tuple[float, float] | None],
) -> tuple[float, float] | None:
    """None where sums are not known, and of documents that are too few for a test."""
    sums = _sums(new, MICRO, ids), _sums(old, MICRO, ids)
    if sums[0] is None or sums[1] is None or new.scale != old.scale or len(ids) < FEW_DOCUMENTS:
        return None
    return of(sums[0], sums[1], new.scale)
