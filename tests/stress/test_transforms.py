"""Every transformation on generated documents and on the gold: nothing lost, nothing broken."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from collections.abc import Callable

import pytest
from changed_texts import NAMES, SPECS, broken_rules
from hypothesis import given
from hypothesis import strategies as st
from strategies import documents, examples

from wortlaut.annotations.carry import Transformed
from wortlaut.corpus.load import load_corpus
from wortlaut.model import Annotations, Cluster, Document, Entity, Quote, Span
from wortlaut.stress.registry import built_in, transform

[GOLD] = load_corpus("gold").documents
#: Warnings that a transformation must cause: a direct quote without marks.
CAUSED = {"quotes-none": {"L01"}}


def accounted(before: Document, after: Transformed) -> None:
    """Each annotation is carried along or dropped with a reason; the carried ones are as they were."""
    a, b, kept = before.annotations, after.document.annotations, after.kept
    for number, total in ((len(kept.entities), len(a.entities)), (len(kept.quotes), len(a.quotes))):
        assert number == total or after.dropped
    gone = sum(line.startswith("entity ") for line in after.dropped)
    assert len(kept.entities) + gone == len(a.entities)
    old, new = kept.of(a), kept.of_new(b)
    for first, second in zip(old.entities, new.entities, strict=True):
        assert (first.label, first.level, first.entity) == (second.label, second.level, second.entity)
    for one, other in zip(old.quotes, new.quotes, strict=True):
        assert (one.id, one.type, one.parent) == (other.id, other.type, other.parent)
        for role in ("content", "cue", "speaker", "addressee", "frame"):
            assert (one.role(role) is None) == (other.role(role) is None)
    for cluster, same in zip(old.clusters, new.clusters, strict=True):
        assert cluster.id == same.id and len(cluster.mentions) == len(same.mentions)


@pytest.mark.parametrize("spec", SPECS)
@examples(10)
@given(document=documents(), seed=st.integers(0, 3))
def test_gold_is_carried_along_and_no_rule_is_newly_broken(spec: str, document: Document, seed: int) -> None:
    after = transform(document, spec, seed)
    accounted(document, after)
    before, now = broken_rules(document), broken_rules(after.document)
    new = {rule for rule in now if rule[0] in "ORS" and now[rule] > before[rule]}
    assert new == set(), after.document
    assert after.monotone or spec == "sentences-shuffled"
    assert transform(document, spec, seed) == after


@pytest.mark.parametrize("spec", SPECS)
def test_the_gold_stays_valid(spec: str) -> None:
    after = transform(GOLD, spec)
    accounted(GOLD, after)
    assert set(broken_rules(after.document)) <= CAUSED.get(spec, set())
    assert after.dropped == () or spec == "truncated"


@given(document=documents(), specs=st.lists(st.sampled_from(SPECS), min_size=2, max_size=3))
def test_several_in_a_row_are_each_one_of_the_other(document: Document, specs: list[str]) -> None:
    after = transform(document, "+".join(specs))
    accounted(document, after) if not after.added else None
    assert len(after.maps) == len(specs)
    for old, new in zip(after.kept.of(document.annotations).entities, after.document.entities, strict=False):
        moved = after.span(old.span)
        assert moved is not None and set(new.span.text(after.document.text)) <= set(
            moved.text(after.document.text)
        )


def inverted(spec: str, document: Document) -> Document:
    inverse = built_in()[spec].inverse
    assert inverse is not None
    return transform(document, f"{spec}+{inverse}").document


@pytest.mark.parametrize("spec", [name for name, one in built_in().items() if one.inverse])
def test_inverse_ones_invert_the_gold(spec: str) -> None:
    assert inverted(spec, GOLD if spec != "nfc" else transform(GOLD, "nfd").document) == (
        GOLD if spec != "nfc" else transform(GOLD, "nfd").document
    )


@given(document=documents())
def test_normal_forms_invert_each_other(document: Document) -> None:
    """Where the text was in the form, and no annotation ends between a letter and its mark."""
    nfc = transform(document, "nfc").document
    if unicodedata.normalize("NFC", nfc.text) == nfc.text:
        nfd = transform(nfc, "nfd").document
        assert transform(nfd, "nfc").document == nfc


MARKED = st.lists(
    st.sampled_from(("„Ja“, sagte er. ", "Sie rief: „Er sagte ‚nein‘ zu mir.“ ", "Nichts. ", "„So 🙂“\r\n")),
    max_size=6,
).map("".join)


@pytest.mark.parametrize("style", ["straight", "guillemets", "french", "single"])
@given(text=MARKED)
def test_quotation_marks_come_back(style: str, text: str) -> None:
    document = Document("d", text)
    assert inverted(f"quotes-{style}", document) == document


def test_chance_depends_on_seed_id_and_name_alone() -> None:
    texts = {
        (seed, id, spec): transform(Document(id, GOLD.text), spec, seed).document.text
        for seed in (0, 1)
        for id in ("a", "b")
        for spec in ("typos", "typos?rate=0.03")
    }
    assert len(set(texts.values())) == len(texts)
    code = (
        "import sys; from wortlaut.model import Document; from wortlaut.stress.registry import transform;"
        "new = transform(Document('a', sys.stdin.read()), 'typos', 1).document;"
        "sys.stdout.buffer.write(new.text.encode())"
    )
    done = subprocess.run([sys.executable, "-c", code], input=GOLD.text.encode(), capture_output=True)
    assert done.stdout.decode() == texts[1, "a", "typos"], done.stderr


def test_an_empty_document() -> None:
    for spec in SPECS:
        after = transform(Document("d", ""), spec)
        assert after.document.annotations == Annotations() and not after.dropped
        assert after.document.text == "" or spec.startswith(("boilerplate", "long"))


# --- what each does ---


@pytest.mark.parametrize(
    ("text", "fragments", "expected"),
    [
        ("Ja!\n  „Ja“,  Bonn", ((2, 7), (12, 15)), ((2, 3), (10, 13))),
        ("„Ja“, Bonn\n", ((0, 1), (2, 3), (4, 11)), ((1, 9),)),
        (" „Ja“ Bonn", ((0, 2), (4, 5), (6, 10)), ((0, 1), (4, 8))),
    ],
)
def test_a_fragment_is_without_white_space_where_it_was(
    text: str, fragments: tuple[tuple[int, int], ...], expected: tuple[tuple[int, int], ...]
) -> None:
    """Beside one that was not, and where the mark at its edge is gone."""
    before = Document("d", text, Annotations((Entity(Span(fragments), "PER"),)))
    (entity,) = transform(before, "quotes-none").document.entities
    assert entity.span.fragments == expected


def document(text: str, *names: tuple[str, str], entity: Callable[[str], str] | None = None) -> Document:
    """A document with the names annotated in order, each where it next stands."""
    entities, at = [], 0
    for name, label in names:
        start = text.index(name, at)
        entities.append(
            Entity(Span.of(start, start + len(name)), label, entity=entity(name) if entity else None)
        )
        at = start + len(name)
    return Document("d", text, Annotations(tuple(entities)))


WORDS = "Über Füße sagte sie: „Ich heiße ‚Ä‘.“"
DONE = {
    "quotes-straight": "Über Füße sagte sie: \"Ich heiße 'Ä'.\"",
    "quotes-guillemets": "Über Füße sagte sie: »Ich heiße ›Ä‹.«",
    "quotes-french": "Über Füße sagte sie: «Ich heiße ‹Ä›.»",
    "quotes-single": "Über Füße sagte sie: ‚Ich heiße „Ä“.‘",
    "quotes-none": "Über Füße sagte sie: Ich heiße Ä.",
    "umlauts-ascii": "Ueber Fueße sagte sie: „Ich heiße ‚Ae‘.“",
    "ss": "Über Füsse sagte sie: „Ich heisse ‚Ä‘.“",
    "nfd": unicodedata.normalize("NFD", WORDS),
    "capitals": "ÜBER FÜSSE SAGTE SIE: „ICH HEISSE ‚Ä‘.“",
    "lower": "über füße sagte sie: „ich heiße ‚ä‘.“",
    "no-full-stops": "Über Füße sagte sie: „Ich heiße ‚Ä‘“",
    "line-breaks?width=12": "Über Füße\nsagte sie:\n„Ich heiße\n‚Ä‘.“",
    "nbsp?rate=1": WORDS.replace(" ", "\u00a0"),
    "thin-spaces?rate=1": WORDS.replace(" ", "\u2009"),
    "typos?rate=0": WORDS,
    "ocr?rate=0": WORDS,
}


@pytest.mark.parametrize("spec", DONE)
def test_what_becomes_of_words(spec: str) -> None:
    assert transform(Document("d", WORDS), spec).document.text == DONE[spec]


def test_words_are_divided() -> None:
    text = "Der Präsident der Nachrichtenagentur trat am Sonntagnachmittag zurück."
    assert transform(Document("d", text), "hyphenation?width=21").document.text == (
        "Der Präsident der\nNachrichtenagentur\ntrat am Sonn-\ntagnachmittag zurück."
    )
    shy = transform(Document("d", "Präsidenten"), "soft-hyphens").document.text
    assert shy == "Prä\u00adsi\u00adden\u00adten"
    shy = transform(Document("d", "verantwortungsvoll hereinbrechen"), "soft-hyphens").document.text
    assert "ve\u00adr" not in shy and "he\u00adr" not in shy


def test_capital_umlauts_and_abbreviations() -> None:
    assert transform(Document("d", "ÜBER Öl, Ä."), "umlauts-ascii").document.text == "UEBER Oel, Ae."
    text = "Dr. Meier kam am 3. Mai. Er ging."
    assert transform(Document("d", text), "no-full-stops").document.text == "Dr. Meier kam am 3. Mai Er ging"


def test_names_keep_their_genitive_and_one_person_one_name() -> None:
    before = document(
        "Wladimir Putin traf Kim Jong Un. Putins Treffen mit Kim, Kims Reise: Putin kam aus Russland, die"
        " russische Delegation aus Wladiwostok, sagt Yonhap.",
        *(
            ("Wladimir Putin", "PER"),
            ("Kim Jong Un", "PER"),
            ("Putins", "PER"),
            ("Kim", "PER"),
            ("Kims", "PER"),
        ),
        *(("Putin", "PER"), ("Russland", "LOC"), ("russische", "LOCderiv"), ("Wladiwostok", "LOC")),
        ("Yonhap", "ORG"),
        entity=lambda name: (
            {"W": "p", "P": "p", "K": "k", "R": "r", "r": "r"}.get(name[0], name)
            if name != "Wladiwostok"
            else name
        ),
    )
    clusters = (Cluster("p", "Wladimir Putin"), Cluster("k", "Kim Jong Un"), Cluster("r", "Russland"))
    before = before.with_annotations(Annotations(before.entities, (), clusters))
    for kind in ("frequent", "rare", "foreign", "feminine"):
        after = transform(before, f"names-{kind}")
        assert after.left == () and after.dropped == ()
        putin, kim, putins, kim2, kims, putin2, land, adjective, place, org = (
            entity.span.text(after.document.text) for entity in after.document.entities
        )
        assert " " in putin and putins == putin2 + "s" and putin.endswith(" " + putin2)
        assert kims == kim2 + "s" and kim.endswith(" " + kim2)
        assert adjective.lower().startswith(land[:2].lower()) and adjective.endswith("sche")
        assert len({putin2, kim2, land, place, org}) == 5
        assert not {"Putin", "Kim", "Russland", "Wladiwostok", "Yonhap"} & set(after.document.text.split())
        assert [c.name for c in after.document.clusters] == [putin, kim, land]


def test_a_cluster_is_never_called_half_by_a_new_name() -> None:
    before = document(
        "Kim kam aus Russland an, sagten deutsche Beamte. Kims Zug fuhr.",
        *(("Kim", "PER"), ("Russland", "LOC"), ("deutsche", "LOCderiv"), ("Kims", "PER")),
        entity=lambda name: {"K": "k", "R": "r", "d": "d"}[name[0]],
    )
    names = (Cluster("k", "Kim Jong Un"), Cluster("r", "Russland"), Cluster("d", "Deutschland"))
    beamte = Cluster("b", "deutsche Beamte", aliases=("Kim Jong Uns Leute",))
    before = before.with_annotations(Annotations(before.entities, (), (*names, beamte)))
    after = transform(before, "names-frequent")
    assert after.left == ()
    kim, _, deutsche, _ = (entity.span.text(after.document.text) for entity in after.document.entities)
    called = {cluster.id: cluster for cluster in after.document.clusters}
    assert called["k"].name == f"{called['k'].name.split()[0]} {kim}"
    assert called["d"].name != "Deutschland" and called["b"].name == f"{deutsche} Beamte"
    assert called["b"].aliases == (f"{called['k'].name}s Leute",)


def test_names_without_clusters_belong_to_the_one_whose_last_word_they_are() -> None:
    before = document(
        "Anna Seghof kam. Seghofs Rede war kurz. Seghof ging.",
        *(("Anna Seghof", "PER"), ("Seghofs", "PER"), ("Seghof", "PER")),
    )
    after = transform(before, "names-rare").document
    first, second, third = (entity.span.text(after.text) for entity in after.entities)
    assert first.endswith(f" {third}") and second == f"{third}s"


def test_a_country_and_a_city_in_the_genitive_have_one() -> None:
    before = document("Irlands Süden und Dortmunds Norden.", ("Irlands", "LOC"), ("Dortmunds", "LOC"))
    for kind in ("frequent", "rare", "foreign"):
        after = transform(before, f"names-{kind}").document
        assert all(entity.span.text(after.text).endswith("s") for entity in after.entities)
        assert "Irland" not in after.text and "Dortmund" not in after.text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Er lebt in der Ukraine.", [("Ukraine", "LOC")]),  # its article would not agree
        ("Die Vereinten Nationen tagen.", [("Vereinten Nationen", "ORG")]),
        ("Im Berlin-Tegel-Museum.", [("Berlin-Tegel-Museum", "LOCpart")]),
        ("Merkels Rede.", [("Merkels", "PER")]),  # a genitive, or a name in -s
    ],
)
def test_names_that_cannot_be_rewritten_are_left_and_reported(
    text: str, names: list[tuple[str, str]]
) -> None:
    after = transform(document(text, *names), "names-frequent")
    assert after.document.text == text
    assert len(after.left) == 1


ROLES = {
    "„Ja“, sagte ein Sprecher.": "„Ja“, sagte eine Sprecherin.",
    "Der Sprecher ging.": "Die Sprecherin ging.",
    "Sie sah den russischen Präsidenten Igor Wolf.": "Sie sah die russische Präsidentin Igor Wolf.",
    "Das Büro des neuen Präsidenten schwieg.": "Das Büro der neuen Präsidentin schwieg.",
    "Das Wort eines erfahrenen Botschafters gilt.": "Das Wort einer erfahrenen Botschafterin gilt.",
    "Ein neuer Minister kam.": "Eine neue Ministerin kam.",
    "Sie sah den früheren Berliner Minister.": "Sie sah die frühere Berliner Ministerin.",
    "Sie half dem alten Regierungssprecher.": "Sie half der alten Regierungssprecherin.",
    "Präsident Igor Wolf ging.": "Präsidentin Igor Wolf ging.",
    "Das sagte Präsident Igor Wolf.": "Das sagte Präsidentin Igor Wolf.",
    "Da kam Igor Wolf, Sprecher der Bahn.": "Da kam Igor Wolf, Sprecherin der Bahn.",
}
LEFT = (
    "Sie traf den Präsidenten.",  # one, or several in the dative
    "Die Rede der Sprecher war lang.",  # several
    "Der Präsident sagte, er komme.",
    "Der Sprecher ging. Er kam nicht zurück.",
    "Der Minister, der ging, kam.",
    "Bei einem Treffen der Minister sprach sie.",  # the article belongs to another noun
    "Sie kam nach dem Sieg der Trainer.",
    "Es gab Präsidenten.",
    "Sie versuchten, Kritiker zu hören.",
    "Kritiker schwiegen.",
    "Da kam Regierender Bürgermeister Igor Wolf.",
    "Der bei Bonn ansässige Politiker Igor Wolf kam.",
)


@pytest.mark.parametrize("text", [*ROLES, *LEFT])
def test_roles(text: str) -> None:
    names = [("Igor Wolf", "PER")] if "Igor Wolf" in text else []
    after = transform(document(text, *names), "roles-feminine")
    assert after.document.text == ROLES.get(text, text)
    assert bool(after.left) == (text in LEFT)


def test_dates() -> None:
    text = "Am Dienstag, dem 31. Mai 2022, im Mai und am Sonntagnachmittag: Bundestag, 1.2022 Mark, Dienst."
    after = transform(Document("d", text), "dates-shifted").document.text
    assert "Bundestag, 1.2022 Mark, Dienst." in after and " 2022" not in after.partition("1.2022")[0]
    assert "Dienstag" not in after and "Sonntag" not in after and "Mai" not in after
    assert after.count("nachmittag") == 1


def test_sentences_that_an_annotation_holds_together_stay_together() -> None:
    text = "A kam. „B geht. Er geht.“ C rief es. D schlief."
    start = text.index("„")
    quote = Quote(
        "q", "direct", Span.of(start, text.index("“") + 1), cue=Span.of(text.index("rief"), text.index(" es"))
    )
    for seed in range(5):
        after = transform(Document("d", text, Annotations(quotes=(quote,))), "sentences-shuffled", seed)
        assert "„B geht. Er geht.“ C rief es." in after.document.text
        assert sorted(after.document.text.split()) == sorted(text.split())
    texts = {transform(Document("d", text), "sentences-shuffled", seed).document.text for seed in range(9)}
    assert len(texts) > 1


def test_what_is_cut_off_is_reported() -> None:
    after = transform(GOLD, "truncated")
    assert GOLD.text.startswith(after.document.text)
    assert len(after.kept.entities) + sum(d.startswith("entity ") for d in after.dropped) == len(
        GOLD.entities
    )
    assert any("quote q14" in line for line in after.dropped)


def test_around_and_joined() -> None:
    for spec in ("boilerplate", "long?characters=5000", "joined"):
        after = transform(GOLD, spec)
        assert GOLD.text in after.document.text
        assert after.span(Span.of(0, len(GOLD.text))) is not None
    long = transform(GOLD, "long?characters=5000").document.text
    assert 5000 <= len(long) < 5800
    joined = transform(GOLD, "joined")
    assert len(joined.document.entities) == len(GOLD.entities) + 3
    assert len(joined.added) == 1
    [place] = joined.added
    assert place.text(joined.document.text).startswith("Die Stadtwerke Lindenau")


def test_noise_is_near_its_rate_and_leaves_boundaries_alone() -> None:
    for spec in ("typos?rate=0.2", "ocr?rate=0.2"):
        after = transform(GOLD, spec)
        assert after.dropped == ()
        changed = sum(not piece.copied for piece in after.maps[0].pieces)
        assert 0.05 * len(GOLD.text) < changed < 0.25 * len(GOLD.text)


def test_every_transformation_says_what_it_is() -> None:
    for name, one in built_in().items():
        assert one.name == name and one.does and one.meaning in ("same", "changed", "blurred")
        assert one.inverse is None or one.inverse in NAMES
