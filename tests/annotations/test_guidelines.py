"""The guidelines: the second text and its tables fit, and the counts are those of the script."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from shared import ROOT, SHARED, shared_data

GUIDELINES = (ROOT / "annotations/guidelines.md").read_text("utf-8")


def test_the_second_text_has_what_its_tables_annotate():
    section = GUIDELINES.partition("## 12. A second text")[2].partition("## 13.")[0]
    (text,) = re.findall(r"^> (.+)$", section, re.M)
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")]
    quotes = [row for row in rows if re.match(r" q\d\d ", row[0])]
    spans = [span for row in rows for span in re.findall("`(.+?)`", row[0])]
    spans += [span for row in quotes for cell in row[2:5] for span in re.findall("`(.+?)`", cell)]
    assert len(quotes) == 6 and len(spans) > 20
    assert [span for span in spans if span not in text] == []
    # Five types and no two quotes out of order.
    assert {row[1].strip() for row in quotes} == {
        "direct",
        "indirect",
        "reported",
        "free indirect",
        "indirect/free indirect",
    }
    starts = [text.index(re.findall("`(.+?)`", row[0])[0]) for row in quotes]
    assert starts == sorted(starts)


@pytest.mark.long
def test_the_counts_are_those_of_the_script():
    shared_data("germeval2014"), shared_data("german-news-quotation-2024")
    script = [sys.executable, "docs/departures.py", str(SHARED / "data")]
    table = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert table in GUIDELINES
    # Numbers that a rule repeats stand in the table, too.
    said = [
        line
        for line in GUIDELINES.splitlines()
        if re.search("Departure|training data|development file", line)
    ]
    counted = set(re.findall(r"\d+", table))
    for line in said:
        assert set(re.findall(r"(\d+)(?: of| times| have| end)", line)) <= counted, line
