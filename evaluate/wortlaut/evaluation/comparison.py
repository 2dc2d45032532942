"""Which of several systems is better, on the same corpus, and how sure that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, compress
from os import PathLike
from typing import Annotated, Any, ClassVar, Literal

from wortlaut.corpus.load import Corpus
from wortlaut.errors import ComparisonError, counted, unknown_name
from wortlaut.evaluation.evaluate import Evaluation, load_evaluation
from wortlaut.evaluation.goldchange import GoldChange, by_gold, gold_change
from wortlaut.evaluation.phenomena import PhenomenonRow, differences_of
from wortlaut.evaluation.systems import Item, Place, Scored, System, is_main
from wortlaut.records.record import FILLED, OPTIONAL, Fragments, Must, Share, Unit, as_dict
from wortlaut.rendering import Tabular
from wortlaut.scoring.compare import LEVEL, PairedTest, holm
from wortlaut.scoring.equivalence import Margin, judged
from wortlaut.scoring.keys import MATCHED, ScoreKey, differences
from wortlaut.scoring.metrics import weighs_gold
from wortlaut.scoring.result import Result, Results
from wortlaut.scoring.runs import pair_test
from wortlaut.scoring.uncertainty import MOST_DRAWS
from wortlaut.scoring.units import unplaced
from wortlaut.scoring.words import ends_of

#: What the mark of a row says.
ALONE = "told apart under this one of the schemas of the layer alone"


#: What the CoNLL average is the mean of: it is shown, they can be tested.
_OF_CONLL = ("muc", "b3", "ceafe")


@dataclass(frozen=True)
class Flip:
    """An item that one system has right and the other wrong: a gold item found, or a spurious one avoided."""

    document: str
    spans: Fragments
    label: str
    text: Annotated[str, "The covered text of a gold item; empty for a spurious one."] = field(repr=False)
    kind: Annotated[
        str,
        "found: a gold item that only the right system has. not spurious: a wrong item that only the other"
        " system has.",
        Must(enum=("found", "not spurious")),
    ]
    right: Annotated[str, "The system that is right."]
    excerpt: Annotated[
        str, FILLED, "The item in ⟦ ⟧ with the text around it; absent where the results do not hold it."
    ] = field(default="", repr=False)


@dataclass(frozen=True)
class Row:
    """System ``a`` against ``b`` in one layer under one schema; ``p_holm`` is adjusted by Holm's method."""

    layer: str
    schema: str
    a: Annotated[str, "Name of the first system; with its file where two share a name."]
    b: Annotated[str, "Name of the second system."]
    test: PairedTest
    p_holm: Annotated[Share | None, "p_randomisation, or p_runs, adjusted by Holm's method over all rows."]
    flips: Annotated[tuple[Flip, ...], "The items that one system has right and the other wrong."]
    margin: Annotated[
        Margin | None, OPTIONAL, "Whether b, or a with --against, loses more than a margin that was given."
    ] = None
    alone: Annotated[
        bool, FILLED, "Whether the pair is told apart under this one of the schemas of its layer alone."
    ] = False


@dataclass(frozen=True, repr=False)
class Comparison(Tabular):
    """A row for each pair of systems, layer and schema; ``unit`` is what was resampled and swapped."""

    format: ClassVar[Literal["wortlaut-comparison/1"]] = "wortlaut-comparison/1"
    corpus: Annotated[str, "Name of the corpus."]
    hash: Annotated[
        str,
        Must(pattern="^([0-9a-f]{64})?$"),
        "Hash of the corpus's content, the same in all results; may be unknown.",
    ]
    unit: Annotated[Unit, "What is swapped and drawn."]
    rows: Annotated[tuple[Row, ...], "One for each pair of systems, layer and schema."]
    notes: Annotated[tuple[str, ...], "What a reader of the numbers must know."] = ()
    against: Annotated[
        str | None, OPTIONAL, "The only system, b in every row, that the others were compared with."
    ] = None
    phenomena: Annotated[
        tuple[PhenomenonRow, ...],
        FILLED,
        "Of a corpus of probes, one for each pair of systems and phenomenon; a family of tests of its own.",
    ] = ()
    gold: Annotated[
        GoldChange | None,
        OPTIONAL,
        "What changed in the gold, and its share in the differences, where results are on two golds of the"
        " same texts: rows are then of the systems on the new one.",
    ] = None

    def flipped(self) -> dict[tuple[str, str, str], dict[Flip, list[str]]]:
        """Layer and pair → each item that one of the two has right, once, with the schemas that say so."""
        found: dict[tuple[str, str, str], dict[Flip, list[str]]] = {}
        for row in self.rows:
            items = found.setdefault((row.layer, row.a, row.b), {}) if row.flips else {}
            for flip in row.flips:
                items.setdefault(flip, []).append(row.schema)
        return {place: dict(sorted(items.items(), key=_in_order)) for place, items in found.items()}

    def to_dict(self) -> dict[str, Any]:
        return as_dict(self)


