"""Templates: what they may say, what comes out of them, and what is told of a wrong one."""

from __future__ import annotations

import pytest

from wortlaut.errors import WortlautError
from wortlaut.model import Span
from wortlaut.probes.generate import _Draw, generate
from wortlaut.probes.templates import parse

HEAD = "= trial | quotes | A trial.\n"
GOOD = HEAD + (
    "-- trial-01 (P person f; O org company; T time; S statement)\n"
    "  q1: direct; speech; P; explicit\n"
    "  [q1 „{S.V2}“][q1.frame , [q1.cue teilte] [q1.speaker {P.titled}] [q1.cue mit]].\n"
    "  [PERpart:P {P.last~}-Rede] vor {O.dem}: Alle hörten {P.ihm} zu.\n"
)


def made(content: str, **options):
    return list(generate(3, 2, among=list(parse(content, "t.txt")), **options))


def test_text_and_gold_come_out_of_one_walk():
    (document,) = made(GOOD, half="development")
    text, (quote,) = document.text, document.quotes
    assert quote.content.text(text).startswith("„") and quote.content.text(text).endswith("“")
    assert quote.cue is not None and quote.cue.discontinuous and quote.cue.text(text) == "teilte … mit"
    assert quote.frame == Span.of(quote.content.end, text.index("."))
    speaker = next(one for one in document.clusters if one.id == quote.speaker_entity)
    labels = [(entity.label, entity.span.text(text)) for entity in document.entities]
    assert [label for label, _ in labels] == ["PER", "PERpart", "ORG"]
    assert labels[0][1] == speaker.name and labels[1][1] == f"{speaker.aliases[0]}-Rede"
    # The phrase with the function, and the pronoun in the dative; not the body, which says nothing.
    assert [span.text(text) for span in speaker.mentions] == [quote.speaker.text(text), "ihr"]
    assert sum(len(one.mentions) for one in document.clusters) == 2


def test_draws_are_the_same_on_every_platform():
    """SHA-256 of key and number, its first eight bytes as an integer, modulo the choices."""
    draw = _Draw("7\tdirect-before-01\t1\t0")
    assert [draw.one(range(1000)) for _ in range(5)] == [153, 140, 660, 960, 986]


def test_a_preposition_is_in_no_mention():
    text = (
        "-- t-01 (B body)\n  q1: indirect; speech; B; explicit\n"
        "  [q1 Es reiche], hieß es [q1.speaker {B.vom}].\n"
    )
    (document,) = made(HEAD + text, half="development")
    (quote,) = document.quotes
    before = document.text[: quote.speaker.start]
    assert before.endswith(("von ", "vom "))


def test_names_inside_names_are_on_level_two_and_no_deeper():
    text = "-- t-01 (C city)\n  Die [ORG:x Hochschule [OTH:y Neue [LOC:z {C~}]]] öffnet in {C}.\n"
    (document,) = made(HEAD + text, half="development")
    assert [(one.label, one.level) for one in document.entities] == [("ORG", 1), ("OTH", 2), ("LOC", 1)]


def test_quotes_are_numbered_by_place_and_know_their_parents():
    text = (
        "-- t-01 (P person; Q person)\n"
        "  q7: direct; speech; P; explicit\n  q1: indirect; speech; Q; explicit\n"
        "  [q1.frame [q1.speaker {Q}] sagte,] [q1 {P} habe [q7 „Nein“] gerufen; so [q7.speaker {P.er}]].\n"
    )
    (document,) = made(HEAD + text, half="development")
    assert [(one.id, one.type, one.parent) for one in document.quotes] == [
        ("q01", "indirect", None),
        ("q02", "direct", "q01"),
    ]


def test_both_sides_of_a_pair_have_the_same_fillings():
    text = (
        "-- t-01 (P person; C city)\n  contrast one-two\n  a {P} fährt nach {C}.\n  b {P} fährt nach Haus.\n"
    )
    a, b = made(HEAD + text, half="development")
    assert (a.text.split(" nach ")[0], dict(a.meta)["pair"]) == (
        b.text.split(" nach ")[0],
        dict(b.meta)["pair"],
    )
    assert (dict(a.meta)["side"], dict(b.meta)["side"]) == ("a", "b") and len(a.entities) == len(
        b.entities
    ) + 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("-- t-01\n  Es regnet.\n", "a template before any phenomenon"),
        ("= x | weather | y\n", "no phenomenon with its task"),
        (HEAD + "-- t-01 (P)\n  {P}.\n", "has no kind"),
        (HEAD + "-- t-01 (P persona)\n  {P}.\n", "unknown kind of slot 'persona'"),
        (HEAD + "-- t-01 (P person)\n  {P.warum}.\n", "has no form 'warum'"),
        (HEAD + "-- t-01 (P person)\n  {Q}.\n", "nothing is called 'Q'"),
        (HEAD + "-- t-01 (P person)\n  [P {P}.\n", "not closed"),
        (HEAD + "-- t-01 (P person)\n  {P}].\n", "opens or closes nothing"),
        (HEAD + "-- t-01 (P person)\n  [q1 {P}].\n", "nothing is called 'q1'"),
        (
            HEAD + "-- t-01 (P person)\n  q1: said; speech; P; explicit\n  [q1 {P}].\n",
            "not said as a quote is",
        ),
        (HEAD + "-- t-01 (P person)\n  q1: direct; speech; P; explicit\n  [q1 Ja], {P}.\n", "no [q1.speaker"),
        (HEAD + "-- t-01 (P person)\n  {P}  .\n", "spaces or marks stand wrong"),
        (HEAD + "-- t-01 (P person)\n  contrast x\n  a {P}.\n", "it has the texts"),
        (HEAD + "-- t-01 (P person)\n  [LOCxx:P {P}].\n", "nothing is called 'LOCxx:P'"),
        # `Die Formeln stimmen` has nothing behind its verb: it is not drawn here.
        (
            HEAD + "-- t-01 (S statement stimmen)\n  q1: direct; speech; -; -\n  [q1 {S.tail}].\n",
            "no text in 200",
        ),
    ],
)
def test_a_wrong_template_is_told_with_its_place(content, told):
    with pytest.raises(WortlautError) as caught:
        made(content)
    assert told in str(caught.value) and ("t.txt:" in str(caught.value) or "kind of slot" in told)
