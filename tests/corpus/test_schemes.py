"""Annotations of ours as other schemes have them: what each rule does, what it leaves, what is told of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from command import run
from shared import SHARED, shared_data

from wortlaut import evaluate, load_corpus, score
from wortlaut.corpus.load import Corpus, stream_batches
from wortlaut.corpus.schemes import SCHEMES, in_scheme
from wortlaut.errors import DataError, UnknownNameError
from wortlaut.evaluation.evaluate import Evaluation, score_files
from wortlaut.formats.losses import Losses
from wortlaut.model import Annotations, Document, Entity, Quote, Span
from wortlaut.model.batch import Batch
from wortlaut.records.annotations import parse
from wortlaut.scoring.keys import differences

GERMEVAL, NEWS = SCHEMES
COMMISSION = Document("d", "Die EU-Kommission kam.", Annotations((Entity(Span.of(4, 17), "ORG"),)))

#: A name, its label here, its label there.
NAMES = [
    ("EU-Kommission", "ORG", "ORGpart"),
    ("UN-Sicherheitsrates", "ORG", "ORGpart"),
    ("SPD-Bundestagsfraktion", "ORG", "ORGpart"),
    ("EU-Kommission", "ORGpart", "ORGpart"),
    ("ZDF-Morgenmagazin", "ORG", "ORG"),
    ("Weltsicherheitsrat", "ORG", "ORG"),
    ("Rhein-Neckar-Kreis", "LOC", "LOC"),
    ("Weißen Hauses", "ORG", "LOC"),
    ("Kreml", "ORG", "LOC"),
    ("Kreml", "OTH", "OTH"),
]

#: A text in which roles stand in brackets ([content], (cue), <speaker>, {frame}), and the same there.
#: Brackets do not cross: a frame is named by its words behind a bar.
QUOTES = [
    ("reported", "[<Weiß> (kündigte) den Rücktritt (an).]", "[<Weiß> kündigte den Rücktritt an.]"),
    (
        "indirect",
        "(Nach Angaben) <der Polizei> [kam niemand].|Nach Angaben der Polizei",
        "(Nach) <Angaben der Polizei> [kam niemand].",
    ),
    (
        "indirect",
        "[Es kam niemand], (nach) offiziellen (Angaben).|nach offiziellen Angaben",
        "[Es kam niemand], (nach) <offiziellen Angaben>.",
    ),
    (
        "indirect",
        "<Seiner> (Meinung nach) [kam niemand].|Seiner Meinung nach",
        "<Seiner Meinung> (nach) [kam niemand].",
    ),
    (
        "indirect",
        "(Angaben) <der Polizei> (zufolge) [kam niemand].|Angaben der Polizei zufolge",
        "<Angaben der Polizei> (zufolge) [kam niemand].",
    ),
    (
        "indirect",
        "(Nach den Worten) <des Vaters> [kam niemand].|Nach den Worten des Vaters",
        "(Nach) <den Worten des Vaters> [kam niemand].",
    ),
    ("indirect", "(Nach) <Angaben der Polizei> [kam sie].|Nach Angaben der Polizei", None),
    ("indirect", "(Laut) <Polizei> [kam niemand].|Laut Polizei", None),
    (
        "indirect",
        "[Es kam niemand], wie <Weiß> (sagte).|, wie Weiß sagte",
        "[Es kam niemand], (wie) <Weiß> (sagte).",
    ),
    (
        "indirect",
        "[Es kam niemand], wie (berichtet wurde).|, wie berichtet wurde",
        "[Es kam niemand], (wie berichtet wurde).",
    ),
    ("indirect", "Wie <Weiß> (sagte), [kam niemand].|Wie Weiß sagte,", None),
    ("indirect", "Es (hieß), [es komme niemand].|Es hieß,", "(Es hieß), [es komme niemand]."),
    ("indirect", "Dort (heißt) es, [er komme].|Dort heißt es,", "Dort (heißt es), [er komme]."),
    ("direct", "[„Es reicht“], (sagte) <Weiß>.|, sagte Weiß", None),
]


def quoted(type_: str, marked: str) -> tuple[str, Quote]:
    marked, _, frame = marked.partition("|")
    text, parts, opened = "", {}, []
    for letter in marked:
        if letter in "[(<":
            opened.append(len(text))
        elif letter in "])>":
            parts.setdefault(letter, []).append((opened.pop(), len(text)))
        else:
            text += letter
    roles = {"content": "]", "cue": ")", "speaker": ">"}
    spans = {role: Span.joined(parts[mark]) for role, mark in roles.items() if mark in parts}
    if frame:
        spans["frame"] = Span.of(at := text.index(frame), at + len(frame))
    return text, Quote("q1", type_, **spans)


def changed(name: str, document: Document) -> tuple[Annotations, dict[str, int]]:
    changes = Losses(name)
    (found,) = in_scheme(name, Batch.of([document]), changes).documents()
    assert (found.id, found.text, found.meta) == (document.id, document.text, document.meta)
    (again,) = in_scheme(name, Batch.of([found])).documents()
    assert again == found, "applied twice it changes more"
    told = {change.kind: change.count for change in changes}
    assert told.pop("document", 1) == 1
    return found.annotations, told


@pytest.mark.parametrize(("name", "here", "there"), NAMES)
def test_names_as_germeval_has_them(name, here, there):
    entity = Entity(Span.of(4, 4 + len(name)), here, level=2)
    document = Document("d", f"Der {name} kam.", Annotations((entity,)), (("source", "s"),))
    found, told = changed(GERMEVAL, document)
    assert found.entities == (Entity(entity.span, there, level=2),)
    assert told == ({} if here == there else {"entity.label": 1})


@pytest.mark.parametrize(("type_", "here", "there"), QUOTES)
def test_quotes_as_the_german_news_quotation_corpus_has_them(type_, here, there):
    text, quote = quoted(type_, here)
    frame = here.partition("|")[1:]
    as_there = quoted(type_, there + "".join(frame))[1] if there else quote
    found, _ = changed(NEWS, Document("d", text, Annotations(quotes=(quote,))))
    assert found.quotes == (as_there,)


def test_what_a_scheme_has_no_place_for_is_counted():
    (document,) = load_corpus("gold").documents
    names, told = changed(GERMEVAL, document)
    assert told == {
        "cluster": 26,
        "entity.entity": 54,
        "entity.label": 1,
        "entity.metonymy": 10,
        "entity.note": 1,
        "entity.qid": 44,
        "quote": 16,
    }
    assert len(names.entities) == 54 and not names.quotes and not names.clusters
    moved = [b.label for a, b in zip(document.entities, names.entities, strict=True) if a.label != b.label]
    assert sorted(moved) == ["LOC", "ORGpart", "ORGpart", "ORGpart"]
    quotes, told = changed(NEWS, document)
    assert told["entity"] == 54 and told["quote.attribution"] == 16 and len(quotes.quotes) == 16
    assert [one.parent for one in quotes.quotes] == [one.parent for one in document.quotes]


def test_scores_in_a_scheme_are_named_counted_and_not_compared_with_others():
    corpus = Corpus.of("made", [COMMISSION])

    def find(text: str) -> list[tuple[int, int, str]]:
        return [(4, 17, "ORG")]

    plain = evaluate(find, corpus, schema="strict", samples=0)
    there = evaluate(find, corpus, schema="strict", samples=0, scheme=GERMEVAL)
    assert "|as:germeval2014|schema:strict" in str(there.signature)
    assert there.corpus.hash != plain.corpus.hash
    for notes in (there.notes, there.systems[0].notes):
        assert "ORGpart: entity.label (1), in 1 document" in " ".join(notes)
    (result,) = there.systems[0].results.values()
    assert result.correct == 1 and [*result.per_label] == ["ORGpart"]
    data = json.loads(json.dumps(there.to_dict()))
    assert data["settings"]["conventions"] == GERMEVAL and "conventions" not in plain.to_dict()["settings"]
    assert Evaluation.from_dict(data).to_dict() == there.to_dict()
    same = replace(there.signature, conventions="", hash=plain.signature.hash)
    assert not [*differences(plain.signature, same)]
    apart = [*differences(plain.signature, replace(same, conventions=GERMEVAL))]
    assert apart == [("annotation scheme", "ours", GERMEVAL)]


def test_files_in_the_format_of_the_scheme_are_left_as_they_are(tmp_path):
    rows = "1\tDie\tO\tO\n2\tEU-Kommission\tB-{}\tO\n\n"
    for label in ("ORG", "ORGpart"):
        (tmp_path / f"{label}.tsv").write_text(rows.format(label), "utf-8")
        tagged = {"tokens": ["Die", "EU-Kommission"], "ner_tags": ["O", f"B-{label}"]}
        (tmp_path / f"{label}.jsonl").write_text(json.dumps(tagged) + "\n", "utf-8")

    def right(gold: str, predicted: str) -> int:
        done = score_files(f"{tmp_path}/{gold}", f"{tmp_path}/{predicted}", samples=0, scheme=GERMEVAL)
        (result,) = [one for key, one in done.systems[0].results.items() if key.schema == "strict"]
        for side, notes in ((gold, done.notes), (predicted, done.systems[0].notes)):
            assert any("left as it is" in note for note in notes) == side.endswith("tsv")
        assert result.signature.conventions == GERMEVAL
        both = score(f"{tmp_path}/{gold}", f"{tmp_path}/{predicted}", scheme=GERMEVAL, intervals=False)
        assert both.correct == result.correct and both.signature.conventions == GERMEVAL
        return int(result.correct)

    assert right("ORG.jsonl", "ORGpart.tsv") == 1
    assert right("ORG.jsonl", "ORG.tsv") == 0
    assert right("ORG.tsv", "ORG.jsonl") == 0
    assert right("ORGpart.tsv", "ORG.jsonl") == 1


def test_a_quote_in_the_scheme_is_written_and_read_back(tmp_path):
    out = tmp_path / "news"
    done = run("convert", "gold", out, "--to", NEWS, "--scheme", NEWS, "--json", "-", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert done.returncode == 0 and "G-CUE-07" in {one["reason"][:8] for one in told}
    (read,) = load_corpus(f"{NEWS}:{out}", scheme=NEWS).documents
    (shown,) = load_corpus("gold", scheme=NEWS).documents
    assert [(one.type, *one.spans()) for one in read.quotes] == [
        (one.type, *one.spans()) for one in shown.quotes
    ]


def test_an_unknown_scheme_is_refused_with_those_that_there_are(tmp_path):
    for use in (
        lambda: evaluate("gazetteer", scheme="ours"),
        lambda: score_files("gold", "gold", scheme="ours"),
        lambda: load_corpus("gold", scheme="ours"),
        lambda: score("gold", "gold", scheme="ours"),
    ):
        with pytest.raises(UnknownNameError, match=re.escape("'ours'")) as caught:
            use()
        assert {*SCHEMES} <= {*re.findall(r"[\w-]+", caught.value.hint)}
    with pytest.raises(DataError, match="only texts are shown"):
        score([["B-PER"]], [["O"]], scheme=GERMEVAL)
    refused = run("convert", "gold", "out.tsv", "--to", "germeval", "--scheme", "gnq", cwd=tmp_path)
    assert refused.returncode == 2 and NEWS in refused.stderr and not any(tmp_path.iterdir())


def test_answers_in_words_stay_and_are_counted():
    said = {"id": "d", "entities": [{"text": "EU-Kommission", "label": "ORG"}]}
    found = parse(said, where="d", text=COMMISSION.text, words=True)[1]
    _, told = changed(GERMEVAL, COMMISSION.with_annotations(found))
    assert told["answer"] == 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "ref", "size", "most"),
    [
        (GERMEVAL, "germeval:{}/germeval2014/NER-de-dev.tsv", 2886, {}),
        (NEWS, NEWS + ":{}/german-news-quotation-2024/data/train", 2877, {"G-CUE-07": 6, "G-CUE-01": 6}),
        (NEWS, NEWS + ":{}/german-news-quotation-2024/data/dev", 653, {"G-CUE-07": 1}),
    ],
)
def test_published_data_follow_their_scheme(name, ref, size, most):
    shared_data("germeval2014"), shared_data("german-news-quotation-2024")
    changes, items = Losses(name), 0
    for batch in stream_batches(ref.format(SHARED / "data")):
        items += batch.sizes()[SCHEMES[name].layer]
        in_scheme(name, batch, changes)
    counts: dict[str, int] = {}
    for one in changes:
        if one.kind != "document" and "left as it is" not in one.reason:
            counts[one.reason[:8]] = counts.get(one.reason[:8], 0) + one.count
    assert (items, counts) == (size, most)
