"""How often intervals hold the truth, and tests raise false alarms (run with ``-s``).

Documents are drawn from populations whose scores are known: invented ones, and the documents of corpora of
others with what an extractor here found in them (those are skipped where the corpora are absent). The tables
are those of docs/metrics.md. Seeded; about ten minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray
from shared import SHARED
from simulated import pair

from wortlaut import evaluate
from wortlaut.scoring.compare import paired_test
from wortlaut.scoring.counts import Sample, macro_average, precision_recall_f1
from wortlaut.scoring.uncertainty import Resampling, intervals

Ints = NDArray[np.int64]
DOCUMENTS = (5, 10, 20, 50, 100, 300, 1000)
#: Replications of a cell: the standard error of a coverage of 95 is .5 (jackknife) and 1 (bootstrap) point.
TIMES, TIMES_BOOTSTRAP = 2000, 400
#: Shares of labels: four, the last of them rare.
LABELS = np.asarray([0.45, 0.3, 0.2, 0.05])


def invented(rng: np.random.Generator, kind: str, documents: int) -> Ints:
    """Sums of documents by label, ``(documents, 4 labels, 4)``, which differ in length and difficulty."""
    size = rng.lognormal(0, 0.6, documents)
    if kind == "names":
        gold, hard = np.maximum(1, size * (1 + rng.poisson(7, documents))), rng.beta(4, 1.2, documents)
        spurious = gold * 0.5 * (1 - hard)
    elif kind == "quotes":
        gold, hard = rng.poisson(2.5 * size), rng.beta(1.5, 1.5, documents)
        spurious = 0.8 * size * (1 - hard)
    elif kind == "nearly all right":
        often = rng.random(documents) < 0.9
        gold = 1 + rng.poisson(4, documents)
        hard = np.where(often, rng.beta(60, 1, documents), rng.beta(2, 2, documents))
        spurious = gold * 0.04
    else:
        gold, hard = 1 + rng.poisson(4, documents), rng.beta(0.5, 6, documents)
        spurious = gold * 1.0
    gold = np.rint(gold).astype(np.int64)
    hits, wrong = rng.binomial(gold, hard), rng.poisson(spurious)
    label = rng.dirichlet(LABELS * 6, documents)
    found, missed, more = (rng.multinomial(count, label) for count in (hits, gold - hits, wrong))
    return np.stack([found + missed, found + more, found, found], axis=-1)


INVENTED = ("names", "quotes", "nearly all right", "nearly all wrong")
#: Corpus → how it is named, which extractor, and which scores.
CORPORA: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "German news quotation, dev": (
        "german-news-quotation:german-news-quotation-2024/data/dev",
        "quotes-de",
        ("quotes", "cues", "speakers", "joint"),
    ),
    "GermEval 2014, dev (sentences)": ("germeval:germeval2014/NER-de-dev.tsv", "gazetteer", ("entities",)),
    "HIPE 2020 German, dev": (
        "hipe:hipe2020-de/HIPE-2022-v2.1-hipe2020-dev-de.tsv",
        "gazetteer",
        ("entities",),
    ),
}


def measured() -> Iterator[tuple[str, Ints]]:
    """The sums of the documents of the corpora that are here."""
    for name, (ref, extractor, layers) in CORPORA.items():
        kind, _, path = ref.partition(":")
        if (SHARED / "data" / path).exists():
            labels = "coarse" if kind == "germeval" else {"pers": "PER", "loc": "LOC", "org": "ORG"}
            options = {} if kind == "german-news-quotation" else {"labels": labels}
            (system,) = evaluate(
                extractor, f"{kind}:{SHARED / 'data' / path}", schema="strict", **options
            ).systems
            for layer in layers:
                sums = system.scores[layer]["strict"].per_unit
                assert sums is not None
                yield f"{name}: {layer}, {len(sums)}", sums[:, None, :]


def true_scores(population: Ints) -> NDArray[np.float64]:
    total = population.sum(axis=0)
    micro, macro = precision_recall_f1(total.sum(axis=0), 1), macro_average(total, 1)
    return np.stack([*micro, macro[2]])


def covered(
    draw: Callable[[int], Ints],
    truth: NDArray[np.float64],
    documents: int,
    resampling: Resampling,
    times: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of P, R, F1 and macro F1: the share of intervals that hold the truth, and of those that there are."""
    held, made = np.zeros(4), np.zeros(4)
    for _ in range(times):
        rows, many = np.unique(draw(documents), axis=0, return_counts=True)
        bands = intervals(Sample(rows, many), resampling)
        for i, band in enumerate((*bands.micro, bands.macro[2])):
            if band is not None:
                made[i] += 1
                held[i] += band[0] <= truth[i] <= band[1]
    return held / np.maximum(made, 1), made / times


