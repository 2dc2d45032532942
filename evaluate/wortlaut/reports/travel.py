"""A result in the forms in which others collect results, and what each of them has no place for.

Every Eval Ever 0.3.0 (arXiv 2606.14516), the Hub's ``.eval_results/*.yaml`` of a model's repository
(hub-docs, ``eval-results``), and its older ``model-index`` for a card. No text is in any of them: items are
offsets.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from wortlaut.errors import DataError, counted, listed, unknown_name
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.evaluation.systems import Item, Scored
from wortlaut.release.benchmark import HEADLINE, TASKS
from wortlaut.scoring.keys import ScoreKey, corpus_text
from wortlaut.scoring.result import MEASURES, Result
from wortlaut.version import VERSION

_REPOSITORY = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_ALSO = "left out: scores by label, macro averages, breakdowns, error classes, tests of differences"


@dataclass(frozen=True)
class Parcel:
    """Files by their paths below the folder that is asked for, and what is not in them, a line each."""

    files: Mapping[str, str]
    losses: Sequence[str]


@dataclass(frozen=True)
class _Corpus:
    """Where the texts of a result are published, as far as that is known."""

    name: str
    repository: str
    options: Mapping[str, str]

    @classmethod
    def of(cls, evaluation: Evaluation, repository: str) -> _Corpus:
        name = evaluation.corpus.name
        place, _, query = name.removeprefix("hub:").partition("?")
        on_hub = name.startswith("hub:") and _REPOSITORY.fullmatch(place)
        return cls(corpus_text(name, ""), repository or (place if on_hub else ""), dict(parse_qsl(query)))


@dataclass(frozen=True)
class _Row:
    """A score of a system, on a corpus."""

    evaluation: Evaluation
    corpus: _Corpus
    system: Scored
    key: ScoreKey
    result: Result

    @property
    def name(self) -> str:
        return f"{self.corpus.name}: {self.key.layer}, {self.key.variant}"

    @property
    def level(self) -> str:
        return f"{100 * self.result.signature.resampling.confidence:g}%"

    @property
    def method(self) -> str:
        """How its intervals came about."""
        drawn = self.result.signature.resampling
        how = "jackknife" if drawn.samples is None else f"{drawn.method} bootstrap"
        return f"{how} over {counted(len(self.evaluation.units), drawn.unit)}"

    def notes(self) -> str:
        """What a line beside the number says."""
        ends = self.result.f1_interval
        said = [f"{self.level} interval {ends[0]:.4f} to {ends[1]:.4f}, {self.method}"] if ends else []
        return "; ".join((*said, str(self.result.signature)))


def packed(
    evaluations: Sequence[Evaluation], to: str, models: Sequence[str] = (), datasets: Sequence[str] = ()
) -> Parcel:
    """The result in the form ``to``, a key of :data:`FORMS`.

    ``models`` say which repository of the Hub a system is, ``[SYSTEM=]OWNER/NAME``, ``datasets`` the same of
    a corpus that was not read from there. Raises UnknownNameError, and DataError where one is missing.
    """
    if to not in FORMS:
        raise unknown_name("form", to, FORMS)
    systems = [system.name for system in evaluations[0].systems]
    known = _named(models, systems, "--model")
    if not known:
        hint = f"Say it: --model {'' if len(systems) == 1 else f'{systems[0]}='}OWNER/NAME"
        raise DataError(f"which model of the Hub is {listed(systems, 3)}?", hint=hint)
    published = _named(datasets, [one.corpus.name for one in evaluations], "--dataset")
    rows = [
        _Row(one, _Corpus.of(one, published.get(one.corpus.name, "")), system, key, result)
        for one in evaluations
        for system in one.systems
        if system.name in known
        for key, result in system.results.items()
    ]
    for name in known:
        if all(row.system.name != name for row in rows):
            raise DataError(f"the system {name!r} has no scores", hint="See why: wortlaut evaluate.")
    parcel = FORMS[to](rows, known)
    others = [name for name in systems if name not in known]
    upper = sum(row.result.upper is not None for row in rows)
    left = {
        f"left out: {counted(len(others), 'system')} without --model: {listed(others, 3)}": others,
        f"left out: the upper bound of {counted(upper, 'score')} of words without offsets": upper,
    }
    return Parcel(parcel.files, [*(line for line, there in left.items() if there), *parcel.losses, _ALSO])


def _named(given: Sequence[str], names: Sequence[str], option: str) -> dict[str, str]:
    """Name → repository of ``[NAME=]OWNER/NAME``."""
    found = {}
    for one in given:
        name, said, repository = one.rpartition("=")
        if not said and len(names) > 1:
            hint = f"Write {option} {names[0]}={repository}"
            raise DataError(f"{repository!r} could be any of {listed(names, 3)}", where=option, hint=hint)
        name = name or names[0]
        if name not in names:
            raise unknown_name("name", name, names, where=option)
        if not _REPOSITORY.fullmatch(repository):
            raise DataError(f"{repository!r} is no repository of the Hub", where=option, hint="OWNER/NAME")
        found[name] = repository
    return found


# ---------------------------------------------------------------- Hugging Face


def _eval_results(rows: Sequence[_Row], models: Mapping[str, str]) -> Parcel:
    from yaml import safe_dump

    chosen, losses = _headline(rows, models)
    for row in chosen:
        if not row.corpus.repository:
            hint = (
                "Say it: --dataset OWNER/NAME. It must be a benchmark there, with these tasks in eval.yaml."
            )
            raise DataError("a score needs the dataset on the Hub", where=row.corpus.name, hint=hint)
    entries = [
        {
            "dataset": {"id": row.corpus.repository, "task_id": row.key.task, **_revision(row.corpus)},
            "value": row.result.f1,
            "notes": row.notes(),
        }
        for row in chosen
    ]
    text = safe_dump(entries, sort_keys=False, allow_unicode=True, width=100)
    lost = ["left out: precision and recall", "no field for intervals: they stand in the notes"]
    return Parcel({".eval_results/wortlaut.yaml": text}, [*losses, *lost])


def _model_index(rows: Sequence[_Row], models: Mapping[str, str]) -> Parcel:
    from huggingface_hub import EvalResult, ModelCardData

    chosen, losses = _headline(rows, models)
    results = [
        EvalResult(
            task_type="token-classification",
            dataset_type=row.corpus.repository or row.corpus.name,
            dataset_name=row.corpus.name,
            dataset_split=row.corpus.options.get("split"),
            dataset_revision=row.corpus.options.get("revision"),
            dataset_args={"sha256": row.evaluation.corpus.hash},
            metric_type=measure,
            metric_name=f"{measure} of {row.key.task}, {row.key.variant}",
            metric_value=value,
            metric_args={"signature": str(row.result.signature)}
            | ({"interval": [*ends], "method": f"{row.level}, {row.method}"} if ends else {}),
        )
        for row in chosen
        for measure, value, ends in _measures(row.result)
        if value is not None
    ]
    (name,) = models.values()
    text = ModelCardData(model_name=name, eval_results=results).to_yaml() + "\n"
    return Parcel({"model-index.yaml": text}, [*losses, "no field for intervals: they stand in args"])


def _headline(rows: Sequence[_Row], models: Mapping[str, str]) -> tuple[list[_Row], list[str]]:
    """One score a task, which is what a leaderboard compares, and what that leaves out."""
    if len(models) > 1:
        hint = "Write a file a model: repeat the command, each time with one --model."
        raise DataError("a file is of one model", where="--model", hint=hint)
    wanted = [row for row in rows if row.key in {ScoreKey(task, HEADLINE) for task in TASKS}]
    found = [row for row in wanted if row.result.f1 is not None]
    if not found:
        hint = f"Score it: wortlaut evaluate --schema {HEADLINE}"
        raise DataError(f"no F1 of {', '.join(TASKS)} under {HEADLINE}", hint=hint)
    tasks = ", ".join(dict.fromkeys(row.key.task for row in wanted if row not in found))
    undefined = [f"left out: undefined F1 of {tasks}"] if tasks else []
    others = counted(len(rows) - len(wanted), "score")
    return found, [*undefined, f"left out: {others} of other tasks and schemas"]


def _revision(corpus: _Corpus) -> dict[str, str]:
    return {"revision": corpus.options["revision"]} if "revision" in corpus.options else {}


def _measures(result: Result) -> Iterator[tuple[str, float | None, tuple[float, float] | None]]:
    for measure in MEASURES:
        yield measure, getattr(result, measure), getattr(result, f"{measure}_interval")


# ---------------------------------------------------------------- Every Eval Ever


def _every_eval_ever(rows: Sequence[_Row], models: Mapping[str, str]) -> Parcel:
    """A file a model, and one with a row for each item, where these were kept."""
    now = str(int(time.time()))
    files: dict[str, str] = {}
    for name, id in models.items():
        own = [row for row in rows if row.system.name == name]
        log = _log(own, name, id, now)
        instances = [line for row in own for line in _instances(row, log["evaluation_id"], id)]
        digest = sha256(json.dumps([log, instances]).encode()).digest()
        path = f"data/wortlaut/{id}/{UUID(bytes=digest[:16], version=4)}"
        if instances:
            content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in instances)
            files[f"{path}_samples.jsonl"] = content
            log["detailed_evaluation_results"] = {
                "format": "jsonl",
                "file_path": f"{path}_samples.jsonl",
                "hash_algorithm": "sha256",
                "checksum": sha256(content.encode()).hexdigest(),
                "total_rows": len(instances),
            }
        files[f"{path}.json"] = json.dumps(log, ensure_ascii=False, indent=1) + "\n"
    undefined = sum(value is None for row in rows for _, value, _ in _measures(row.result))
    kept = any(path.endswith(".jsonl") for path in files)
    losses = [
        *([f"left out: {counted(undefined, 'undefined number')}"] if undefined else []),
        "left out: texts and labels of speakers; rows of items have offsets"
        if kept
        else "left out: rows of items, which this result does not have",
        "to fill in: source_organization_name, evaluator_relationship, deployment_type, model_availability",
    ]
    return Parcel(files, losses)


def _log(rows: Sequence[_Row], name: str, id: str, now: str) -> dict[str, Any]:
    unknown = dict.fromkeys(("deployment_type", "model_availability"), "unknown")
    return {
        "schema_version": "0.3.0",
        "evaluation_id": f"wortlaut/{id}/{now}",
        "retrieved_timestamp": now,
        "source_metadata": {
            "source_name": "Wortlaut",
            "source_type": "evaluation_run",
            "source_organization_name": "unknown",
            "evaluator_relationship": "other",
        },
        "eval_library": {"name": "wortlaut", "version": rows[0].evaluation.signature.version or VERSION},
        "model_info": {"name": name, "id": id, "additional_details": unknown},
        "evaluation_results": [
            {
                "evaluation_result_id": f"{row.name}, {measure}",
                "evaluation_name": row.name,
                "source_data": _source(row),
                "metric_config": {
                    "metric_id": measure,
                    "metric_name": f"{measure} of {row.key.layer}, {row.key.variant}",
                    "metric_kind": measure,
                    "metric_unit": "proportion",
                    "metric_parameters": {
                        "task": row.key.layer,
                        "schema": row.key.variant,
                        "average": row.result.signature.average,
                    },
                    "lower_is_better": False,
                    "score_type": "continuous",
                    "min_score": 0.0,
                    "max_score": 1.0,
                },
                "score_details": {
                    "score": value,
                    "details": _details(row.result),
                    **({"uncertainty": _uncertainty(row, ends)} if ends else {}),
                },
            }
            for row in rows
            for measure, value, ends in _measures(row.result)
            if value is not None
        ],
    }


def _details(result: Result) -> dict[str, str]:
    counts = {part: f"{getattr(result, part):g}" for part in ("gold", "predicted", "correct")}
    return {"signature": str(result.signature), **counts}


def _source(row: _Row) -> dict[str, Any]:
    corpus, details = row.corpus, {"sha256": row.evaluation.corpus.hash}
    if not corpus.repository:
        details["documents"] = str(row.evaluation.documents)
        return {"dataset_name": corpus.name, "source_type": "other", "additional_details": details}
    return {
        "dataset_name": corpus.name,
        "source_type": "hf_dataset",
        "hf_repo": corpus.repository,
        **({"hf_split": corpus.options["split"]} if "split" in corpus.options else {}),
        "samples_number": row.evaluation.documents,
        "additional_details": details | _revision(corpus),
    }


def _uncertainty(row: _Row, ends: tuple[float, float]) -> dict[str, Any]:
    drawn = row.result.signature.resampling
    return {
        "confidence_interval": {
            "lower": ends[0],
            "upper": ends[1],
            "confidence_level": drawn.confidence,
            "method": row.method,
        },
        "num_samples": len(row.evaluation.units),
        **({"num_bootstrap_samples": drawn.samples} if drawn.samples else {}),
    }


def _instances(row: _Row, evaluation: str, model: str) -> Iterator[dict[str, Any]]:
    """A row for each gold item, and for each predicted one without any credit."""
    judged = row.system.judged.get(row.key)
    if judged is None:
        return
    credits = (judged.hits / row.result.scale).tolist()
    for number, (item, credit) in enumerate(zip(judged.gold, credits, strict=True)):
        yield _instance(row, evaluation, model, f"gold {number}", item, credit)
    for number, item in enumerate(judged.wrong()):
        yield _instance(row, evaluation, model, f"found {number}", item, None)


def _instance(
    row: _Row, evaluation: str, model: str, number: str, item: Item, credit: float | None
) -> dict[str, Any]:
    """``credit`` None: found, and wrong."""
    document, fragments, label = item
    place = " ".join(f"[{start}, {end})" for start, end in fragments)
    # Labels of speakers are their names.
    said = " ".join(part for part in (place, label if row.key.task != "speakers" else "") if part)
    return {
        "schema_version": "0.3.0",
        "evaluation_id": evaluation,
        "model_id": model,
        "evaluation_name": row.name,
        "evaluation_result_id": f"{row.name}, f1",
        "sample_id": f"{document}, {number}",
        "interaction_type": "single_turn",
        "input": {"raw": f"document {document}", "reference": [] if credit is None else [said]},
        "output": {"raw": [said] if credit is None or credit == 1 else []},
        "answer_attribution": [],
        "evaluation": {"score": credit or 0.0, "is_correct": credit == 1},
    }


#: Name of ``--to`` → what makes it.
FORMS: Mapping[str, Callable[[Sequence[_Row], Mapping[str, str]], Parcel]] = {
    "every-eval-ever": _every_eval_ever,
    "eval-results": _eval_results,
    "model-index": _model_index,
}