def compare(
    *results: Evaluation | Result | Results | str | PathLike[str] | Mapping[str, Any],
    layer: str | Sequence[str] = (),
    schema: str | Sequence[str] = (),
    against: str | None = None,
    margin: float | None = None,
    samples: int = 1000,
    trials: int = 10_000,
    seed: int = 0,
) -> Comparison:
    """Compare all systems of one or more evaluations, pair by pair.

    Parameters
    ----------
    results
        Evaluations, results of :func:`wortlaut.score`, files of ``wortlaut evaluate --json``, or evaluations
        in their plain form (:meth:`Evaluation.to_dict`). One mapping from a name to any of these names them
        itself; the name tells systems apart that share theirs.
    layer, schema
        Only these, as tables name them (``cues@gold``; ``strict``, of speakers also ``strict@gold``); without
        either, the scores that tables show where not everything is asked for, and for the CoNLL average of
        clusters its three measures. Holm's method adjusts over what is compared; a note says what is not.
    against
        The name of one system: the others are compared with it alone, and not with each other.
    margin
        The loss of F1 that is allowed: says of each second system of a pair, or of each compared with
        ``against``, whether it is worse, loses no more than that, or whether the corpus cannot tell.
    samples, trials, seed
        Resamples of the paired bootstrap, swaps of the randomisation test, and the seed of both.

    Raises ComparisonError for different corpora, schemas or units, for fewer than two systems with scores,
    and where no score can be tested; UnknownNameError for a layer, schema or system that no result has;
    DataError and MissingFileError for a file.
    """
    old, evaluations = by_gold(named_evaluations(results))
    if not (1 <= samples <= MOST_DRAWS and 1 <= trials <= MOST_DRAWS and seed >= 0):
        raise ComparisonError(
            f"{samples} resamples and {trials} trials from seed {seed}",
            hint=f"Resamples and trials are 1 or more, at most {MOST_DRAWS:,}; a seed is 0 or more.",
        )
    if margin is not None and not 0 < margin < 1:
        raise ComparisonError(f"a margin of {margin:g}", hint="Give a loss of F1, such as 0.01.")
    check_comparable(evaluations, old)
    systems, before = list(named_systems(evaluations)), list(named_systems(old))
    each = [system for evaluation in evaluations.values() for system in evaluation.systems]
    notes = [
        f"{one.name} has no scores, and is not compared" + (f": {one.failed}" if one.failed else "")
        for one in each
        if not one.results
    ]
    if len(systems) < 2 and not (systems and before):
        raise ComparisonError(
            f"{len(systems)} system with scores is not enough to compare",
            hint="\n  ".join([*notes, "Give two results, or one result of several systems."]),
        )
    first = next(iter(evaluations.values()))
    kept = [evaluation.gold() for evaluation in evaluations.values()]
    gold = {key: rows for one in kept if one for key, rows in one.items()}
    excerpts = {place: text for one in evaluations.values() for place, text in one.excerpts().items()}
    wanted, left = _wanted([*systems, *before], layer, schema)
    if left:
        layers = ", ".join(dict.fromkeys(key.layer for key in left))
        notes.append(
            f"{counted(len(left), 'score')} not compared, as tables show them with --all alone"
            f" ({layers}): name them with --layer or --schema"
        )
    without = [system for system in systems if not any(key in system.results for key in wanted)]
    notes += [f"{system.name} has none of the scores asked for, and is not compared" for system in without]
    rows: list[Row] = []
    for a, b in _pairs(systems, against):
        if a in without or b in without:
            continue
        keys = [[key for key in wanted if key in system.results] for system in (a, b)]
        for key in (key for key in keys[0] if key in b.results):
            test = _tested(a, b, key, samples, trials, seed)
            if test is None:
                notes.append(f"{key.layer}, {key.variant}: not tested: {_why_not(evaluations)}")
            else:
                flips = _flips(a, b, key, gold.get(key), excerpts)
                rows.append(Row(key.layer, key.variant, a.name, b.name, test, None, flips))
        tasks = [{key.layer for key in one} for one in keys]
        if not tasks[0] & tasks[1]:
            notes.append(f"{a.name} and {b.name} have no layer in common: nothing to compare")
        elif only := sorted(tasks[0] ^ tasks[1]):
            notes.append(f"{a.name} and {b.name} do not both have {', '.join(only)}")
    if None in kept:
        notes.append(
            "the items that differ are not listed: which were right was not kept;"
            " `wortlaut evaluate --items` keeps it"
        )
    change = None
    if before:
        sides = (old, before), (evaluations, systems)
        change, told = gold_change(*sides, wanted, samples=samples, trials=trials, seed=seed)
        notes += told
    if rows and all(row.test.f1 is None for row in rows):
        notes.append("F1 is undefined in every pair: one of the two has nothing, and the gold neither")
    if change is None and not any(row.test.f1 is not None for row in rows):
        notes.append("Compare systems that found the same layers: wortlaut evaluate -e A -e B --json FILE")
        raise ComparisonError("nothing to compare", hint="\n  ".join(dict.fromkeys(notes)))
    notes += _told_of_runs(systems, rows) if rows else ()
    ranges = [system.name for system in systems if any(one.upper for one in system.results.values())]
    if ranges:
        notes.append(
            f"{', '.join(ranges)}: answers in words without offsets; A-B is the least difference, wherever"
            " they stand, and 0 with p = 1 where the ranges overlap"
        )
    adjusted = holm([row.test.p for row in rows])
    rows = [replace(row, p_holm=p) for row, p in zip(rows, adjusted, strict=True)]
    if margin is not None:
        rows = list(_judged(rows, {system.name: system for system in systems}, margin, against))
    rows = list(_marked(rows))
    unit = first.units.kind
    if unit == "sentence":
        notes.insert(
            0, f"The units are sentences of {first.documents} document(s): no evidence about other texts."
        )
    probed = _phenomena(evaluations, _pairs(systems, against), wanted, notes, samples, trials, seed)
    notes = list(dict.fromkeys(notes))
    return Comparison(
        first.corpus.name, first.corpus.hash, unit, tuple(rows), tuple(notes), against, tuple(probed), change
    )


