"""What falls in the probes where a rule, a list or a step of the built-in extractors is switched off.

    pytest tests/benchmarks/test_mutations.py -s

The tables are those of docs/mutations.md. A mutation replaces a function or a list, and says beforehand which
phenomena it must lower. The release is frozen, so are the numbers; about three minutes.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from importlib import import_module
from math import comb
from typing import Any

import numpy as np
import pytest

from wortlaut import Corpus, Document, evaluate, load_corpus
from wortlaut.evaluation.phenomena import TESTED, Probes, given_in
from wortlaut.extractors.gazetteer import Gazetteer
from wortlaut.extractors.hanta import Hanta
from wortlaut.extractors.quotes_de import QuotesDe
from wortlaut.extractors.quotes_de.verbs import SUBJ, SUBJ2
from wortlaut.model import Annotations, Text
from wortlaut.model.batch import Batch
from wortlaut.probes.lexicon import table
from wortlaut.scoring.compare import LEVEL, holm

CORPUS = "probes"
HERE = "wortlaut.extractors"
#: What finds what the phenomena test.
SYSTEMS: Mapping[str, tuple[Any, tuple[str, ...]]] = {
    "quotes-de": (QuotesDe, ("quotes", "cues", "speakers", "joint", "coreference")),
    "gazetteer": (Gazetteer, ("entities",)),
    "hanta": (Hanta, ("entities",)),
}
#: What needs the content of a quote beside what it tests: a rule that finds quotes may move it.
LATER = ("cues", "speakers", "joint", "coreference")
Change = Callable[[Any], Any]


def gives(value: object) -> Change:
    """The function that always answers so."""
    return lambda _: lambda *args, **named: value


def no_draft(*rules: str) -> Change:
    """The function without drafts of these rules."""

    def change(old: Callable[..., Any]) -> Callable[..., Any]:
        def new(*args: Any) -> Any:
            draft = old(*args)
            return None if draft and draft.rule in rules else draft

        return new

    return change


def first(old: object) -> object:
    """The function that hands its first argument on as it is."""
    return lambda one, *rest, **named: one


def second(old: object) -> object:
    return lambda one, two, *rest: two


def unless(condition: Callable[..., bool], value: object = None) -> Change:
    """The function that answers ``value`` where the condition holds of its arguments."""
    return lambda old: lambda *args: value if condition(*args) else old(*args)


def without(*keys: str) -> Change:
    return lambda old: {key: value for key, value in old.items() if key not in keys}


def emptied(*files: str) -> Change:
    """The reader of lists to which these have no entry."""
    return lambda old: lambda file: type(old(file))() if file in files else old(file)


@dataclass(frozen=True)
class Mutation:
    """What is switched off, by ``module.name`` → change (behind a colon: as that module alone imports it).

    ``aims`` are the phenomena that name it; ``carried`` those of which templates use it to say something
    else, and so do all later tasks where ``quotes`` says that it finds quotes.
    """

    name: str
    off: Mapping[str, Change]
    aims: str
    carried: str = ""
    quotes: bool = True

    def expects(self, phenomenon: str, tests: str) -> str:
        """``aims``, ``carried`` or nothing."""
        if any(fnmatch(phenomenon, one) for one in self.aims.split()):
            return "aims"
        later = self.quotes and tests in LATER
        return "carried" if later or any(fnmatch(phenomenon, one) for one in self.carried.split()) else ""


def opens_no(*signs: str) -> Mapping[str, Change]:
    return {"marks._opens": unless(lambda text, at, sign: sign in signs, value=False)}


def _no_pronoun(old: Callable[..., Any]) -> Callable[..., Any]:
    def new(*args: Any) -> Any:
        return tuple(None if phrase and phrase.pronoun else phrase for phrase in old(*args))

    return new


def _not_carried(old: Callable[..., Any]) -> Callable[..., Any]:
    def new(words: Any, found: Any) -> Any:
        return old(
            words, [replace(one, draft=one.draft and replace(one.draft, carried=False)) for one in found]
        )

    return new


def _not_rare(old: Callable[[], Any]) -> Callable[[], Any]:
    """The cue verbs without those that the lexicon of the probes calls rare."""
    rare = {row["lemma"] for row in table("cue_verbs") if row["rare"]}
    return lambda: tuple(verb for verb in old() if verb.lemma.replace("|", "") not in rare)


def no_bits(off: int) -> Change:
    """The readings of a word without these."""
    return lambda old: lambda word: old(word) & ~off


def both_moods(old: Callable[..., Any]) -> Callable[..., Any]:
    return lambda sentence, start, end, both: old(sentence, start, end)


def not_joined(old: Callable[..., Any]) -> Callable[..., Any]:
    """The modifiers of a noun phrase without what ``und`` adds."""
    return lambda words, head, k, end: None if words.low[k] in ("und", "sowie") else old(words, head, k, end)


_SUBJECTS = "speaker-name speaker-titled speaker-body speaker-place speaker-group speaker-two"
_BY_MARKS = "direct-* nested-* marks-* source-so may-be-said scare-quotes nicknames-in-marks titles-in-marks"
MUTATIONS: Mapping[str, Sequence[Mutation]] = {
    "quotes-de": (
        Mutation("laut", {"sources._TRIGGERS": without("laut")}, "source-laut"),
        Mutation("nach Angaben", {"sources._TRIGGERS": without("nach")}, "source-angaben"),
        Mutation("zufolge", {"sources._TRIGGERS": without("zufolge")}, "source-zufolge"),
        Mutation("gemäß", {"sources._TRIGGERS": without("gemäß")}, ""),
        Mutation("so", {"sources._TRIGGERS": without("so")}, "source-so"),
        Mutation("demnach, wonach", {"sources._TRIGGERS": without("demnach", "wonach")}, ""),
        Mutation("wie", {"indirect._wie": gives(None)}, "source-wie"),
        Mutation(
            "dass", {"indirect._takes_dass": gives(False)}, "indirect-dass", "dass-other-verbs nested-*"
        ),
        Mutation("question", {"indirect._takes_question": gives(False)}, "indirect-question"),
        Mutation("infinitive", {"indirect:is_purpose": gives(True)}, "indirect-infinitive"),
        Mutation(
            "verb second", {"indirect._verb_second": gives(False)}, "indirect-subjunctive-*", "nested-*"
        ),
        Mutation("cue behind", {"indirect._backward": gives(None)}, "indirect-subjunctive-*", "nested-*"),
        Mutation(
            "Konjunktiv I",
            {"clauses:verb_readings": no_bits(SUBJ)},
            "indirect-subjunctive-one continued-*",
            "nested-* indirect-subjunctive-two",
        ),
        Mutation(
            "Konjunktiv II", {"clauses:verb_readings": no_bits(SUBJ2)}, "indirect-subjunctive-two continued-*"
        ),
        Mutation("free: subjunctive", {"free.free_indirect": no_draft("free-subjunctive")}, "continued-*"),
        Mutation("free: soll", {"free.free_indirect": no_draft("free-sollen")}, "evidential-soll"),
        Mutation("reported", {"free.reported": gives(None)}, "reported-*"),
        Mutation("announcing noun", {"announced._by_noun": gives(None)}, "cue-noun"),
        Mutation("announcing adjective", {"announced._by_attitude": gives(None)}, ""),
        Mutation(
            "direct: before", {"direct._cue_after": gives(None)}, "direct-before direct-around", "marks-*"
        ),
        Mutation(
            "direct: behind a colon",
            {"direct._after_colon": gives(None)},
            "direct-after direct-colon cue-none",
            "nested-* marks-*",
        ),
        Mutation("direct: split", {"direct._goes_on": gives(False)}, "direct-around", "marks-*"),
        Mutation(
            "direct: in the clause",
            {"direct._attributed_inside": gives(None)},
            "direct-fragment",
            "direct-around marks-*",
        ),
        Mutation(
            "direct: alone",
            {"direct._classify": no_draft("direct-alone", "direct-long")},
            "speaker-sentence-before",
        ),
        Mutation("direct: a few words", {"direct._classify": no_draft("direct-fragment")}, "direct-fragment"),
        Mutation(
            "direct: in indirect",
            {"direct._classify": no_draft("direct-nested")},
            "nested-direct-in-indirect",
            "direct-fragment",
        ),
        Mutation("direct: with so, laut", {"direct._classify": no_draft("direct-source")}, "source-so"),
        Mutation("marks „…“", opens_no("„"), "marks-german", _BY_MARKS),
        Mutation("marks »…«", opens_no("»"), "marks-guillemets"),
        Mutation("marks «…»", opens_no("«"), "marks-swiss"),
        Mutation('marks “…”, "…"', opens_no("“", "”", '"'), "marks-english"),
        Mutation("marks ‚…‘, ›…‹", opens_no("‚", "‘", "'", "›", "‹"), "marks-single marks-single-outer"),
        Mutation("marks in marks", {"marks._DEPTH": lambda _: 1}, "marks-single marks-nested"),
        Mutation("unclosed marks", {"marks._unclosed": gives([])}, "marks-unclosed"),
        Mutation(
            "marks of paragraphs",
            {
                "marks._reopens": gives(False),
                "marks._closed_later": gives(-1),
                "marks._continues_paragraph": gives(False),
            },
            "marks-paragraphs",
        ),
        Mutation(
            "titles", {"direct.is_title": gives(False)}, "titles-in-marks nicknames-in-marks scare-quotes"
        ),
        Mutation("mottos", {"direct._glossed": gives(False)}, "titles-in-marks"),
        Mutation(
            "names in the speaker", {"direct._holds": gives(False)}, "titles-in-marks nicknames-in-marks"
        ),
        # Restraints: without them more is found.
        Mutation(
            "dass: only told", {"indirect._takes_dass": gives(True)}, "dass-other-verbs cue-other-sense"
        ),
        Mutation("question: only asked", {"indirect._takes_question": gives(True)}, "indirect-question"),
        Mutation("nach: only words", {"sources._has_source_head": gives(True)}, "source-angaben"),
        Mutation("free: Konjunktiv I alone", {"free:has_subjunctive": both_moods}, "subjunctive-conditions"),
        Mutation("word for a thing", {"direct._naming": gives(None)}, "direct-fragment"),
        Mutation("particle", {"cues._particle": gives(-1)}, "cue-separable"),
        Mutation("auxiliary", {"cues._helper": gives(-1)}, "cue-perfect cue-passive"),
        Mutation("passive", {"cues._cue": unless(lambda *args: args[-1])}, "cue-passive"),
        Mutation("rare verbs", {"verbs.cue_verbs": _not_rare}, "cue-rare"),
        Mutation("verbs as attributes", {"cues.is_attribute": gives(False)}, "cue-other-sense"),
        Mutation(
            "subject in front",
            {"participants._subject_in_front": gives(None)},
            _SUBJECTS,
            "speaker-* cluster-*",
        ),
        Mutation(
            "subject behind", {"participants._free_phrases": gives(())}, _SUBJECTS, "speaker-* cluster-*"
        ),
        Mutation("subject, verb last", {"participants._verb_final_subject": gives(None)}, "", "speaker-*"),
        Mutation("shared subject", {"participants._shared_subject": gives(None)}, ""),
        Mutation("agent", {"participants._agent": gives(None)}, "", "cue-passive speaker-*", quotes=False),
        Mutation("addressee", {"participants._addressee": gives(None)}, "", quotes=False),
        Mutation("apposition", {"nouns.with_apposition": second}, "speaker-apposition", quotes=False),
        Mutation("inserted clauses", {"clauses._with_inserts": second}, "speaker-apposition", quotes=False),
        Mutation("und in phrases", {"nouns._modifier": not_joined}, "speaker-two", quotes=False),
        Mutation(
            "genitives in phrases",
            {"nouns._modifier": gives(None)},
            "speaker-apposition source-angaben",
            "source-* speaker-*",
            quotes=False,
        ),
        Mutation(
            "pronouns",
            {"participants.participants": _no_pronoun},
            "speaker-pronoun speaker-woman-and-man",
            "speaker-* cluster-*",
            quotes=False,
        ),
        Mutation(
            "carried speaker", {"assembly.assembled": _not_carried}, "speaker-sentence-before", quotes=False
        ),
        Mutation(
            "speaker heard before",
            {"pipeline._speaker_without_quote": gives(None), "pipeline._able_subject": gives(None)},
            "speaker-sentence-before",
            quotes=False,
        ),
        Mutation(
            "surnames", {"names.full_names": gives({})}, "cluster-speakers cluster-full-*", quotes=False
        ),
        Mutation(
            "earlier speakers",
            {"names.Speakers._recent": gives([])},
            "cluster-speakers cluster-function cluster-pronoun",
            quotes=False,
        ),
        Mutation(
            "gender", {"names.is_female": gives(None)}, "cluster-speakers cluster-pronoun", quotes=False
        ),
    ),
    "gazetteer": (
        # A town stands in most templates of names, as somewhere.
        Mutation("cities", {"names._cities": gives(())}, "place-name place-genitive place-compound", "*"),
        Mutation(
            "territories",
            {"names._territories": gives(())},
            "place-name place-genitive place-compound metonymy-actor metonymy-place",
            "not-names two-levels",
        ),
        Mutation("places", {"names._lines": emptied("places.txt")}, "place-name place-genitive"),
        Mutation(
            "adjectives",
            {"names._adjectives": gives(())},
            "place-adjective place-inhabitants",
            "name-hyphens",
        ),
        Mutation("inhabitants", {"names._inhabitants": gives(())}, "place-adjective place-inhabitants"),
        Mutation(
            "organisations",
            {"names._lines": emptied("organisations.txt")},
            "org-name org-inflected org-compound",
            "not-names two-levels metonymy-org name-*",
        ),
        Mutation(
            "other", {"names._lines": emptied("other.txt")}, "other-name other-inflected other-compound"
        ),
        Mutation("first names", {"names.words": emptied("first_names.txt")}, "person-like-place"),
        Mutation("stop", {"names.words": emptied("stop.txt")}, "name-is-word"),
        Mutation(
            "compounds",
            {"names.compound": gives(None)},
            "place-compound org-compound other-compound",
            "name-hyphens",
        ),
        Mutation(
            "genitives",
            {"names._genitives": lambda _: lambda name: (name,)},
            "place-genitive org-inflected",
            "not-names two-levels",
        ),
        Mutation(
            "endings of adjectives",
            {"names._inflected": lambda _: lambda name: (name.replace("~", "e"),)},
            "org-inflected two-levels",
        ),
    ),
    "hanta": (
        Mutation("first names", {"hanta.Hanta._person": gives(None)}, "name-person"),
        Mutation("institutions", {"hanta.Hanta._headed": gives(None)}, "org-name"),
        Mutation("lists", {"hanta.Hanta._listed": gives(None)}, "place-* metonymy-actor metonymy-place", "*"),
        Mutation("proper nouns", {"hanta.Hanta._tagged": gives(None)}, "name-person*", "*"),
        Mutation("doubt", {"hanta.Hanta._is_doubtful": gives(False)}, "not-names", "org-derived"),
        Mutation("signs", {"hanta.Hanta._label": gives(None)}, "name-person person-like-place", "*"),
        Mutation(
            "surnames",
            {"hanta.Hanta._with_surnames": lambda _: lambda self, forms, inside, surnames: inside},
            "name-person person-like-place",
        ),
        Mutation("genitives", {"hanta._bare": first}, "name-person-genitive"),
    ),
}


def _modules() -> list[Any]:
    return [module for name, module in list(sys.modules.items()) if name.startswith(HERE)]


def _forget() -> None:
    """Empties what the extractors keep."""
    for module in _modules():
        for value in list(vars(module).values()):
            if hasattr(value, "cache_clear"):
                value.cache_clear()


@contextmanager
def mutated(mutation: Mutation, package: str) -> Iterator[None]:
    """With what it switches off replaced, wherever it is imported; behind a colon in that module alone."""
    with pytest.MonkeyPatch.context() as patch:
        for place, change in mutation.off.items():
            module, _, name = place.replace(":", ".").partition(".")
            owner: Any = import_module(f"{package}.{module}")
            *within, name = name.split(".")
            for one in within:
                owner = getattr(owner, one)
            old = getattr(owner, name)
            new = change(old)
            patch.setattr(owner, name, new)
            for other in _modules() if ":" not in place else ():
                if vars(other).get(name) is old:
                    patch.setattr(other, name, new)
        _forget()
        yield
    _forget()


@dataclass
class Answered:
    """Says of each text what stands under its id."""

    answers: Mapping[str, Annotations]
    finds: Sequence[str]

    def extract(self, texts: Iterable[Text]) -> Iterator[Annotations]:
        for text in texts:
            yield self.answers[text.id]


def answers_of(system: str, texts: Sequence[Text], mutation: Mutation | None = None) -> list[Annotations]:
    make = SYSTEMS[system][0]
    if mutation is None:
        return list(make().extract(texts))
    with mutated(mutation, f"{HERE}.quotes_de" if system == "quotes-de" else HERE):
        return list(make().extract(texts))


def scores(system: str, documents: Sequence[Document], answers: Sequence[Annotations]) -> list[float]:
    """F1 of the task that each document tests, strictly; 1 where there is nothing and nothing is found."""
    ids = [f"{number:06}" for number in range(len(documents))]
    copies = [replace(document, id=id) for document, id in zip(documents, ids, strict=True)]
    extractor = Answered(dict(zip(ids, answers, strict=True)), SYSTEMS[system][0].finds)
    (scored,) = evaluate({"it": extractor}, Corpus.of("variants", copies), schema="strict").systems
    tests = [dict(document.meta)["tests"] for document in documents]
    f1 = {}
    for name in set(tests):
        result = scored.scores[TESTED[name].layer][TESTED[name].schema]
        assert result.per_unit is not None
        gold, predicted, *hits = result.per_unit.T
        both = gold + predicted
        f1[name] = np.where(both, sum(hits) / result.scale / np.maximum(both, 1), 1.0)
    return [float(f1[name][i]) for i, name in enumerate(tests)]


@dataclass(frozen=True)
class Cell:
    """What a mutation does to a phenomenon: how many units it lowers, raises, of all; and the p-value."""

    worse: int
    better: int
    units: int
    p: float


def sign_test(worse: int, better: int) -> float:
    """Exact, two-sided: as McNemar's test."""
    n, low = worse + better, min(worse, better)
    return float(min(1.0, 2 * sum(comb(n, i) for i in range(low + 1)) / 2**n))


