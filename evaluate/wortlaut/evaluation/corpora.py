"""Which of several systems is better on several corpora: on each, on their mean, and on how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Annotated, Any, ClassVar, Literal

from wortlaut.errors import ComparisonError, UnknownNameError
from wortlaut.evaluation.comparison import Comparison, check_comparable, compare, evaluation_of, named
from wortlaut.evaluation.evaluate import Evaluation, load_evaluations
from wortlaut.evaluation.goldchange import share_texts
from wortlaut.records.record import OPTIONAL, Count, Difference, Many, Must, Share, as_dict
from wortlaut.rendering import Tabular
from wortlaut.scoring.compare import holm
from wortlaut.scoring.corpora import ALPHA, at_least, one_sided, pooled, ranked, which
from wortlaut.scoring.keys import corpus_text, differences


@dataclass(frozen=True)
class Better:
    """On how many corpora one system of a pair is better than the other, and on which for sure."""

    at_least: Annotated[Count, "By Fisher's combination of the p-values (Dror et al. 2017)."]
    corpora: Annotated[tuple[str, ...], "By Holm's method."]


@dataclass(frozen=True)
class OnCorpus:
    """The difference of F1 on one corpus, a minus b."""

    difference: Difference
    interval: Annotated[tuple[Difference, Difference] | None, "95% interval."]
    p: Annotated[Share, "Two-sided p-value of the paired test."]


@dataclass(frozen=True)
class Pair:
    """System ``a`` against ``b`` in one score over several corpora, each of which counts the same."""

    layer: str
    schema: str
    a: str
    b: str
    corpora: Annotated[Mapping[str, OnCorpus], Must(minProperties=2), "Corpus → the difference there."]
    difference: Annotated[Difference, "Mean over the corpora of the difference of F1, a minus b."]
    interval: Annotated[tuple[Difference, Difference], "95% interval of the mean over corpora like these."]
    p: Annotated[Share, "Two-sided p-value of the mean, by Student's t over corpora."]
    p_holm: Annotated[Share, "p adjusted by Holm's method over all pairs and scores."]
    between: Annotated[
        float | None,
        Must(minimum=0),
        "Standard deviation of the true differences between corpora, estimated; null where an interval is.",
    ]
    a_better: Better
    b_better: Better


@dataclass(frozen=True)
class RankRow:
    """Ranks of three or more systems in one score, after Demšar (2006)."""

    layer: str
    schema: str
    systems: Annotated[tuple[str, ...], "The best first."]
    ranks: Annotated[tuple[float, ...], "Mean rank of each over the corpora; 1 is the best."]
    corpora: Many
    critical_difference: Annotated[float, "By which two mean ranks must differ (Nemenyi's test, 5%)."]
    p: Annotated[Share, "Friedman's test that no system differs, by permutation."]


@dataclass(frozen=True, repr=False)
class CorporaComparison(Tabular):
    """The comparison on each corpus, and what they say together: never one score over different labels."""

    format: ClassVar[Literal["wortlaut-corpora-comparison/1"]] = "wortlaut-corpora-comparison/1"
    corpora: Annotated[tuple[Comparison, ...], "On each corpus alone."]
    pairs: Annotated[tuple[Pair, ...], "One for each pair of systems, layer and schema of several corpora."]
    ranks: Annotated[tuple[RankRow, ...], "One for each layer and schema that three systems have."]
    notes: Annotated[tuple[str, ...], "What a reader of the numbers must know."] = ()
    against: Annotated[
        str | None, OPTIONAL, "The only system, b in every pair, that the others were compared with."
    ] = None

    def to_dict(self) -> dict[str, Any]:
        return as_dict(self)


def compare_corpora(
    *results: Any,
    layer: str | Sequence[str] = (),
    schema: str | Sequence[str] = (),
    against: str | None = None,
    margin: float | None = None,
    samples: int = 1000,
    trials: int = 10_000,
    seed: int = 0,
) -> CorporaComparison:
    """Compare systems that were scored on several corpora, pair by pair.

    Each corpus is compared as by :func:`compare`. Then each counts the same: the mean difference has an
    interval by Student's t over corpora, and of each pair it is said on how many corpora one is better at
    least. All those counts together are wrong with a chance of 5% or less, and so are the corpora named.

    Parameters
    ----------
    results
        Evaluations, files of ``wortlaut evaluate --json``, or both: systems of one name are one system. Or
        one mapping from a corpus's name to what :func:`compare` takes for it.
    layer, schema, against, margin, samples, trials, seed
        As in :func:`compare`.

    Raises ComparisonError for different schemas or projections, and where fewer than two corpora can be
    compared; UnknownNameError, DataError and MissingFileError as :func:`compare`.
    """
    return compare_grouped(
        grouped(results),
        layer=layer,
        schema=schema,
        against=against,
        margin=margin,
        samples=samples,
        trials=trials,
        seed=seed,
    )


def grouped(results: Sequence[Any]) -> dict[str, dict[str, Evaluation]]:
    """Corpus → file or number → what was scored on it. Raises as :func:`compare_corpora`."""
    if len(results) == 1 and isinstance(results[0], Mapping) and "format" not in results[0]:
        return {
            name: {other: evaluation_of(other, one) for other, one in named(_listed(given))}
            for name, given in results[0].items()
        }
    found: dict[str, dict[str, Evaluation]] = {}
    for name, result in named(results):
        path = isinstance(result, str | PathLike)
        for one in load_evaluations(result) if path else [evaluation_of(name, result)]:
            files = found.setdefault(one.corpus.hash or one.corpus.name, {})
            if name in files:
                raise ComparisonError(
                    f"{name} has two results on the same texts: {one.corpus.name}, {files[name].corpus.name}",
                    hint="Name each corpus once.",
                )
            files[name] = one
    firsts = [next(iter(files.values())) for files in found.values()]
    if len(firsts) == 2 and share_texts(*firsts):  # one corpus, whose gold changed
        return {firsts[0].corpus.name: _together(*found.values())}
    names = [one.corpus.name for one in firsts]
    for same, count in Counter(names).items():
        if count > 1:  # two versions of a corpus are not two corpora
            versions = (files for name, files in zip(names, found.values(), strict=True) if name == same)
            check_comparable({name: one for files in versions for name, one in files.items()})
    short = [corpus_text(name, "") for name in names]
    shown = [text if short.count(text) == 1 else name for text, name in zip(short, names, strict=True)]
    return dict(zip(shown, found.values(), strict=True))


def _together(*found: Mapping[str, Evaluation]) -> dict[str, Evaluation]:
    """All results, by file; where one holds two, by its corpus, too."""
    both = set(found[0]).intersection(found[1])
    return {
        f"{name}, {one.corpus.name}" if name in both else name: one
        for files in found
        for name, one in files.items()
    }


def _listed(given: Any) -> Sequence[Any]:
    return given if isinstance(given, list | tuple) else [given]


def compare_grouped(
    groups: Mapping[str, Mapping[str, Evaluation]],
    by: Callable[..., Comparison] = compare,
    **options: Any,
) -> CorporaComparison:
    """:func:`compare_corpora` of what :func:`grouped` gives, each corpus compared ``by`` a function."""
    if len(groups) < 2:
        raise ComparisonError("one corpus is not several", hint="wortlaut.compare compares on one.")
    firsts = {name: next(iter(files.values())) for name, files in groups.items()}
    _check_alike(firsts)
    compared: dict[str, Comparison] = {}
    refused: dict[str, ComparisonError | UnknownNameError] = {}
    for name, files in groups.items():
        try:
            compared[name] = by(files, **options)
        except (ComparisonError, UnknownNameError) as error:
            refused[name] = error
    notes = [f"{name} is left out: {error.what}" for name, error in refused.items()]
    if len(compared) < 2:
        if len({error.what for error in refused.values()}) == 1 and not compared:
            raise next(iter(refused.values()))
        notes += [error.hint for error in refused.values()]
        if any(one.digests() is None for one in firsts.values()):
            notes.append("If these are two golds of the same texts: score them with items (--items).")
        raise ComparisonError(
            f"{len(compared)} corpus with two systems is not several",
            hint="\n  ".join([*dict.fromkeys(notes), "Give results of the same systems on two corpora."]),
        )
    pairs = list(_pairs(compared, notes))
    if not pairs:
        raise ComparisonError(
            "no two systems have a score in common on two corpora",
            hint="\n  ".join([*notes, "Systems of one name are one system: name them alike on each corpus."]),
        )
    adjusted = holm([pair.p for pair in pairs])
    pairs = [replace(pair, p_holm=p or 0.0) for pair, p in zip(pairs, adjusted, strict=True)]
    notes.append(
        "A>B, B>A: on at least so many corpora one is better. All of these counts are right with a chance of"
        " 95%, and so are all corpora named."
    )
    few = [name for name, one in compared.items() if one.unit == "sentence"]
    if few:
        notes.append(
            f"{', '.join(few)}: sentences of few documents, whose p-values are no evidence about others."
        )
    if len(compared) == 2:
        notes.append("Two corpora say little about others: intervals of their mean are wide.")
    ranks = tuple(_ranks(compared, options.get("against")))
    return CorporaComparison(
        tuple(replace(one, corpus=name) for name, one in compared.items()),
        tuple(pairs),
        ranks,
        tuple(notes),
        options.get("against"),
    )


def _check_alike(firsts: Mapping[str, Evaluation]) -> None:
    (first, one), *others = firsts.items()
    for name, other in others:
        for what, left, right in differences(one.signature, other.signature):
            if what not in ("corpus hash", "resampled units"):
                raise ComparisonError(
                    f"the results on {first} and {name} differ in {what}: {left} and {right}",
                    hint="Score on each corpus with the same options.",
                )


def _pairs(compared: Mapping[str, Comparison], notes: list[str]) -> Iterator[Pair]:
    found: dict[tuple[str, str, str, str], dict[str, OnCorpus]] = {}
    for name, comparison in compared.items():
        for row in comparison.rows:
            turned = (row.layer, row.schema, row.b, row.a) in found
            a, b = (row.b, row.a) if turned else (row.a, row.b)
            test, sign = row.test, -1 if turned else 1
            if test.f1 is not None and test.p is not None:
                low, high = test.interval or (0.0, 0.0)
                ends = (0.0 - high, 0.0 - low) if turned else (low, high)
                on = OnCorpus(0.0 + sign * test.f1, test.interval and ends, test.p)
                found.setdefault((row.layer, row.schema, a, b), {})[name] = on
    family = sum(len(corpora) > 1 for corpora in found.values())
    for key, corpora in found.items():
        if len(corpora) == 1:
            notes.append("{}, {}: {} and {} are both scored on {} only".format(*key, *corpora))
            continue
        each = corpora.values()
        mean = pooled([on.difference for on in each], [on.interval for on in each])
        better = [
            _better(tuple(corpora), [one_sided(sign * on.difference, on.p) for on in each], family)
            for sign in (1, -1)
        ]
        yield Pair(*key, corpora, mean.difference, mean.interval, mean.p, mean.p, mean.between, *better)


def _better(corpora: Sequence[str], p: Sequence[float], family: int) -> Better:
    alpha = ALPHA / (2 * family)  # a statement about each of the two systems
    return Better(at_least(p, alpha), tuple(corpora[i] for i in which(p, alpha)))


def _ranks(compared: Mapping[str, Comparison], against: str | None) -> Iterator[RankRow]:
    """Of systems by what they are ahead of one of them, which orders them as their scores do."""
    scores: dict[tuple[str, str], list[dict[str, float]]] = {}
    for comparison in compared.values():
        for key in dict.fromkeys((row.layer, row.schema) for row in comparison.rows):
            rows = [row for row in comparison.rows if (row.layer, row.schema) == key]
            one = against or rows[0].a
            ahead = {one: 0.0}
            for row in rows:
                if one in (row.a, row.b) and row.test.f1 is not None:
                    ahead |= {row.b: -row.test.f1} if row.a == one else {row.a: row.test.f1}
            scores.setdefault(key, []).append(ahead)
    for (layer, schema), each in scores.items():
        systems = [name for name in each[0] if all(name in ahead for ahead in each)]
        if len(systems) > 2 and len(each) > 1:
            found = ranked([[ahead[name] for name in systems] for ahead in each])
            ranks, names = zip(*sorted(zip(found.mean, systems, strict=True)), strict=True)
            yield RankRow(layer, schema, names, ranks, len(each), found.critical_difference, found.p)
