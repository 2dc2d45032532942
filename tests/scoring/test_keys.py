"""Keys and signatures: the texts that files hold, and which scores can be compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wortlaut.scoring.keys import ScoreKey, Signature, differences
from wortlaut.scoring.labels import projection
from wortlaut.scoring.uncertainty import Resampling

WHOLE = Signature("gold", "0123456789abcdef", "all", schemas=("strict", "overlap@0.5"), version="1")


@pytest.mark.parametrize(
    ("layer", "schema", "key"),
    [
        ("entities", "overlap@0.5", ScoreKey("entities", "overlap@0.5")),
        ("cues@matched", "overlap@0.5", ScoreKey("cues", "overlap@0.5", "matched")),
        ("speakers", "strict@matched", ScoreKey("speakers", "strict", "matched")),
        ("speakers", "entity@gold", ScoreKey("speakers", "entity", "gold")),
        ("made@up", "strict", ScoreKey("made@up", "strict")),
    ],
)
def test_a_key_has_the_names_of_files(layer: str, schema: str, key: ScoreKey) -> None:
    assert ScoreKey.named(layer, schema) == key
    assert (key.layer, key.variant) == (layer, schema)


def test_the_text_of_a_signature() -> None:
    conll4 = replace(WHOLE, projection=projection("conll4"))
    assert str(conll4) == (
        "wortlaut|corpus:gold@0123456789ab|layer:all|labels:conll4|schema:strict+overlap@0.5|avg:micro"
        "|resample:document,jackknife|v:1"
    )
    at = replace(WHOLE, corpus="conll?tag=3:/home/me/gold.conll")
    assert "|corpus:conll?tag=3:gold.conll@0123456789ab|" in str(at)  # no folder of somebody's machine
    above = replace(WHOLE, corpus="conll:../me/gold.conll")
    assert "|corpus:conll:gold.conll@0123456789ab|" in str(above)
    assert "|schema:strict+overlap@0.5|scheme:IOB2|avg:micro|" in str(replace(WHOLE, scheme="IOB2"))
    one = conll4.of(ScoreKey("speakers", "strict", "matched"))
    assert str(one).startswith("wortlaut|corpus:gold@0123456789ab|layer:speakers|schema:strict@matched|avg")
    assert "layer:cues@matched|schema:strict|" in str(conll4.of(ScoreKey("cues", "strict", "matched")))
    assert "|labels:conll4|" in str(conll4.of(ScoreKey("entities", "strict")))
    loose = Signature(by="length", schemas=("strict",), resampling=Resampling(samples=0), version="1")
    assert str(loose) == "wortlaut|layer:spans by length|schema:strict|avg:micro|resample:none|v:1"


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"version": "2"}, set()),
        ({"corpus": "copy"}, set()),
        ({"hash": "f"}, {"corpus hash"}),
        ({"schemas": ("strict",)}, {"schemas and projection"}),
        ({"projection": projection("coarse")}, {"schemas and projection"}),
        ({"average": "macro"}, {"task or average"}),
        ({"scheme": "IOB2"}, {"task or average"}),
        ({"resampling": Resampling("sentence")}, {"resampled units"}),
        ({"resampling": Resampling(samples=1000, seed=1)}, set()),
    ],
)
def test_what_keeps_scores_from_being_compared(changed: dict[str, object], what: set[str]) -> None:
    other = replace(WHOLE, **changed)  # type: ignore[arg-type]
    assert {name for name, _, _ in differences(WHOLE, other)} == what


def test_projections_with_the_same_text_are_not_the_same() -> None:
    """A label may hold what separates labels in the text."""
    one, other = (projection(labels) for labels in ({"A": "B,C=D"}, {"A": "B", "C": "D"}))
    sides = [replace(WHOLE, projection=side) for side in (one, other)]
    assert str(sides[0]) == str(sides[1])
    ((what, *texts),) = differences(*sides)
    assert what == "schemas and projection"
    assert texts == ["{'A': 'B,C=D'}", "{'A': 'B', 'C': 'D'}"]
