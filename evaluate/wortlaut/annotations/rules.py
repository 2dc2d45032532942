"""The catalogue of what `wortlaut validate` checks. An id never changes its meaning; new rules get new ids.

Only what a reader of German must judge is a warning; all else is an error.
"""

from __future__ import annotations

from dataclasses import dataclass

LEVELS = {
    "F": "file",
    "O": "offsets",
    "R": "references",
    "S": "scheme",
    "L": "linguistics",
    "C": "corpus",
    "P": "release",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """``requires`` says what holds in a valid file, ``fix`` what to do in general where it does not."""

    id: str
    requires: str
    fix: str

    @property
    def level(self) -> str:
        return LEVELS[self.id[0]]

    @property
    def severity(self) -> str:
        return "warning" if self.id[0] == "L" else "error"


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule of the catalogue ; ``line`` 0 is the file as a whole."""

    rule: str
    line: int
    what: str
    fix: str = ""
    offsets: tuple[tuple[int, int], ...] = ()


RULES = {
    id: Rule(id, requires, fix)
    for id, requires, fix in (
        ("F01", "A file is UTF-8.", "Save it as UTF-8."),
        ("F02", "A file has no byte order mark (BOM).", "Save it without BOM."),
        ("F03", "Lines end in LF.", "Save it with LF line ends."),
        ("F04", "A file is in Unicode normal form NFC.", "Normalise it; offsets after that place change."),
        ("F05", "A file holds no half of a UTF-16 surrogate pair.", "Remove the half pair."),
        ("F06", "A line of annotations is one JSON object.", "Repair it, or remove an empty line."),
        ("F07", "The first line, and no other, is the header.", "Write the header as the first line."),
        ("F08", "The header names a known format.", "Use a program that reads this format."),
        ("F09", "Every line has a known kind.", "Use document, cluster, mention, entity or quote."),
        ("F10", "A line has only keys that its kind allows.", "Correct or remove the key."),
        ("F11", "A line has every key that its kind requires.", "Add the key."),
        ("F12", "A value has the type that its key requires.", "Correct the value; leave out an empty one."),
        ("F13", "Lines are sorted, so that a diff shows only what changed.", "Move the line."),
        ("F14", "A line has canonical spelling: key order, spaces, no defaults.", "Write the line as shown."),
        ("F15", "A file is named after its document, its folder after its layer.", "Rename one of them."),
        ("F16", "A key occurs once in a line.", "Keep one of them."),
        ("O01", "A fragment is not empty: 0 <= start < end.", "Correct the offsets."),
        ("O02", "A fragment lies inside the text.", "Correct the offsets."),
        ("O03", "Fragments of a span are sorted and have a gap between them.", "Sort or join them."),
        ("O04", "The surface equals the text at the offsets.", "Correct offsets or surface."),
        ("O05", "A fragment does not begin or end with white space.", "Shrink the fragment."),
        ("O06", "The header has the number of characters (code points) of the text.", "Correct the count."),
        ("R01", "An annotated document has a text in seeds/.", "Add the text, or correct the document's id."),
        ("R02", "The header has the checksum of the text.", "Restore the text, or run `wortlaut reanchor`."),
        ("R03", "Every text in seeds/ has gold annotations.", "Annotate the text, or remove it."),
        ("R04", "An id is used once in a file.", "Give one of them another id."),
        ("R05", "Every cluster that a line names is in the file.", "Correct the id, or add the cluster."),
        ("R06", "A parent is a quote of the file.", "Correct the id, or remove the parent."),
        ("R07", "No quote is nested in itself.", "Remove one parent of the circle."),
        ("R08", "Every cluster is named by another line.", "Add a mention, or remove the cluster."),
        ("R09", "An entity and its cluster have the same QID.", "Correct one of them."),
        ("R10", "A QID belongs to one cluster of a file.", "Join the clusters, or correct a QID."),
        ("R11", "Every text has one line in seeds/provenance.jsonl, with its checksum.", "Write the line."),
        ("R12", "annotations/agreement.json fits the present layers.", "Run `wortlaut agree --write`."),
        ("R13", "A speaker's span is a mention of that speaker.", "Correct speaker_entity or mention."),
        (
            "S01",
            "A label is one of annotations/labels.yaml, or of GermEval's twelve.",
            "Correct or declare it.",
        ),
        ("S02", "A level is 1 (outer), 2 (nested), or as labels.yaml declares.", "Correct the level."),
        ("S03", "A quote has one of the five types.", "Correct the type."),
        ("S04", "A medium is speech, thought, writing, several of these, or none.", "Correct the medium."),
        ("S05", "An attribution is explicit, anaphoric or implicit.", "Correct the attribution."),
        ("S06", "A QID is Q and digits, or NIL.", "Correct the QID."),
        ("S07", "A cluster's type is a class of the labels (PER, LOC, …) or GROUP.", "Correct the type."),
        ("S08", "The value of metonymy is a label of the corpus.", "Correct the label."),
        ("S09", "A score lies between 0 and 1.", "Correct the score."),
        ("S10", "An id is made of letters, digits, - _ and dots.", "Rename it."),
        ("S11", "A span has at most one entity at each level.", "Remove one of them, or give it level 2."),
        ("S12", "Entities of one level do not overlap.", "Correct a span, or give the inner one level 2."),
        ("S13", "An entity of level 2 or more lies inside one of the level above.", "Correct span or level."),
        ("S14", "A quote lies inside its parent.", "Correct a span, or remove the parent."),
        ("S15", "No two quotes have the same type, content and speaker.", "Remove one of them."),
        ("S16", "A mention of a cluster occurs once.", "Remove the mention line."),
        ("S17", "Every disagreement of two layers is decided, with a reason.", "Fill in keep and reason."),
        ("S18", "Every decision is carried out.", "Run `wortlaut adjudicate --finish`."),
        ("L01", "The content of a direct quote is in quotation marks.", "Check the type and the span."),
        ("L02", "Direct content includes its quotation marks.", "Take the marks into the span."),
        ("L03", "Indirect content does not include the final full stop.", "End the span before it."),
        ("L04", "A comma or colon before indirect content belongs to the frame.", "Begin after it."),
        ("L05", "Cue, speaker and addressee lie outside of the content.", "Check the spans."),
        ("L06", "A span does not begin or end inside a word.", "Check the span."),
        ("L07", "A name does not include titles and roles.", "Begin after the title."),
        ("L08", "An explicit or anaphoric attribution has a speaker.", "Add the span, or write implicit."),
        ("L09", "The label or metonymy fits the type of the cluster.", "Check label, metonymy and cluster."),
        ("L10", "A quote with a speaker has a speaker_entity, if others of the file have.", "Add it."),
        ("L11", "An entity has a cluster if other entities of the file have.", "Say whom or what it names."),
        ("C01", "The manifest of a dataset can be read and has a known format.", "Build it again."),
        ("C02", "Every file of a dataset is there and has the checksum in its manifest.", "Build it again."),
        ("C03", "A dataset holds no file that its manifest does not name.", "Remove the file."),
        ("C04", "The documents of a dataset have the hash in its manifest.", "Build it again."),
        ("P01", "A card begins with metadata in YAML, between lines of ---.", "Build the card again."),
        ("P02", "The metadata of a card are complete, with values of the Hub.", "Correct the value."),
        ("P03", "A license that the Hub does not list has a name and a link.", "Add both."),
        ("P04", "A card has no placeholder and no empty section.", "Write what belongs there."),
        ("P05", "Every part of the data statement is filled in.", "Write it in annotations/statement.yaml."),
        ("P06", "The card has the hash of the corpus.", "Build the card again."),
        ("P07", "croissant.json names every table with its checksum.", "Build it again."),
        ("P08", "A stand-off release holds offsets and no text.", "Publish it again."),
    )
}


def document() -> str:
    """The catalogue as Markdown: ``docs/rules.md``."""
    checked = {
        "file": "Each text, and each annotation file: JSON lines, each of a `kind`.",
        "offsets": "Each span against its text. A discontinuous span has several fragments.",
        "references": "What one line, file or folder says about another. A QID is a Wikidata id.",
        "scheme": "Labels, types and levels, and how annotations fit together.",
        "linguistics": "Warnings, for a reader of German to judge.",
        "corpus": "A dataset folder, as `wortlaut build` or `publish` wrote it, against its manifest.",
        "release": "What `publish` checks before it writes, and `validate` in the folder of a release.",
    }
    lines = [
        "# Rules of `wortlaut validate`",
        "",
        "`wortlaut validate [PATH]…` checks annotation files, folders or repositories. For each broken",
        "rule it prints the file, the line, its id and the offsets, then what is wrong and what to do.",
        "L rules are warnings, all others are errors. The exit code is 1 if there is an error, 2 if a path",
        "does not exist, else 0. An id never changes its meaning.",
        "",
        "`wortlaut rules` prints this page. `tests/cases/validate/` has a file that breaks each rule. A card",
        "is the README.md of a dataset, the Hub is the Hugging Face Hub.",
    ]
    for letter, level in LEVELS.items():
        lines += [
            *("", f"## {level.capitalize()}", "", checked[level], ""),
            *("| rule | what holds | what to do |", "| --- | --- | --- |"),
            *(f"| {r.id} | {r.requires} | {r.fix} |" for r in RULES.values() if r.id[0] == letter),
        ]
    return "\n".join(lines) + "\n"