def adjusted(cells: Mapping[tuple[str, str], Cell]) -> dict[tuple[str, str], float]:
    """By Holm over the cells that enough units change in to be significant at all (Tarone 1990)."""
    least = sorted(sign_test(cell.worse + cell.better, 0) for cell in cells.values())
    family = next(k for k in range(1, len(cells) + 2) if sum(p <= LEVEL / k for p in least) <= k)
    asked = [k for k, cell in cells.items() if sign_test(cell.worse + cell.better, 0) <= LEVEL / family]
    found = holm([cells[k].p for k in asked])
    return dict.fromkeys(cells, 1.0) | {k: p for k, p in zip(asked, found, strict=True) if p is not None}


@dataclass(frozen=True)
class Matrix:
    """The mean score of each phenomenon (with what it tests) before, how many answers each mutation changes,
    and each mutation with each phenomenon."""

    before: Mapping[tuple[str, str], float]
    changed: Mapping[str, int]
    cells: Mapping[tuple[str, str], Cell]


def matrix(system: str, documents: Sequence[Document]) -> Matrix:
    texts = [Text(document.text, document.id) for document in documents]
    before = answers_of(system, texts)
    pieces: list[tuple[str, int, Annotations]] = [("", i, one) for i, one in enumerate(before)]
    for mutation in MUTATIONS[system]:
        after = answers_of(system, texts, mutation)
        pieces += [(mutation.name, i, one) for i, one in enumerate(after) if one != before[i]]
    scored = scores(system, [documents[i] for _, i, _ in pieces], [one for *_, one in pieces])
    own = scored[: len(documents)]
    change: dict[str, dict[int, float]] = defaultdict(dict)
    for (name, i, _), score in zip(pieces[len(documents) :], scored[len(documents) :], strict=True):
        change[name][i] = score - own[i]
    probes = Probes.of(given_in(Batch.of(documents)))
    assert probes is not None
    unit = probes.units()
    cells = {}
    for mutation in MUTATIONS[system]:
        for (phenomenon, _), places in probes.phenomena().items():
            moved: dict[int, float] = dict.fromkeys(unit[places].tolist(), 0.0)
            for i in places.tolist():
                moved[int(unit[i])] += change[mutation.name].get(i, 0.0)
            worse, better = (sum(sign * one < 0 for one in moved.values()) for sign in (1, -1))
            cells[mutation.name, phenomenon] = Cell(worse, better, len(moved), sign_test(worse, better))
    before_each = {
        key: float(np.mean([own[i] for i in places])) for key, places in probes.phenomena().items()
    }
    return Matrix(before_each, {one.name: len(change[one.name]) for one in MUTATIONS[system]}, cells)