def populations() -> Iterator[tuple[str, Ints, Callable[[np.random.Generator], Callable[[int], Ints]]]]:
    for kind in INVENTED:
        whole = invented(np.random.default_rng(1), kind, 300_000)
        yield kind, whole, lambda rng, kind=kind: lambda count: invented(rng, kind, count)  # type: ignore[misc]
    for name, rows in measured():
        yield name, rows, lambda rng, rows=rows: lambda count: rows[rng.integers(0, len(rows), count)]  # type: ignore[misc]


def test_coverage(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        f"| texts | score | {' | '.join(map(str, DOCUMENTS))} |",
        f"| --- | --- |{' ---: |' * len(DOCUMENTS)}",
    ]
    worst: dict[int, float] = {}
    for name, whole, make in populations():
        truth, draw = true_scores(whole), make(np.random.default_rng(0))
        jackknife = [covered(draw, truth, count, Resampling(), TIMES) for count in DOCUMENTS]
        bootstrap = [
            covered(draw, truth, count, Resampling(samples=500), TIMES_BOOTSTRAP) for count in DOCUMENTS
        ]
        one = whole.shape[1] == 1
        for i, score in enumerate(("P", "R", "F1", "macro F1")):
            if one and score == "macro F1":
                continue
            cells = [
                f"{100 * held[i]:.0f} ({100 * drawn[i]:.0f})"
                + ("" if made[i] > 0.99 else f" of {100 * made[i]:.0f}%")
                for (held, made), (drawn, _) in zip(jackknife, bootstrap, strict=True)
            ]
            lines.append(f"| {name} | {score} | {' | '.join(cells)} |")
            for count, (held, _) in zip(DOCUMENTS, jackknife, strict=True):
                worst[count] = min(worst.get(count, 1.0), float(held[i]))
        with capsys.disabled():
            print("\n".join(lines))
        lines = []
    with capsys.disabled():
        print({count: round(100 * share, 1) for count, share in worst.items()})
    assert min(worst.values()) > 0.90


def test_false_alarms(capsys: pytest.CaptureFixture[str]) -> None:
    """Two systems of one true F1: how often each test says at 5% that they differ."""
    lines = [f"| | {' | '.join(map(str, DOCUMENTS))} |", f"| --- |{' ---: |' * len(DOCUMENTS)}"]
    alarms: dict[str, list[float]] = {
        name: [] for name in ("randomisation", "bootstrap", "interval without 0")
    }
    for count in DOCUMENTS:
        rng = np.random.default_rng(count)
        said = np.zeros(3)
        times = 1000 if count < 1000 else 400
        for run in range(times):
            old, new = pair(rng, count)
            test = paired_test(new, old, 1, samples=500, trials=500, seed=run)
            assert test.p_randomisation is not None
            assert test.p_bootstrap is not None
            low, high = test.interval or (-1.0, 1.0)
            said += (test.p_randomisation <= 0.05, test.p_bootstrap <= 0.05, low > 0 or high < 0)
        for name, share in zip(alarms, said / times, strict=True):
            alarms[name].append(share)
    lines += [f"| {name} | {' | '.join(f'{100 * s:.1f}' for s in row)} |" for name, row in alarms.items()]
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert max(alarms["randomisation"]) < 0.08