def _phenomena(
    evaluations: Mapping[str, Evaluation],
    pairs: Iterator[tuple[Scored, Scored]],
    wanted: Sequence[ScoreKey],
    notes: list[str],
    samples: int,
    trials: int,
    seed: int,
) -> list[PhenomenonRow]:
    """The tests by phenomenon in the scores that are wanted, where all results have the same phenomena."""
    first, *others = (evaluation.probes for evaluation in evaluations.values())
    if first is None or any(one is None or one.rows != first.rows for one in others):
        if any(first != one for one in others):
            notes.append("phenomena are not compared: the results do not say the same of their documents")
        return []
    named = [
        [(one.name, {key: result for key, result in one.results.items() if key in wanted}) for one in pair]
        for pair in pairs
    ]
    rows = differences_of(first, [(a, b) for a, b in named], samples=samples, trials=trials, seed=seed)
    if len(rows) >= LEVEL * (trials + 1):
        notes.append(
            f"{len(rows)} tests by phenomenon: with {trials} trials no adjusted p is small; take more"
        )
    return rows


def _marked(rows: Sequence[Row]) -> Iterator[Row]:
    """With a mark where one schema alone of several tells a pair apart in a layer."""
    told = [row.p_holm is not None and row.p_holm < LEVEL for row in rows]
    places = [(row.layer, row.a, row.b) for row in rows]
    count, several = Counter(compress(places, told)), Counter(places)
    for row, apart, place in zip(rows, told, places, strict=True):
        yield replace(row, alone=apart and count[place] == 1 < several[place])


