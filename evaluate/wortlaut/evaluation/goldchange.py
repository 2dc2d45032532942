"""What a difference owes to new gold: the old system on the old gold and on the new, the new system there.

The three scores make two steps, which add up to the whole difference: the gold's share, between the same
predictions on both golds, and the system's share, between two systems on the new gold. Where the old
predictions were not scored on the new gold, the systems are compared on the documents whose gold is the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Annotated

import numpy as np

from wortlaut.errors import ComparisonError, counted
from wortlaut.evaluation.digests import Digests
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.evaluation.systems import Scored
from wortlaut.model.columns import Floats, Ints
from wortlaut.records.record import Count, Difference, Fragments, Many, Rate, Share
from wortlaut.scoring.compare import holm
from wortlaut.scoring.counts import defined, precision_recall_f1
from wortlaut.scoring.jackknife import freedom, pseudo_values, sizes, t_quantile
from wortlaut.scoring.keys import MATCHED, ScoreKey, corpus_text
from wortlaut.scoring.result import Result
from wortlaut.scoring.runs import pair_test

_Ends = tuple[Difference, Difference] | None
_F1 = 2
#: From one or two units an interval holds what it should in 85% to 93%, from none never: docs/metrics.md.
_FEWEST_MOVED = 3
#: The name that its result gives a system; the system, under the name that it is told by where two share
#: theirs; and what tells whether another one found the same.
Named = tuple[str, Scored, Sequence[str]]


@dataclass(frozen=True)
class GoldItem:
    """An item of the gold that is another one now: of another label, gone, or new."""

    layer: str
    document: str
    spans: Fragments
    text: Annotated[str, "The text that it covers."] = field(repr=False)
    before: Annotated[str | None, "Its label in the old gold; null where it is new."]
    now: Annotated[str | None, "Its label in the new gold; null where it is gone."]


@dataclass(frozen=True)
class GoldShare:
    """The F1 of a system on the old gold, of the same predictions on the new, and of the new system there."""

    layer: str
    schema: str
    old: Annotated[str, "The system that was scored on the old gold."]
    new: Annotated[str, "The system on the new gold that it is compared with."]
    before: Annotated[Rate, "F1 of the old system on the old gold."]
    rescored: Annotated[Rate, "F1 of what it found on the new gold; null where that was not scored."]
    now: Annotated[Rate, "F1 of the new system on the new gold."]
    gold: Annotated[Difference | None, "rescored - before: what the gold did; null where it is not known."]
    gold_interval: Annotated[
        _Ends, "95% interval by the jackknife; null where fewer than three units changed."
    ]
    system: Annotated[
        Difference | None,
        "now - rescored: what the system did; where that is not known, the difference of the two systems on"
        " the documents whose gold is unchanged.",
    ]
    system_interval: Annotated[_Ends, "95% interval."]
    p_holm: Annotated[Share | None, "Of the paired test of the system's share, adjusted by Holm's method."]
    units: Annotated[Count, "Over how many documents or sentences the system's share is."]


@dataclass(frozen=True)
class GoldChange:
    """Two golds of the same texts, and the shares of gold and system in each difference."""

    old: Annotated[str, "The old gold, with the first digits of its hash."]
    new: Annotated[str, "The new gold."]
    documents: Annotated[Many, "How many the new gold has."]
    unchanged: Annotated[Count, "Documents with the same text and the same gold in both."]
    changed: Annotated[tuple[str, ...], "Documents whose gold or text is another one."]
    added: Annotated[tuple[str, ...], "Documents of the new gold alone."]
    removed: Annotated[tuple[str, ...], "Documents of the old gold alone."]
    items: Annotated[
        tuple[GoldItem, ...], "What changed in these documents, where the results hold the gold's items."
    ] = ()
    shares: tuple[GoldShare, ...] = ()

    @classmethod
    def of(cls, names: tuple[str, str], old: Digests, new: Digests) -> GoldChange:
        """The documents that differ."""
        both = [id for id in new if id in old]
        changed = tuple(id for id in both if old[id] != new[id])
        return cls(
            *names,
            len(new),
            len(both) - len(changed),
            changed,
            tuple(id for id in new if id not in old),
            tuple(id for id in old if id not in new),
        )

    @property
    def only_less(self) -> bool:
        """Whether documents are gone, and all others unchanged: then no prediction has to be scored anew."""
        return self.unchanged == self.documents


def by_gold(evaluations: Mapping[str, Evaluation]) -> tuple[dict[str, Evaluation], dict[str, Evaluation]]:
    """The results on the first gold and those on another one of the same texts; else none, and all."""
    first = next(iter(evaluations.values()))
    old = {name: one for name, one in evaluations.items() if one.corpus.hash == first.corpus.hash}
    new = {name: one for name, one in evaluations.items() if name not in old}
    if len({one.corpus.hash for one in new.values()}) != 1 or not share_texts(
        first, next(iter(new.values()))
    ):
        return {}, dict(evaluations)
    return old, new


def share_texts(one: Evaluation, other: Evaluation) -> bool:
    """Whether most documents of the smaller result are in the other, with the same id and text."""
    left, right = one.digests() or {}, other.digests() or {}
    return 2 * len(_same_text(left, right)) > min(len(left), len(right))


def gold_change(
    old: tuple[Mapping[str, Evaluation], Sequence[Scored]],
    new: tuple[Mapping[str, Evaluation], Sequence[Scored]],
    wanted: Sequence[ScoreKey],
    *,
    samples: int,
    trials: int,
    seed: int,
) -> tuple[GoldChange, list[str]]:
    """The shares of gold and system in each difference between systems on two golds, and notes.

    The evaluations on either gold, and their systems with scores under the names that they are told by.
    Raises ComparisonError where nothing can be said.
    """
    first, other = (next(iter(evaluations.values())) for evaluations, _ in (old, new))
    digests = first.digests() or {}, other.digests() or {}
    named = [corpus_text(one.corpus.name, one.corpus.hash) for one in (first, other)]
    change = GoldChange.of((named[0], named[1]), *digests)
    same = {id for id, pair in digests[1].items() if digests[0].get(id) == pair}
    aligned = Aligned.of(first, other, same)
    shared = same_texts(*digests)
    sides = _sides(*old, shared), _sides(*new, shared)
    found: list[GoldShare] = []
    notes = []
    for a, twin, b in paired(*sides):
        for key in (key for key in wanted if key in a.results and key in b.results):
            results = (a.results[key], None if twin is None else twin.results.get(key), b.results[key])
            one = share(key, (a.name, b.name), results, aligned, samples=samples, trials=trials, seed=seed)
            if one is None:
                notes.append(f"{key.layer}, {key.variant}: no shares, since the sums of units are lacking")
            else:
                found.append(one)
                if twin is not None and results[1] is None:
                    notes.append(f"{key.layer}, {key.variant}: not scored on the new gold: {twin.name}")
        layers = [{key.layer for key in wanted if key in one.results} for one in (a, b)]
        if only := sorted(layers[0] ^ layers[1]):
            notes.append(f"{a.name} then and {b.name} now do not both have {', '.join(only)}")
        if twin is None and not change.only_less:
            notes.append(
                f"{a.name}: what it found was not scored on the new gold, so the gold's share is not known;"
                f" compared on the {counted(change.unchanged, 'document')} whose gold is unchanged."
                " To rescore, and name that result, too:"
                f" wortlaut evaluate -e 'before=preds:FILE' --corpus {other.corpus.name} --json FILE"
            )
    if not any(one.system is not None or one.gold is not None for one in found):
        raise ComparisonError(
            f"the gold changed from {change.old} to {change.new}: nothing to compare",
            hint="\n  ".join(dict.fromkeys([*notes, "No document has the same gold in both."])),
        )
    shares = [replace(one, p_holm=p) for one, p in zip(found, holm([s.p_holm for s in found]), strict=True)]
    items = tuple(_items(first, other, change))
    return replace(change, items=items, shares=tuple(shares)), notes


def share(
    key: ScoreKey,
    names: tuple[str, str],
    results: tuple[Result, Result | None, Result],
    aligned: Aligned,
    *,
    samples: int,
    trials: int,
    seed: int,
) -> GoldShare | None:
    """From the results then, of the same predictions on the new gold, and now; None without their sums."""
    then, rescored, now = results
    before, on_new, after = (None if one is None else one.run_sums for one in results)
    alike = len({one.scale for one in results if one is not None}) == 1
    on_new_f1 = None if rescored is None else rescored.f1
    gold = pair = None
    if before is not None and after is not None and alike and rescored is None:
        pair = aligned.unchanged(after, before)
        if len(pair[0][0]) == len(after[0]):  # nothing is new: what was found then has its score here, too
            on_new, on_new_f1 = (*pair[1],), defined(float(_mean_f1(np.stack(pair[1]), now.scale)))
    elif rescored is None:
        return None
    if before is not None and after is not None and alike and on_new is not None:
        gold, pair = aligned.whole(on_new, before), ([*after], [*on_new])
    units = 0 if pair is None else len(pair[0][0])
    test = None
    if pair is not None and units:
        test = pair_test(*pair, now.scale, samples=samples, trials=trials, seed=seed)
    return GoldShare(
        key.layer,
        key.variant,
        *names,
        then.f1,
        on_new_f1,
        now.f1,
        minus(on_new_f1, then.f1),
        None if gold is None else gold_interval(*gold, now.scale),
        minus(now.f1, on_new_f1) if test is None else test.f1,
        None if test is None else test.interval,
        None if test is None else test.p,
        units,
    )


def minus(one: float | None, other: float | None) -> float | None:
    """None where either is undefined."""
    return None if one is None or other is None else one - other


def same_texts(old: Digests, new: Digests) -> list[str]:
    """The documents with the same text in both, if they are most of either: there systems are told apart."""
    same = _same_text(old, new)
    return same if 2 * len(same) > max(len(old), len(new)) else []


def _same_text(old: Digests, new: Digests) -> list[str]:
    return [id for id, (text, _) in new.items() if id in old and old[id][0] == text]


def _sides(
    evaluations: Mapping[str, Evaluation], systems: Sequence[Scored], shared: Sequence[str]
) -> list[Named]:
    """Systems with scores under the names that their results give them, with what they found."""
    each = [(one, own) for one in evaluations.values() for own in one.systems if own.results]
    named: list[Named] = []
    for (evaluation, own), system in zip(each, systems, strict=True):
        answers = evaluation.answers(own)
        named.append((own.name, system, [answers[id] for id in shared if id in answers]))
    return named


def paired(old: Sequence[Named], new: Sequence[Named]) -> Iterator[tuple[Scored, Scored | None, Scored]]:
    """Each old system, what it found scored on the new gold if it was, and those that it is compared with.

    These are the systems of its name; else those whose name no old system has; else itself.
    """
    twins = [next((b for _, b, other in new if found and found == other), None) for _, _, found in old]
    fresh = [(name, b) for name, b, _ in new if not any(b is twin for twin in twins)]
    strange = [b for name, b in fresh if name not in {name for name, _, _ in old}]
    for (name, a, _), twin in zip(old, twins, strict=True):
        alike = [b for other, b in fresh if other == name] or strange
        yield from ((a, twin, b) for b in alike or ([twin] if twin else []))


@dataclass(frozen=True)
class Aligned:
    """Where the units of the old and of the new result stand among those of both, and the unchanged ones."""

    places: tuple[Ints, Ints]
    units: int
    same: tuple[Ints, Ints]

    @classmethod
    def of(cls, old: Evaluation, new: Evaluation, same: set[str]) -> Aligned:
        """``same`` are the documents whose gold is unchanged."""
        sides = old.unit_names() or (), new.unit_names() or ()
        number = {name: i for i, name in enumerate(dict.fromkeys([*sides[1], *sides[0]]))}
        sentences = new.units.kind == "sentence"
        kept = [name for name in sides[1] if (name.rpartition(" at ")[0] if sentences else name) in same]

        def rows(names: Sequence[str], numbers: Mapping[str, int]) -> Ints:
            return np.asarray([numbers[name] for name in names], np.int64)

        own = [{name: i for i, name in enumerate(side)} for side in sides]
        return cls(
            (rows(sides[0], number), rows(sides[1], number)),
            len(number),
            (rows(kept, own[0]), rows(kept, own[1])),
        )

    def whole(self, new: Sequence[Ints], old: Sequence[Ints]) -> tuple[list[Ints], list[Ints]]:
        """The sums of all units of either, 0 where one lacks a unit."""

        def placed(sums: Ints, place: Ints) -> Ints:
            wide = np.zeros((self.units, 4), np.int64)
            wide[place] = sums
            return wide

        return [placed(one, self.places[1]) for one in new], [placed(one, self.places[0]) for one in old]

    def unchanged(self, new: Sequence[Ints], old: Sequence[Ints]) -> tuple[list[Ints], list[Ints]]:
        """The sums of the units whose gold is the same."""
        return [one[self.same[1]] for one in new], [one[self.same[0]] for one in old]


def interval(new: Sequence[Ints], old: Sequence[Ints], scale: int) -> tuple[float, float] | None:
    """The 95% interval of the difference of F1, new minus old, over whatever gold, by the jackknife.

    Sums of each run in the same units, ``(units, 4)`` each; None where it is undefined. The formula is that
    of :func:`wortlaut.scoring.compare.half_width`, on the means of the runs.
    """
    sides, units = [np.stack(side) for side in (new, old)], len(new[0])
    if units < 2:
        return None
    delta = float(_mean_f1(sides[0], scale) - _mean_f1(sides[1], scale))
    values = [np.mean([pseudo_values(run, scale)[:, _F1] for run in side], axis=0) for side in sides]
    free = freedom(np.mean([sizes(side)[..., _F1].mean(axis=0) for side in sides], axis=0))
    half = float(t_quantile(free) * np.sqrt((values[0] - values[1]).var(ddof=1) / units))
    return None if np.isnan(delta + half) else (max(delta - half, -1.0), min(delta + half, 1.0))


def gold_interval(new: Sequence[Ints], old: Sequence[Ints], scale: int) -> tuple[float, float] | None:
    """The same of the gold's share: None from fewer than three units that the gold counts in another way."""
    moved = (np.stack(new) != np.stack(old)).any(axis=(0, 2)).sum()
    return interval(new, old, scale) if moved >= _FEWEST_MOVED else None


def _mean_f1(sums: Ints, scale: int) -> Floats:
    """Over the runs, ``(runs, units, 4)``."""
    mean: Floats = precision_recall_f1(sums.sum(axis=1), scale)[_F1].mean()
    return mean


def _items(old: Evaluation, new: Evaluation, change: GoldChange) -> Iterator[GoldItem]:
    """What changed in the gold of each layer, by the first schema that counts its items."""
    golds, changed = (old.gold() or {}, new.gold() or {}), {*change.changed}
    layers = {key.layer: key for key in reversed([*golds[1]]) if key in golds[0] and key.setting != MATCHED}
    for layer, key in reversed(layers.items()):
        places: dict[tuple[str, Fragments], list[Counter[str]]] = defaultdict(lambda: [Counter(), Counter()])
        texts = {}
        for side, gold in enumerate(golds):
            for (document, spans, label), text in gold[key]:
                if document in changed:
                    places[document, spans][side][label] += 1
                    texts[document, spans] = text
        for (document, spans), (before, now) in sorted(places.items()):
            gone, came = (sorted(one.elements()) for one in (before - now, now - before))
            for left, right in zip_longest(gone, came):
                yield GoldItem(layer, document, spans, texts[document, spans], left, right)
