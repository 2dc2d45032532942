"""What the tests of transformations share: the rules that a document breaks, and all transformations."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from wortlaut.annotations.file import format_annotations
from wortlaut.model import Document
from wortlaut.release.checks import validate
from wortlaut.stress.registry import built_in

NAMES = tuple(built_in())
#: Those that a long text would make slow here are tried with fewer characters.
SPECS = tuple("long?characters=600" if name == "long" else name for name in NAMES)
#: Of the files, not of annotations: texts here are in any normal form, with any line end, without provenance.
OF_FILES = ("F", "R11")


def broken_rules(document: Document) -> Counter[str]:
    """How often each rule of `wortlaut validate` is broken, those of files left out."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "seeds").mkdir()
        (root / "annotations" / "gold").mkdir(parents=True)
        (root / "seeds" / "x.txt").write_bytes(document.text.encode())
        content = format_annotations(
            document.annotations, document.text, document="x", layer="gold", annotator="test"
        )
        (root / "annotations" / "gold" / "x.jsonl").write_bytes(content.encode())
        found = validate([root])
    broken = Counter(incident.rule for incident in found if not incident.rule.startswith(OF_FILES))
    # That one is told once a line, however many of its spans have the fragment.
    fragments = [document.text[a:b] for _, span in document.annotations.spans() for a, b in span]
    broken["O05"] = sum(text != text.strip() for text in fragments)
    return +broken
