"""The page of 2,000 documents and 5 systems: its size, and how long a reader waits. Run by name."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from wortlaut.corpus.load import Corpus
from wortlaut.evaluation.evaluate import evaluate
from wortlaut.model import Annotations, Cluster, Document, Entity, Quote, Span, Text
from wortlaut.reports.page import LIMIT, report_page

WORDS = (
    "der Präsident Regierung Verhandlungen Außenministerium gestern sagte Haushalt nach wegen neue".split()
)
PEOPLE = [
    f"{first} {last}" for first in "Anna Bernd Clara Dieter".split() for last in "Weber Krüger Hahn".split()
]
PLACES = ["Berlin", "Russland", "Siemens", "UN-Rat", "Europäischen Union"]
LABELS = ["PER", "LOC", "ORG", "OTH", "LOCderiv", "ORGpart"]


def document(number: int, characters: int = 2500) -> Document:
    rng = random.Random(number)
    text, entities, quotes = "", [], []

    def add(words: str) -> Span:
        nonlocal text
        start = len(text)
        text += words
        return Span.of(start, len(text))

    while len(text) < characters:
        if rng.random() < 0.35:
            content = add("„" + " ".join(rng.choices(WORDS, k=rng.randint(5, 20))) + "“")
            add(" ")
            cue = add("sagte")
            add(" ")
            who = rng.choice(PEOPLE)
            speaker = add(who)
            entities.append(Entity(speaker, "PER", entity=who))
            quotes.append(
                Quote(f"q{len(quotes)}", "direct", content, cue=cue, speaker=speaker, speaker_entity=who)
            )
        for _ in range(rng.randint(6, 14)):
            add(" ")
            if rng.random() < 0.15:
                entities.append(Entity(add(rng.choice(PLACES)), rng.choice(LABELS)))
            else:
                add(rng.choice(WORDS))
        add(".\n" if rng.random() < 0.2 else ". ")
    clusters = tuple(Cluster(name, name, "PER") for name in sorted({e.entity for e in entities if e.entity}))
    return Document(f"d{number:05}", text, Annotations(tuple(entities), tuple(quotes), clusters))


@dataclass
class Erring:
    """Misses, mislabels and cuts a share of the gold."""

    spec: str
    rate: float
    gold: dict[str, Annotations]
    finds: Sequence[str] = ("entities", "quotes")

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        for text in texts:
            rng = random.Random(f"{self.spec} {text.id}")
            gold = self.gold[text.id]
            entities = [self.wrong(rng, entity) for entity in gold.entities if rng.random() > self.rate / 2]
            quotes = [replace(quote, speaker=None) for quote in gold.quotes if rng.random() > self.rate]
            yield Annotations(tuple(entities), tuple(quotes))

    def wrong(self, rng: random.Random, entity: Entity) -> Entity:
        if rng.random() > self.rate:
            return entity
        return replace(entity, label=rng.choice(LABELS), span=Span.of(entity.span.start, entity.span.end - 1))


def test_2000_documents_and_5_systems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents = [document(i) for i in range(2000)]
    gold = {one.id: one.annotations for one in documents}
    systems = [Erring(f"system-{i}", 0.15 + i / 50, gold) for i in range(5)]
    evaluation = evaluate(systems, Corpus.of("made", documents), samples=0, items=True)
    began = time.perf_counter()
    page = report_page(evaluation)
    lines = [f"made in {time.perf_counter() - began:.1f} s, {len(page.encode()) / 1e6:.1f} MB"]
    assert len(page.encode()) < LIMIT
    assert '"shown":2000' in page
    file = tmp_path / "page.html"
    file.write_text(page, "utf-8")
    lines += opened(file)
    with capsys.disabled():
        print("\n" + "\n".join(lines))


def opened(file: Path) -> list[str]:
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    if not Path("/usr/bin/chromedriver").exists():
        pytest.skip("no Chromium here (Debian: apt install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    lines = []
    try:
        driver.get("about:blank")
        steps = (
            ("overview", lambda: driver.get(file.as_uri()), "table.scores"),
            ("errors", lambda: driver.execute_script("location.hash = '#errors'"), "button.bar"),
            ("next error", lambda: driver.find_element("css selector", "#next").click(), ".bar.cur"),
            ("people", lambda: driver.execute_script("location.hash = '#people'"), ".people"),
            ("breakdowns", lambda: driver.execute_script("location.hash = '#breakdowns'"), ".matrix"),
        )
        for name, step, shown in steps:
            began = time.perf_counter()
            step()
            while not driver.find_elements("css selector", shown):
                assert time.perf_counter() - began < 20, name
            lines.append(f"{name}: {time.perf_counter() - began:.2f} s")
    finally:
        driver.quit()
    return lines