def _wanted(
    systems: Sequence[Scored], layers: str | Sequence[str], schemas: str | Sequence[str]
) -> tuple[list[ScoreKey], list[ScoreKey]]:
    """The scores to compare and the others: of the layers and schemas that are named, else those of tables.

    Raises UnknownNameError.
    """
    # Each system has its own matched quotes.
    found = dict.fromkeys(key for system in systems for key in system.results if key.setting != MATCHED)
    named = [[one] if isinstance(one, str) else one for one in (layers, schemas)]
    for kind, asked in zip(("layer", "schema"), named, strict=True):
        known = {key.layer if kind == "layer" else key.variant for key in found}
        for name in asked:
            if name not in known:
                raise unknown_name(f"{kind} of these results", name, known)
    if not any(named):
        wanted = [key for key in found if is_main(key) or _is_of_conll(key)] or [*found]
        return wanted, [key for key in found if key not in wanted]
    wanted = [
        key
        for key in found
        if (not named[0] or key.layer in named[0]) and (not named[1] or key.variant in named[1])
    ]
    if not wanted:
        both = ", ".join(f"{key.layer} {key.variant}" for key in found)
        raise ComparisonError("nothing to compare", hint=f"No layer has that schema; there are {both}.")
    return wanted, []


def _is_of_conll(key: ScoreKey) -> bool:
    return key.task == "clusters" and key.schema.rpartition("/")[2] in _OF_CONLL


def every_schema(systems: Iterable[Scored]) -> list[str]:
    """All that :func:`compare` takes for ``schema``, by which it compares every score."""
    return [*dict.fromkeys(key.variant for one in systems for key in one.results if key.setting != MATCHED)]


def _pairs(systems: Sequence[Scored], against: str | None) -> Iterator[tuple[Scored, Scored]]:
    """Each with each other, or each with the one named. Raises UnknownNameError."""
    if against is None:
        return combinations(systems, 2)
    named = {system.name: system for system in systems}
    if against not in named:
        raise unknown_name("system", against, named)
    return ((system, named[against]) for system in systems if system.name != against)


def _why_not(evaluations: Mapping[str, Evaluation]) -> str:
    """Why a score of theirs is not tested."""
    if not all(one.signature.resampling.wanted for one in evaluations.values()):
        return "scored with --samples 0, which leaves out the sums of units"
    return f"it is no sum over {next(iter(evaluations.values())).units.kind}s"


def _tested(a: Scored, b: Scored, key: ScoreKey, samples: int, trials: int, seed: int) -> PairedTest | None:
    """The test of one pair in one score; None where a result lacks the sums that it is made from.

    Where answers are words without offsets, that of the ends of both ranges that are closest to each other;
    of no difference where the ranges overlap.
    """
    pairs = [(left, right) for left in ends_of(a.results[key]) for right in ends_of(b.results[key])]
    apart = [(left.f1 or 0) - (right.f1 or 0) for left, right in pairs]
    left, right = pairs[min(range(len(pairs)), key=lambda i: abs(apart[i]))]
    if left.run_sums is None or right.run_sums is None:
        return None
    overlap = min(apart) < 0 < max(apart)
    sums = (left.run_sums, left.run_sums if overlap else right.run_sums)
    own = weighs_gold(key.schema)
    test = pair_test(*sums, left.scale, samples=samples, trials=trials, seed=seed, weighs_gold=own)
    return replace(test, interval=None) if overlap else test


def _judged(
    rows: Sequence[Row], systems: Mapping[str, Scored], margin: float, against: str | None
) -> Iterator[Row]:
    """The rows with what can be said about a loss above the margin."""
    for row in rows:
        key = ScoreKey.named(row.layer, row.schema)
        a, b = (systems[name].results[key] for name in (row.a, row.b))
        old, new, name = (a, b, row.b) if against is None else (b, a, row.a)
        loss = row.test.f1 if against is None or row.test.f1 is None else -row.test.f1
        assert old.run_sums is not None and new.run_sums is not None  # they are tested
        said = judged(name, old.run_sums, new.run_sums, old.scale, loss, row.p_holm, margin, tests=len(rows))
        yield replace(row, margin=said)


def _told_of_runs(systems: Sequence[Scored], compared: Sequence[Row]) -> Iterator[str]:
    """What the tests know about other runs of the same systems."""
    tested = {name for row in compared for name in (row.a, row.b)}
    counts = {
        system.name: max((len(one.runs) for one in system.results.values()), default=0) or 1
        for system in systems
        if system.name in tested
    }
    single = [name for name, runs in counts.items() if runs == 1]
    if len(single) == len(counts):
        yield "one run of each system: nothing is known about other runs of them, such as other seeds"
        return
    several = ", ".join(f"{name} {runs}" for name, runs in counts.items() if runs > 1)
    yield f"p over runs and documents where a system has several runs ({several}), by Student's t"
    if single:
        yield f"one run of {', '.join(single)}: how other runs of it would score is not known"
    for system in systems:
        if any(one.uneven for one in system.results.values()):
            yield f"the runs of {system.name} are uneven, one may have failed: its tests do not hold"