def _cell(phenomenon: str, cell: Cell) -> str:
    signs = [f"{sign}{count}" for sign, count in (("−", cell.worse), ("+", cell.better)) if count]
    return f"`{phenomenon}` {' '.join(signs) or 0} of {cell.units}"


@dataclass(frozen=True)
class Row:
    """What a mutation moves significantly, by whether it should."""

    mutation: Mutation
    changed: int
    fell: Sequence[str]
    kept: Sequence[str]
    carried: Sequence[str]
    strange: Sequence[str]
    rose: Sequence[str]

    def __str__(self) -> str:
        carried = [f"{len(self.carried)} others"] if len(self.carried) > 4 else self.carried
        lists = (self.fell, self.kept, carried, self.strange, self.rose)
        cells = (", ".join(one) or "–" for one in lists)
        return f"| {self.mutation.name} | {self.changed} | {' | '.join(cells)} |"


def rows_of(system: str, found: Matrix) -> Iterator[Row]:
    p = adjusted(found.cells)
    for one in MUTATIONS[system]:
        lists: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for phenomenon, tests in found.before:
            key, expected = (one.name, phenomenon), one.expects(phenomenon, tests)
            cell, moved = found.cells[key], p[key] < LEVEL
            fell = moved and cell.worse > cell.better
            kind = expected if fell else "rose" if moved else "kept" if expected == "aims" else "none"
            lists[kind].append((cell.p, _cell(phenomenon, cell)))
        shown = {kind: [text for _, text in sorted(own)] for kind, own in lists.items()}
        kinds = ("aims", "kept", "carried", "", "rose")
        yield Row(one, found.changed[one.name], *(shown.get(kind, []) for kind in kinds))


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_names_a_rule_falls_without_it(system: str, capsys: pytest.CaptureFixture[str]) -> None:
    finds = SYSTEMS[system][1]
    documents = [one for one in load_corpus(CORPUS) if dict(one.meta)["tests"] in finds]
    found = matrix(system, documents)
    rows, p = list(rows_of(system, found)), adjusted(found.cells)
    unmoved = [key for key in found.before if min(p[one.name, key[0]] for one in MUTATIONS[system]) >= LEVEL]
    with capsys.disabled():
        print(
            f"\n## {system}: {len(documents)} documents, {len(rows)} mutations, {len(found.before)} phenomena"
        )
        print("| without | answers | falls | should fall | by means of it | falls beside | rises |")
        print("| --- | ---: | --- | --- | --- | --- | --- |")
        print(*rows, sep="\n")
        print(
            "nothing moves:",
            ", ".join(f"`{name}` {found.before[name, tests]:.2f}" for name, tests in unmoved),
        )
        moves = [
            row.mutation.name for row in rows if not (row.fell or row.carried or row.strange or row.rose)
        ]
        print("move nothing:", ", ".join(moves))
        aimed = [row for row in rows if row.fell or row.kept]
        print(
            f"{sum(bool(row.fell) for row in aimed)} of {len(aimed)} with an aim lower one of their phenomena"
        )
    assert [row.mutation.name for row in rows if row.strange] == []
