"""Draws the pictures of the docs: python docs/pictures.py

Every number in a picture is computed from the spans that it shows, the map of the code is drawn from its
contract. A test keeps docs/images/ in step.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import wortlaut
from wortlaut import Annotations, Cluster, Corpus, Document, Quote, Span, Text

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
CELL, LANE, LEFT, COLUMN = 8, 30, 84, 46  # width of a character, height of a lane, width of names and columns
COLOURS = {
    "PER": "#d6e8fb",
    "LOC": "#d9f0dc",
    "ORG": "#fbe6cf",
    "CUE": "#efe2f7",
    "direct": "#e6e9ee",
    "cue": "#efe2f7",
    "speaker": "#d6e8fb",
}

AMOUNTS = {0.0: "0", 0.5: "½", 1.0: "1"}

Fragments = Sequence[tuple[int, int]]
Spans = Sequence[tuple[Fragments, str]]


@dataclass(frozen=True)
class Lane:
    """Spans under the text, and what stands in the columns at their right."""

    name: str
    spans: Spans
    cells: Sequence[str] = ()


def at(text: str, *words: str) -> list[tuple[int, int]]:
    return [(text.index(word), text.index(word) + len(word)) for word in words]


def draw(
    title: str,
    text: str,
    lanes: Sequence[Lane],
    columns: Sequence[str] = (),
    *,
    column: int = COLUMN,
    notes: Sequence[str] = (),
) -> str:
    """An image: the text, its lanes with their columns, and lines of notes below."""
    width = LEFT + len(text) * CELL + 12 + len(columns) * column
    height = 34 + len(lanes) * LANE + len(notes) * 18 + (6 if notes else 0)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width * 1.25:g}" '
        'role="img" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12" fill="#16202c">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="6" fill="#fff"/>',
        letters(text, LEFT, 20, size=13),
    ]
    for number, name in enumerate(columns):
        x = LEFT + len(text) * CELL + 12 + number * column + column // 2
        out.append(f'<text x="{x}" y="20" text-anchor="middle" font-size="10">{escape(name)}</text>')
        for row, lane in enumerate(lanes):
            if lane.cells:
                y = 34 + row * LANE + 15
                out.append(f'<text x="{x}" y="{y}" text-anchor="middle">{escape(lane.cells[number])}</text>')
    for row, lane in enumerate(lanes):
        y = 34 + row * LANE
        weight = ' font-weight="bold"' if lane.name.startswith("gold") else ""
        out.append(f'<text x="10" y="{y + 15}"{weight}>{escape(lane.name)}</text>')
        for fragments, label in lane.spans:
            out += box(fragments, label, y, gold=lane.name.startswith("gold"))
    for row, note in enumerate(notes):
        out.append(f'<text x="10" y="{34 + len(lanes) * LANE + 14 + row * 18}">{escape(note)}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def box(fragments: Sequence[tuple[int, int]], label: str, y: int, *, gold: bool) -> list[str]:
    """A span: solid in gold, dashed in a prediction; a line joins its fragments."""
    stroke = "#16202c" if gold else '#16202c" stroke-dasharray="3 2'
    (first, _), *_, (_, last) = [fragments[0], *fragments, fragments[-1]]
    middle = y + 11
    out = []
    if len(fragments) > 1:
        x1, x2 = LEFT + first * CELL, LEFT + last * CELL
        out.append(f'<path d="M{x1} {middle}H{x2}" stroke="{stroke}" fill="none"/>')
    for start, end in fragments:
        x, width = LEFT + start * CELL, (end - start) * CELL
        place = f'x="{x}" y="{y}" width="{width}" height="22" rx="3"'
        out.append(f'<rect {place} fill="{COLOURS[label]}" stroke="{stroke}"/>')
        shown = label if len(label) * 7 < width else label[:1]
        out.append(
            f'<text x="{x + width / 2:g}" y="{middle + 4}" text-anchor="middle" font-size="11">{shown}</text>'
        )
    return out


def letters(text: str, x: int, y: int, *, size: int) -> str:
    """Each character in its cell, whatever the font."""
    places = " ".join(str(x + index * CELL) for index in range(len(text)))
    return f'<text x="{places}" y="{y}" font-size="{size}">{escape(text)}</text>'


def credit(gold: Spans, predicted: Spans, schemas: Sequence[str]) -> list[str]:
    results = wortlaut.score([rows(gold)], [rows(predicted)], schema=list(schemas), intervals=False)
    return [AMOUNTS[results[schema].correct] for schema in schemas]


def rows(spans: Spans) -> list[Mapping[str, object]]:
    return [{"spans": [list(one) for one in fragments], "label": label} for fragments, label in spans]


def error(gold: Spans, predicted: Spans) -> str:
    errors = wortlaut.score([rows(gold)], [rows(predicted)], errors=True, intervals=False).errors
    [name] = [name for name, count in (errors or {}).items() if count]
    return name


def schemas() -> str:
    text = "Chefin Ute Harms in Kiel"
    gold: Spans = [(at(text, "Ute Harms"), "PER")]
    names = ("strict", "exact", "partial", "type")
    found: dict[str, Spans] = {
        "found": gold,
        "label": [(at(text, "Ute Harms"), "ORG")],
        "boundary": [(at(text, "Harms"), "PER")],
        "both": [(at(text, "Chefin Ute"), "ORG")],
        "elsewhere": [(at(text, "Kiel"), "PER")],
    }
    lanes = [
        Lane("gold", gold),
        *(Lane(name, spans, credit(gold, spans, names)) for name, spans in found.items()),
    ]
    return draw(
        "One gold span, five predictions, and what each is worth under four schemas", text, lanes, names
    )


def errors() -> str:
    text = "Chefin Ute Harms in Kiel"
    gold: Spans = [(at(text, "Ute Harms"), "PER")]
    lanes = [Lane("gold", gold)]
    for words, label in (
        ("Ute Harms", "ORG"),
        ("Harms", "PER"),
        ("Chefin Ute Harms", "PER"),
        ("Chefin Ute", "PER"),
        ("Chefin Ute", "ORG"),
    ):
        spans: Spans = [(at(text, words), label)]
        lanes.append(Lane("found", spans, [error(gold, spans)]))
    title = "Five predictions that overlap one gold span, and the class of each error"
    return draw(title, text, lanes, ["error class"], column=130)


def discontinuous() -> str:
    text = "Sie rief Ute Harms an."
    gold: Spans = [(at(text, "rief", "an"), "CUE")]
    names = ("strict", "partial", "type")
    found: dict[str, Spans] = {
        "found": gold,
        "a part": [(at(text, "rief"), "CUE")],
        "all of it": [(at(text, "rief Ute Harms an"), "CUE")],
        "the gap": [(at(text, "Ute Harms"), "CUE")],
    }
    lanes = [
        Lane("gold", gold),
        *(Lane(name, spans, credit(gold, spans, names)) for name, spans in found.items()),
    ]
    return draw("A gold span of two fragments and four predictions", text, lanes, names)


def quote() -> str:
    text = "„Der Deich hält“, sagte Ute Harms"
    cue, speaker = at(text, "sagte"), at(text, "Ute Harms")
    gold = Annotations(
        quotes=(quoted(at(text, "„Der Deich hält“"), cue, speaker, "ute-harms"),),
        clusters=(Cluster("ute-harms", "Ute Harms"),),
    )
    found = Annotations(quotes=(quoted(at(text, "Der Deich hält"), cue, at(text, "Harms"), "Harms"),))
    scores = (
        wortlaut.evaluate([Given(found)], Corpus.of("picture", [Document("one", text, gold)]))
        .systems[0]
        .scores
    )
    notes = []
    for layer in ("quotes", "cues", "speakers"):
        worth = {name: result for name, result in scores[layer].items() if "@" not in name}
        shown = "  ".join(f"{name} {AMOUNTS[result.correct]}" for name, result in worth.items())
        notes.append(f"{layer:<9} {shown}")
    lanes = [Lane(name, boxes(annotations)) for name, annotations in (("gold", gold), ("found", found))]
    return draw(
        "A quote with its roles, in gold and in a prediction, and its scores", text, lanes, notes=notes
    )


def quoted(content: Fragments, cue: Fragments, speaker: Fragments, who: str) -> Quote:
    spans = [Span(tuple(fragments)) for fragments in (content, cue, speaker)]
    return Quote("q1", "direct", spans[0], cue=spans[1], speaker=spans[2], speaker_entity=who)


def boxes(annotations: Annotations) -> Spans:
    [one] = annotations.quotes
    found = [(one.content, "direct"), (one.cue, "cue"), (one.speaker, "speaker")]
    return [(list(span.fragments), label) for span, label in found if span]


class Given:
    """An extractor that finds what it was given."""

    finds = ("quotes",)

    def __init__(self, annotations: Annotations) -> None:
        self.annotations = annotations

    def extract(self, texts: Sequence[Text]) -> list[Annotations]:
        return [self.annotations for _ in texts]


def house() -> str:
    """The packages, floor by floor as the contract in pyproject.toml orders them, each with what it says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    [floors] = [contract["layers"] for contract in contracts if contract["id"] == "house"]
    out = []
    y = 12
    for floor in floors:
        names = floor.split(" | ")
        rows = [(name, _says(name)) for name in names]
        height = 8 + 18 * len(rows)
        out.append(f'<rect x="12" y="{y}" width="936" height="{height}" rx="4" fill="#eef2f7"/>')
        for number, (name, says) in enumerate(rows):
            base = y + 17 + 18 * number
            out.append(f'<text x="24" y="{base}" font-weight="bold">{name}</text>')
            out.append(f'<text x="150" y="{base}" fill="#3d4b5c">{escape(says)}</text>')
        y += height + 6
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 {y + 6}" width="960" role="img" '
            'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12" fill="#16202c">',
            "<title>The packages of the code: each imports only from those below it</title>",
            f'<rect width="960" height="{y + 6}" rx="6" fill="#fff"/>',
            *out,
            "</svg>",
            "",
        ]
    )


def _says(name: str) -> str:
    """The first sentence of a module's docstring."""
    package = ROOT / "evaluate" / "wortlaut" / name
    file = package / "__init__.py" if package.is_dir() else package.with_suffix(".py")
    words = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    return words.partition("\n")[0].replace("``", "").replace("`", "")


PICTURES = {
    "quote": quote,
    "schemas": schemas,
    "errors": errors,
    "discontinuous": discontinuous,
    "house": house,
}

if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    for name, picture in PICTURES.items():
        (IMAGES / f"{name}.svg").write_text(picture(), "utf-8")