def named_evaluations(results: Sequence[Any]) -> dict[str, Evaluation]:
    """Each result under the name of its file or its number."""
    return {name: evaluation_of(name, result) for name, result in named(results)}


def named(results: Sequence[Any]) -> list[tuple[str, Any]]:
    """Results with the name of their file, their number, or the name that a mapping gives them."""
    if len(results) == 1 and isinstance(results[0], Mapping) and "format" not in results[0]:
        found = list(results[0].items())
    else:
        found = [(str(r) if isinstance(r, str | PathLike) else str(i), r) for i, r in enumerate(results, 1)]
    for name, count in Counter(name for name, _ in found).items():
        if count > 1:
            raise ComparisonError(f"{name} is given {count} times", hint="Give each result once.")
    return found


def evaluation_of(
    name: str, result: Evaluation | Result | Results | str | PathLike[str] | Mapping[str, Any]
) -> Evaluation:
    """What :func:`compare` takes, as an evaluation."""
    if isinstance(result, Result | Results):
        results = list(result.values()) if isinstance(result, Results) else [result]
        whole = replace(results[0].signature, schemas=tuple(one.schema for one in results), average="micro")
        units = max(0 if one.run_sums is None else len(one.run_sums[0]) for one in results)
        system = Scored(System(name), {one.signature.key: one for one in results})
        corpus = Corpus(whole.corpus or "spans", (), whole.hash)
        return Evaluation(corpus, whole, (system,), unplaced(whole.resampling.unit, units), (), units)
    if isinstance(result, str | PathLike):
        return load_evaluation(result)
    return Evaluation.from_dict(result, name) if isinstance(result, Mapping) else result


def check_comparable(
    evaluations: Mapping[str, Evaluation], old: Mapping[str, Evaluation] | None = None
) -> None:
    """Raises ComparisonError where their scores were made in another way, or on another corpus.

    ``old`` are those on an older gold, which may differ in that alone.
    """
    (first, one), *others = {**evaluations, **(old or {})}.items()
    for name, other in others:
        for what, left, right in differences(one.signature, other.signature):
            if what == "corpus hash" and old and name in old:
                continue
            raise ComparisonError(
                f"{first} and {name} differ in {what}: {left} and {right}",
                hint="Score all systems on the same corpus with the same options."
                " Two systems on each of several corpora: wortlaut.compare_corpora."
                " Where one corpus was annotated anew: results of two golds that keep items (--items)"
                " tell what is due to that.",
            )


def named_systems(evaluations: Mapping[str, Evaluation]) -> Iterator[Scored]:
    """Each system with scores; the file's name is added where two systems share theirs."""
    names = [system.name for evaluation in evaluations.values() for system in evaluation.systems]
    for file, evaluation in evaluations.items():
        for scored in evaluation.systems:
            if scored.results:
                alone = names.count(scored.name) == 1
                name = scored.name if alone else f"{scored.name} ({file})"
                yield replace(scored, system=replace(scored.system, name=name))


def _flips(
    a: Scored,
    b: Scored,
    key: ScoreKey,
    gold: Sequence[tuple[Item, str]] | None,
    excerpts: Mapping[Place, str],
) -> tuple[Flip, ...]:
    judged_a, judged_b = a.judged.get(key), b.judged.get(key)
    if gold is None or judged_a is None or judged_b is None:
        return ()
    hits = zip(gold, judged_a.hits.tolist(), judged_b.hits.tolist(), strict=True)
    flips = [
        Flip(*item, text, "found", (a if hit_a > hit_b else b).name, excerpts.get(item[:2], ""))
        for (item, text), hit_a, hit_b in hits
        if hit_a != hit_b
    ]
    wrong_a, wrong_b = set(judged_a.wrong()), set(judged_b.wrong())
    for right, wrong in ((a, wrong_b - wrong_a), (b, wrong_a - wrong_b)):
        flips += [Flip(*item, "", "not spurious", right.name, excerpts.get(item[:2], "")) for item in wrong]
    return tuple(sorted(flips, key=lambda flip: _in_order((flip,))))


def _in_order(item: tuple[Flip, *tuple[Any, ...]]) -> tuple[Any, ...]:
    flip = item[0]
    return flip.document, flip.spans, flip.label, flip.kind
