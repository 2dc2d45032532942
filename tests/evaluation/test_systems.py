"""Systems have names; what they found is read from files of any format, matched by id, text or order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from made import Made, corpus

from wortlaut.errors import DataError, UnknownNameError
from wortlaut.evaluation.evaluate import evaluate, score_files
from wortlaut.evaluation.systems import Extractors, named


@pytest.mark.parametrize(
    ("specs", "names"),
    [
        (["gazetteer", "hanta"], ["gazetteer", "hanta"]),
        (["preds:a/preds.jsonl", "preds:b/preds.jsonl"], ["a/preds", "b/preds"]),
        (["preds:x/a/p.jsonl", "preds:y/a/p.jsonl", "preds:q.jsonl"], ["x/a/p", "y/a/p", "q"]),
        (["preds:p.jsonl", "preds:p.conll"], ["preds:p.jsonl", "preds:p.conll"]),
        (["preds:conll:runs/bert.conll"], ["bert"]),
        (["preds:p.jsonl?missing=empty"], ["p"]),
        (["preds:p.jsonl?missing=empty", "preds:p.jsonl"], ["p?missing=empty", "p"]),
        (["BERT=preds:a.conll", "My CRF (2)=gazetteer"], ["BERT", "My CRF (2)"]),
        (["gazetteer", "gazetteer"], ["gazetteer", "gazetteer (2)"]),
        (["hanta=gazetteer", "hanta"], ["hanta", "hanta (2)"]),
        (["/home/me/crf.py:create?seed=1"], ["crf.py:create?seed=1"]),
        (["spacy:./models/best", "spacy:de_core_news_sm"], ["spacy:best", "spacy:de_core_news_sm"]),
        (
            ["transformers:org/model", "cmd:LANG=C tag /x/y"],
            ["transformers:org/model", "cmd:LANG=C tag /x/y"],
        ),
        (["llm:m?temperature=1"], ["llm:m?temperature=1"]),
    ],
)
def test_a_name_is_what_is_given_or_the_shortest_that_tells_apart(specs: list[str], names: list[str]) -> None:
    assert [system.name for system in named(specs)] == names


@pytest.mark.parametrize(
    ("given", "runs", "found"),
    [
        (["A=preds:a.jsonl", "B=x:y", "A=preds:b.jsonl"], 1, {"A": ["a", "b"], "B": ["B"]}),
        ({"A": ["preds:1/a.jsonl", "preds:2/a.jsonl"]}, 1, {"A": ["1/a", "2/a"]}),
        (["A=preds:{}/run-*.jsonl"], 1, {"A": ["run-2", "run-10"]}),
        (["preds:{}/run-*.jsonl?lenient=1"], 1, {"run-*": ["run-2", "run-10"]}),
        (["preds:predictions:{}/run-1*.jsonl"], 1, {"run-1*": ["run-1*"]}),
        (["preds:{}/*lone.jsonl"], 1, {"*lone": ["*lone"]}),
        (["X=quotes-de", "preds:a.jsonl"], 2, {"X": ["quotes-de (1)", "quotes-de (2)"], "a": ["a"]}),
        (["made:Made"], 2, {"made:Made": ["made:Made (1)", "made:Made (2)"]}),
        (["X=seeded:create?p=1"], 2, {"X": ["seeded:create?p=1&seed=0", "seeded:create?p=1&seed=1"]}),
    ],
)
def test_a_system_has_runs(
    given: Extractors, runs: int, found: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("run-10", "run-2", "*lone"):
        (tmp_path / f"{name}.jsonl").touch()
    (tmp_path / "seeded.py").write_text("def create(p: int, seed: int = 0): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    if isinstance(given, list):
        given = [one.replace("{}", str(tmp_path)) for one in given if isinstance(one, str)]
    systems = named(given, runs)
    assert {system.name: [one.name for one in system.single()] for system in systems} == found


@pytest.mark.parametrize(
    ("given", "runs", "what"),
    [
        (["A=preds:none-*.jsonl"], 1, "none-*.jsonl: no file is called so"),
        (["A=preds:a.jsonl", "A=preds:a.jsonl"], 1, "a.jsonl: 2 runs of 'A' are one file"),
        (["A=preds:a.jsonl"], 3, "nothing runs 3 times"),
        (["A=llm:m?seed=1"], 3, "llm:m?seed=1: 3 runs with one seed are one run"),
        ([Made()], 3, "is one object, which cannot run 3 times"),
        ({"A": []}, 1, "no extractor is named"),
    ],
)
def test_runs_that_are_none_are_refused(given: Extractors, runs: int, what: str) -> None:
    with pytest.raises(DataError, match=re.escape(what)):
        named(given, runs)


def shout(text: str) -> list[tuple[int, int, str]]:
    return [(i, i + 4, "LOC") for i in range(len(text)) if text.startswith("Bonn", i)]


def test_a_function_is_scored_as_an_object_is() -> None:
    one = evaluate({"mine": shout}, corpus(2), samples=0, schema="strict")
    assert one.systems[0].name == "mine" and list(one.systems[0].scores["entities"]) == ["strict"]
    assert one.systems[0].scores["entities"]["strict"].precision == 1
    assert repr(evaluate(shout, corpus(2), samples=0, schema=["strict"])) == repr(one).replace(
        "mine ", "shout"
    )


def test_objects_and_mappings_have_names() -> None:
    made = Made()
    made.name = "my model"  # type: ignore[attr-defined]
    assert [system.name for system in named([made, Made()])] == ["my model", "made"]
    assert [(s.name, s.spec) for s in named({"A": "gazetteer", "B": made})] == [
        ("A", "gazetteer"),
        ("B", "made"),
    ]
    assert [s.name for s in named([shout, lambda text: [], lambda text: []])] == [
        "shout",
        "<lambda>",
        "<lambda> (2)",
    ]
    with pytest.raises(DataError, match="Make an extractor of it"):
        named(Made)
    with pytest.raises(DataError, match="3 is no extractor"):
        named({"A": 3})  # type: ignore[dict-item]
    with pytest.raises(DataError, match="several systems are called 'my model'"):
        named([made, made])


def test_who_fails_is_raised_or_stands_in_every_table() -> None:
    with pytest.raises(UnknownNameError, match="gazeteer"):
        evaluate({"good": Made(), "BERT": "gazeteer"}, corpus(2), samples=0)
    kept = evaluate({"good": Made(), "BERT": "gazeteer"}, corpus(2), samples=0, on_error="keep")
    assert (
        "BERT & failed" in kept.to_latex().replace("– & – & ", "")
        and "| BERT | failed |" in kept.to_markdown()
    )
    frame = kept.to_pandas()
    assert frame[frame["system"] == "BERT"]["f1"].isna().all() and set(frame["system"]) == {"good", "BERT"}


GOLD = "Anna\tB-PER\nsah\tO\nBonn\tB-LOC\n\nCaro\tB-PER\nkam\tO\n\nEmil\tB-PER\nsang\tO\n"


def test_three_models_files_are_scored_in_one_call(tmp_path: Path) -> None:
    files = {
        "same": GOLD,
        "less": GOLD.replace("B-LOC", "O"),
        "turned": "\n\n".join(reversed(GOLD.strip().split("\n\n"))) + "\n",
    }
    for name, text in {"gold": GOLD, **files}.items():
        (tmp_path / f"{name}.conll").write_text(text)
    gold = str(tmp_path / "gold.conll")
    wanted = {name: str(tmp_path / f"{name}.conll") for name in files}
    scored = score_files(gold, [wanted["same"], f"Less={wanted['less']}", wanted["turned"]], samples=0)
    found = {one.name: one.scores["entities"]["strict"].correct for one in scored.systems}
    assert found == {"same": 4, "Less": 3, "turned": 4}
    by_spec = evaluate([f"preds:{file}" for file in wanted.values()], f"conll:{gold}", samples=0)
    assert {s.name: s.scores["entities"]["strict"].correct for s in by_spec.systems} == dict(
        zip(files, found.values(), strict=True)
    )


def test_tokens_are_laid_on_the_text_and_what_differs_is_shown_with_both_sides(tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text(
        '{"id": "a", "text": "Anna sah Bonn.", "entities": [{"start": 9, "end": 13, "label": "LOC"}]}\n'
    )
    (tmp_path / "p.conll").write_text("Anna\tO\nsah\tO\nBonn\tB-LOC\n.\tO\n")
    scored = score_files(str(tmp_path / "gold.jsonl"), str(tmp_path / "p.conll"), samples=0)
    assert scored.systems[0].scores["entities"]["strict"].f1 == 1.0
    (tmp_path / "p.conll").write_text("Anna\tO\nmied\tO\nBonn\tB-LOC\n.\tO\n")
    with pytest.raises(DataError, match="document 'a', line 1, character 5: 'sah' there, 'mied' here"):
        score_files(str(tmp_path / "gold.jsonl"), str(tmp_path / "p.conll"))
