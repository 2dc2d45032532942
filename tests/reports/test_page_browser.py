"""The page as its reader has it: opened from disk in headless Chromium."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from page_cases import TEXT, Answering, chained, documents, first, on_two_corpora, second, spoken_of
from probing import System, ids
from probing import corpus as probes

from wortlaut.corpus.load import Corpus
from wortlaut.evaluation.evaluate import Evaluation, evaluate
from wortlaut.gate.history import run_of, steps
from wortlaut.gate.rules import Rules
from wortlaut.model import Annotations, Document, Entity, Span
from wortlaut.reports.cells import SCORES
from wortlaut.reports.history import history_page, series
from wortlaut.reports.page import report_page

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
if not CHROMIUM.exists() or not DRIVER.exists():
    pytest.skip("no Chromium here (Debian: apt install chromium chromium-driver)", allow_module_level=True)
webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium: pip install selenium")

#: Seconds that a view may take before the test gives up.
PATIENCE = 60
HOSTILE = "</script><script>document.title='owned'</script> ]]> <!-- <b>x</b> &amp; \u202eevil\u202c"


#: The recall of the first two rows.
RECALL = "return [...document.querySelectorAll('tr.one')].slice(0, 2).map(r => r.children[2].textContent)"
BOXES = """return [...document.querySelectorAll('button.bar')].map(bar => bar.getBoundingClientRect())
    .map(box => [box.left, box.top, box.right, box.bottom])"""
#: Where the word Montag lies.
WORD = """const walk = document.createTreeWalker(document.querySelector('.doc'), NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const at = walk.currentNode.data.indexOf('Montag');
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(walk.currentNode, at);
        range.setEnd(walk.currentNode, at + 6);
        const box = range.getBoundingClientRect();
        return [box.left, box.top, box.right, box.bottom];
    }"""
NAMELESS = """return [...document.querySelectorAll('button, a, select, input')]
    .filter(e => !(e.textContent.trim() || e.ariaLabel || e.labels?.[0]?.textContent.trim()))
    .map(e => e.outerHTML)"""


class Reader:
    """A browser, and what a reader does with it."""

    def __init__(self, driver: Any, folder: Path) -> None:
        self.driver, self.folder = driver, folder

    def open(self, name: str, hash_: str = "") -> None:
        # A change of the hash alone is no new page.
        self.driver.get("about:blank")
        self.driver.get(f"{(self.folder / name).as_uri()}{hash_}")

    def js(self, code: str, *arguments: object) -> Any:
        return self.driver.execute_script(code, *arguments)

    def all(self, selector: str) -> list[str]:
        """The text of every element, seen or not."""
        return self.js(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector
        )

    def text(self, selector: str) -> str:
        (one,) = self.all(selector)
        return one

    def press(self, keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(keys).perform()

    def click(self, selector: str) -> None:
        self.driver.find_element("css selector", selector).click()

    def choose(self, selector: str, value: str) -> None:
        self.js(
            "const e = document.querySelector(arguments[0]); e.value = arguments[1];"
            " e.dispatchEvent(new Event(e.tagName === 'SELECT' ? 'change' : 'input', {bubbles: true}))",
            selector,
            value,
        )

    def hash(self) -> str:
        return str(self.js("return location.hash"))

    def until(self, condition: Callable[[], Any]) -> Any:
        end = time.monotonic() + PATIENCE
        while not (value := condition()):
            assert time.monotonic() < end, "nothing happened"
            time.sleep(0.02)
        return value

    def media(self, width: int = 1280, height: int = 900, *, dark: bool = False) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    from selenium.webdriver.chrome.service import Service

    folder = tmp_path_factory.mktemp("pages")
    (folder / "two.html").write_text(report_page(both()), "utf-8")
    (folder / "hostile.html").write_text(hostile(), "utf-8")
    (folder / "runs.html").write_text(report_page(runs()), "utf-8")
    twenty = documents({f"s{i:02}": TEXT for i in range(20)})
    short = evaluate([Answering("first", first), Answering("second", second)], twenty, samples=0)
    chains = Answering("chains", chained, ("entities", "clusters"))
    told = evaluate(chains, documents({"d": TEXT}, spoken_of), samples=0)
    (folder / "chains.html").write_text(report_page(told), "utf-8")
    (folder / "short.html").write_text(report_page(short), "utf-8")
    (folder / "several.html").write_text(report_page(*on_two_corpora()), "utf-8")
    probed = [System(ids("title", *range(8)), "A"), System(ids("place", 0), "B")]
    (folder / "probed.html").write_text(report_page(evaluate(probed, probes(), schema="strict")), "utf-8")
    many = [Answering(name, first) for name in (*"uvwxyz", "long" * 40)]
    one = documents({"d": TEXT})
    (folder / "history.html").write_text(over_commits(), "utf-8")
    (folder / "ties.html").write_text(ties(), "utf-8")
    (folder / "gold.html").write_text(report_page(evaluate("quotes-simple", samples=0)), "utf-8")
    (folder / "many.html").write_text(report_page(evaluate(many, one, samples=0)), "utf-8")
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    try:
        yield Reader(driver, folder)
    finally:
        driver.quit()


@pytest.fixture(autouse=True)
def quiet(reader: Reader) -> Iterator[None]:
    """After each test: no message on the console, and no request but for files of the test itself."""
    reader.media()
    yield
    assert [entry["message"] for entry in reader.driver.get_log("browser")] == []
    events = [json.loads(entry["message"])["message"] for entry in reader.driver.get_log("performance")]
    asked = {e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"}
    files = {path.as_uri() for path in reader.folder.glob("*.html")}
    assert {url.split("#")[0] for url in asked} <= {*files, "about:blank"}


@cache
def both() -> Evaluation:
    systems = [Answering("first", first), Answering("path/to/second", second)]
    # Too long for two of them on a screen.
    corpus = documents({f"d{i:02}": TEXT + "Und so weiter.\n" * 40 for i in range(12)})
    scored = evaluate(systems, corpus, samples=20)
    timed = zip(scored.systems, ((100_000, 2.0), (100_000, 0.5)), strict=True)
    return replace(scored, systems=tuple(replace(system, pace=pace) for system, pace in timed))


@cache
def runs() -> Evaluation:
    """A system with three runs, and one with a single one."""
    corpus = documents({f"d{i:02}": TEXT for i in range(12)})
    several = [Answering(f"run {k}", first if k % 2 else second) for k in range(3)]
    return evaluate({"A": several, "B": Answering("b", first)}, corpus)


def hostile() -> str:
    """Texts and names that would be markup, controls, and a line of a million characters."""
    long = "Anna " + "wort " * 200_000 + "Bonn"
    odd = f"Anna {HOSTILE} \x00\x07 \U0001f600 Bonn"
    texts = {HOSTILE: odd, "long": long}

    def names(text: str) -> Annotations:
        end = len(text)
        return Annotations((Entity(Span.of(0, 4), "PER"), Entity(Span.of(end - 4, end), "LOC")))

    corpus = Corpus.of(HOSTILE, [Document(id, text, names(text)) for id, text in texts.items()])
    silent = Answering(HOSTILE, lambda text: Annotations(names(text).entities[:1]), ("entities",))
    return report_page(evaluate([silent], corpus, samples=0))


def ties() -> str:
    """Recalls of 1/16, 3/16, …: each in the middle between two numbers of three digits."""
    found = tuple(Entity(Span.of(i, i + 1), "PER") for i in range(0, 32, 2))
    corpus = documents({"d": "a " * 16}, lambda _: Annotations(found))
    some = [Answering(str(n), lambda _, n=n: Annotations(found[:n]), ("entities",)) for n in range(1, 16, 2)]
    return report_page(evaluate(some, corpus, samples=0))


# Overview


def test_the_overview_shows_every_main_score_with_its_interval(reader: Reader) -> None:
    reader.open("two.html")
    assert reader.all("tr.head th")[0].startswith("entities, strict")
    assert reader.all("tr.one")[0].startswith("Afirst.600.600.600")
    plots = reader.js("return document.querySelectorAll('td.plot svg .point').length")
    assert plots == len(reader.all("tr.one")) > 10
    assert "share a letter" in reader.text("#letters")
    reader.click("#everything")
    assert len(reader.all("tr.one")) > plots


def test_runs_are_faint_points_and_have_a_table(reader: Reader) -> None:
    reader.open("runs.html")
    first = reader.js("return document.querySelector('tr.one').querySelectorAll('svg .point').length")
    assert first == 4  # three runs and their mean
    assert reader.all("table.scores:not(.runs) thead th")[5].startswith("SD")
    row = reader.js("return document.querySelector('table.runs tbody tr').textContent")
    f1 = [run.scores["entities"]["strict"].f1 for run in runs().systems[0].runs]
    assert row.startswith("AA entities, strict" + " ".join(f"{value:.3f}"[1:] for value in f1))
    reader.media(390, 800)
    assert reader.js("return document.documentElement.scrollWidth <= innerWidth")


def test_a_long_name_fits_and_no_interval_is_spoken_of_where_there_is_none(reader: Reader) -> None:
    reader.open("many.html")
    assert reader.js("return document.documentElement.scrollWidth <= innerWidth")
    assert "interval over" not in reader.text("main")


def test_numbers_are_rounded_as_in_the_terminal(reader: Reader) -> None:
    reader.open("ties.html")
    recalls = reader.js("return [...document.querySelectorAll('tr.one')].map(r => r.children[2].textContent)")
    assert recalls[:8] == [f"{n / 16:.3f}".removeprefix("0") for n in range(1, 16, 2)]


def test_headings_sort_within_each_schema(reader: Reader) -> None:
    reader.open("two.html")
    assert reader.js(RECALL) == [".600", ".800"]
    reader.click('thead [data-key="r"]')
    assert reader.js(RECALL) == [".800", ".600"]
    reader.click('thead [data-key="r"]')
    assert reader.js(RECALL) == [".600", ".800"]
    assert reader.js("return document.querySelector('[aria-sort]').getAttribute('aria-sort')") == "ascending"
    assert reader.js("return document.activeElement.dataset.key") == "r"


def test_the_table_is_copied_as_latex_markdown_and_csv(reader: Reader) -> None:
    reader.open("two.html")
    reader.js("window.copied = []; navigator.clipboard.writeText = async (text) => { copied.push(text); }")
    for button in reader.driver.find_elements("css selector", "button.copy"):
        button.click()
    digest, signature, latex, markdown, csv = reader.until(
        lambda: (c := reader.js("return copied")) and len(c) == 5 and c
    )
    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert signature.startswith("wortlaut|corpus:made@")
    columns = ["layer", "schema", "system", *(name for name in SCORES if name != "SD")]
    assert latex == both().to_latex(columns=columns, main=True) and f"\n% {signature}\n" in latex
    assert markdown == both().to_markdown(columns=columns, main=True)
    assert csv == both().to_csv(columns=columns, main=True)
    reader.click('thead [data-key="r"]')
    reader.js("copied.length = 0")
    reader.driver.find_elements("css selector", "button.copy")[-1].click()
    (csv,) = reader.until(lambda: reader.js("return copied"))
    assert csv == both().to_csv(columns=columns, main=True, sort="R")


def test_one_document_is_said_to_be_one_wherever_it_is_counted(reader: Reader) -> None:
    for view in ("overview", "breakdowns", "people"):
        for name in ("two.html", "many.html"):
            reader.open(name, f"#{view}")
            assert ("about one document" in reader.text("main")) is (name == "many.html")


def test_quality_stands_against_speed_where_there_was_enough_to_time(reader: Reader) -> None:
    reader.open("two.html", "#breakdowns")
    rows = reader.all("[aria-label='Quality against speed'] tbody tr")
    assert rows == ["Afirst50,000100,0002.0.600", "Bsecond200,000100,0000.5.800"]
    picture = "[aria-label^='F1 against characters']"
    assert reader.all(f"{picture} .name") == ["A", "B"]
    reader.open("many.html", "#breakdowns")
    assert reader.all(picture) == [] and "wortlaut bench --plot" in reader.text("main")


# Errors


def test_no_system_is_called_as_the_gold_is(reader: Reader) -> None:
    reader.open("many.html", "#errors")
    assert reader.all(".key .tag") == ["G", "A", "B", "C", "D", "E", "F", "H"]


def test_an_error_chosen_by_key_keeps_the_focus(reader: Reader) -> None:
    reader.open("many.html", "#errors")
    reader.js("document.querySelectorAll('#list a')[1].focus()")
    for key in ("\ue007", "n"):  # Enter, and the next one
        reader.press(key)
        focused = "return document.activeElement.closest('#list a')?.getAttribute('aria-current')"
        assert reader.until(lambda code=focused: reader.js(code)) == "true"


def test_every_mark_is_reached_by_keys(reader: Reader) -> None:
    reader.open("two.html", "#errors?doc=d00")
    reader.js("document.querySelector('.doc').focus()")
    right, left, enter = "\ue014", "\ue012", "\ue007"
    reader.press(right)
    assert reader.js("return document.activeElement.title") == "gold: PER"
    reader.press(right)
    second = reader.js("return document.activeElement.title")
    reader.press(right + left)
    assert reader.js("return document.activeElement.title") == second
    reader.js("document.querySelector('.bar.k-missed').focus()")
    reader.press(enter)
    assert reader.text(".card h3") == "− missed by Afirst"
    assert reader.js("return document.activeElement.matches('.bar.cur')")


def bars(reader: Reader, lane_class: str) -> list[str]:
    return reader.all(f"button.bar.{lane_class}")


def test_lanes_show_gold_and_systems_under_their_words(reader: Reader) -> None:
    reader.open("two.html", "#errors?doc=d00")
    assert reader.all(".lane-name")[:3] == ["G", "A", "B"]
    assert bars(reader, "k-missed") == ["−PER"]
    assert bars(reader, "k-label") == ["≠ORG"]
    assert bars(reader, "k-boundary_smaller") == ["⊂ORG"]
    assert bars(reader, "k-spurious") == ["+OTH"]
    # Each bar lies below its word, as wide as it, and no two bars meet.
    geometry = reader.js(BOXES)
    for i, (left, top, right, bottom) in enumerate(geometry):
        assert right > left
        for other in geometry[i + 1 :]:
            apart = right <= other[0] + 0.6 or other[2] <= left + 0.6 or bottom <= other[1] or other[3] <= top
            assert apart, (geometry[i], other)
    word, bar = reader.js(WORD), reader.js(BOXES.replace("button.bar", "button.bar.k-spurious"))[0]
    assert (bar[0], bar[2]) == pytest.approx((word[0], word[2]), abs=1)
    assert 0 <= bar[1] - word[3] < 60


def test_keys_walk_through_errors_and_documents(reader: Reader) -> None:
    reader.open("two.html", "#errors")
    reader.press("n")
    assert reader.text(".card h3") == "− missed by Afirst"
    assert "at=g13-24" in reader.hash() and "doc=d00" in reader.hash()
    assert reader.js("return document.querySelectorAll('.bar.cur').length") == 1
    reader.press("n")
    assert reader.text(".card h3") == "+ spurious by Afirst"
    reader.press("p")
    assert "at=g13-24" in reader.hash()
    reader.press("]")
    assert "doc=d01" in reader.hash()
    reader.press("[")
    reader.press("[")
    assert "doc=d11" in reader.hash()
    reader.press("?")
    assert reader.js("return document.querySelector('#keys').open")
    reader.click("#keys input")
    from selenium.webdriver.common.keys import Keys

    reader.press(Keys.ESCAPE)
    before = reader.hash()
    reader.press("n")
    assert reader.hash() == before, "single keys are off"
    reader.press("?")


def test_every_error_has_a_link_that_opens_at_it(reader: Reader) -> None:
    reader.open("two.html", "#errors?doc=d03")
    links = reader.js("return [...document.querySelectorAll('#list a')].map(a => a.getAttribute('href'))")
    assert len(links) == 4
    seen = set()
    for link in links:
        reader.open("two.html", link)
        title = reader.text(".card h3")
        assert reader.hash() == link
        assert reader.all("#list [aria-current] .aside")[0] in title
        _, top, _, bottom = reader.js(BOXES.replace("button.bar", "button.bar.cur"))[0]
        assert 0 < top < bottom < reader.js("return innerHeight")
        seen.add(title)
    assert len(seen) == 4
    reader.open("two.html", links[0].replace("g13-24", "g1-2"))
    assert "not in this report" in reader.text("#side")
    reader.open("two.html", "#errors?doc=nowhere")
    assert "nowhere is not in this file" in reader.text("#side")


def test_filters_by_class_label_system_document_and_who_is_right(reader: Reader) -> None:
    reader.open("two.html", "#errors")
    assert reader.text("#count") == "48 errors, 1 of 12 documents"
    reader.click('[data-class="missed"]')
    assert reader.text("#count").startswith("36 errors")
    reader.click('[data-class="missed"]')
    reader.choose("#f-system", "1")
    assert reader.text("#count").startswith("12 errors")
    assert set(reader.all(".lane-name")) == {"G", "B"}
    reader.choose("#f-right", "0")
    assert reader.text("#count").startswith("12 errors")
    reader.choose("#f-system", "0")
    reader.choose("#f-right", "1")
    # Missed, too short, and a spurious span that the other avoids.
    assert reader.text("#count").startswith("36 errors")
    reader.choose("#f-label", "ORG")
    assert reader.text("#count").startswith("12 errors")
    reader.choose("#f-find", "d1")
    assert reader.text("#count") == "2 errors, 1 of 2 documents"
    state = reader.hash()
    reader.open("two.html", state)
    assert reader.text("#count") == "2 errors, 1 of 2 documents"
    reader.press("n")
    assert reader.hash() != state
    reader.open("two.html", reader.hash())
    assert reader.text("#count") == "1 of 2 errors, 1 of 2 documents"
    reader.choose("#f-find", "nothing")
    assert reader.text("#count") == "no such errors"
    assert reader.all(".doc") == []
    reader.choose("#f-find", "")
    assert reader.all(".doc .blk p") != []


def marked(reader: Reader) -> list[str]:
    return reader.js("return [...(CSS.highlights.get('sought') ?? [])].map(range => range.toString())")


@pytest.mark.long
def test_short_texts_stand_several_to_a_screen(reader: Reader) -> None:
    reader.open("short.html", "#errors")
    assert reader.text("#count") == "80 errors, 1 of 20 documents"
    names = [f"s{i:02}" for i in range(8)]
    assert reader.all(".one .name") == names
    assert reader.text("#side h3") == "32 errors in these 8 texts"
    assert len(reader.all("#list a")) == 32
    here = "return [...document.querySelectorAll('.one.here .name')].map(e => e.textContent)"
    assert reader.js(here) == ["s00"]
    for key, name in (("]", "s01"), ("]", "s02"), ("[", "s01")):
        reader.press(key)
        assert reader.js(here) == [name] and f"doc={name}" in reader.hash()
        assert reader.all(".one .name") == names
        _, top, _, bottom = reader.js(BOXES.replace("button.bar", ".one.here button.bar.cur"))[0]
        assert 0 < top < bottom < reader.js("return innerHeight")
    reader.choose("#doc-pick", "8")
    assert reader.all(".one .name") == [f"s{i:02}" for i in range(8, 16)]
    reader.open("short.html", "#errors?layer=quotes")
    reader.press("n")
    assert reader.js("return document.querySelectorAll('.one.here .links path').length") > 0
    reader.click(".one:nth-child(3) .name button")
    assert reader.js(here) == ["s02"] and reader.all(".card") == []
    reader.media(390, 844)
    reader.open("short.html", "#errors")
    assert reader.js("return document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.long
def test_mentions_have_lanes_by_the_names_of_their_clusters(reader: Reader) -> None:
    reader.open("chains.html", "#errors?layer=clusters")
    assert reader.text("#count") == "4 errors, 1 of 1 document"
    chips = reader.all("#chips .chip")
    assert chips == ["≠ another cluster1", "− missed1", "+ spurious2"]
    assert {"Karl Renner", "−Anna Sacher", "≠Anna Sacher", "+Wien"} <= set(reader.all(".bar"))
    reader.choose("#f-label", "Karl Renner")
    reader.press("n")
    assert reader.text(".card h3") == "≠ another cluster by Achains"
    # The gold mention that it should have been, and the others of the cluster that it is taken for.
    kin = reader.js("return [...document.querySelectorAll('.bar.kin')].map(b => b.title)")
    taken = [f"chains: Anna Sacher, {word}" for word in ("correct", "spurious")]
    assert sorted(kin) == [*taken, "gold: Karl Renner"]


@pytest.mark.long
def test_texts_and_marked_words_are_searched(reader: Reader) -> None:
    reader.open("two.html", "#errors")
    reader.choose("#f-find", "wien kündigte")
    assert reader.text("#count").startswith("48 errors")
    assert marked(reader) == ["Wien kündigte"]
    reader.choose("#f-find", "(")
    assert reader.text("#count") == "no such errors"
    reader.choose("#f-find", "")
    reader.choose("#f-words", "wien")
    assert reader.text("#count").startswith("24 errors")
    reader.press("n")
    state = reader.hash()
    reader.open("two.html", state)
    assert reader.text("#count").startswith("1 of 24 errors")
    assert reader.js("return document.querySelector('#f-words').value") == "wien"
    reader.open("hostile.html", "#errors?find=%3Cb%3Ex%3C%2Fb%3E")
    assert marked(reader) == ["<b>x</b>"]


@pytest.mark.long
def test_confused_labels_and_missed_words_lead_to_their_errors(reader: Reader) -> None:
    for selector, expected, pins in (
        (".matrix a[aria-label$='gold LOC, found ORG']", 12, ["gold LOC, found ORG ×"]),
        (".matrix a[aria-label$='found ∅']", 12, ["gold PER, found ∅ ×"]),
        ("[aria-label='Missed'] td:nth-child(2) a", 12, ["only “Karl Renner” ×"]),
        ("[aria-label='Invented'] td:nth-child(3) a", 12, ["only “Montag” ×"]),
    ):
        reader.open("two.html", "#breakdowns")
        number = reader.all(selector)[0]
        assert number == str(expected), selector
        reader.click(selector)
        reader.until(lambda: reader.all("#count"))
        assert reader.text("#count").startswith(f"{expected} errors"), selector
        assert reader.all(".pin") == pins
        reader.click(".pin")
        assert reader.all(".pin") == []


@pytest.mark.long
def test_no_tab_is_empty(reader: Reader) -> None:
    seen = (
        "return [...document.querySelectorAll('nav a')].filter(a => a.offsetParent).map(a => a.textContent)"
    )
    for name, tabs in (
        ("two.html", ["Overview", "Errors", "Breakdowns", "People"]),
        ("ties.html", ["Overview", "Errors", "Breakdowns"]),
    ):
        reader.open(name)
        assert reader.js(seen) == tabs
    reader.press("4")
    assert reader.hash() == ""


@pytest.mark.long
def test_several_corpora_have_a_view_together_and_each_its_own(reader: Reader) -> None:
    tabs = (
        "return [...document.querySelectorAll('nav a')].filter(a => a.offsetParent).map(a => a.textContent)"
    )
    reader.open("several.html")
    assert reader.all("#corpus option") == ["2 corpora", "conll:a.conll", "b"]
    assert reader.all(".corpora:not(.pairs) thead a") == ["conll:a.conll", "b"]
    rows = reader.all(".corpora:not(.pairs) tbody tr")
    assert rows[1:4] == ["Afirst.600– b.600– b", "Bsecond.800– a.800– a", "Cthird.800– afailed"]
    assert reader.all(".pairs tbody tr")[1] == "AfirstBsecond-.200-.200 -.200<.0010/22/2"
    assert "has no scores on b: third: raised RuntimeError" in reader.text(".note.bad")
    reader.js("document.querySelectorAll('.corpora a')[1].click()")
    reader.until(lambda: reader.hash() == "#overview?corpus=b")
    assert reader.js(tabs) == ["Corpora", "Overview", "Errors", "Breakdowns"], "nobody is quoted there"
    assert reader.js("return document.querySelector('#corpus').selectedOptions[0].textContent") == "b"
    reader.press("3")
    reader.until(lambda: reader.hash().startswith("#errors?corpus=b&layer=entities&doc=b00"))
    reader.press("n")
    link = reader.hash()
    reader.choose("#corpus", "0")
    reader.until(lambda: reader.hash().startswith("#errors?corpus=conll-a-conll&layer=entities&doc=l00"))
    reader.press("5")
    reader.until(lambda: reader.hash() == "#people?corpus=conll-a-conll")
    reader.choose("#corpus", "1")
    reader.until(lambda: reader.hash() == "#overview?corpus=b")
    reader.click('nav [href^="#errors"]')
    reader.until(lambda: reader.hash() == link)
    assert reader.all(".card"), "what was chosen is kept"
    reader.choose("#corpus", "")
    reader.until(lambda: reader.hash() == "#corpora")
    reader.open("several.html", link)
    assert reader.all(".card") and reader.all(".key li") == ["Ggold", "Afirst", "Bsecond"]
    assert reader.js(NAMELESS) == []
    reader.open("several.html", link.replace("corpus=b", "corpus=c"))
    assert "corpus c is not in this report" in reader.all(".note")[0] and reader.all(".pairs")


def test_leaving_the_errors_and_coming_back_finds_them_as_they_were(reader: Reader) -> None:
    reader.open("two.html", "#errors")
    reader.choose("#f-right", "1")
    reader.press("n")
    there = reader.text(".card h3"), reader.all(".bar"), reader.text("#count")
    for view, sign in (("overview", "table.scores"), ("errors", ".bar")):
        reader.click(f'nav [href="#{view}"]')
        reader.until(lambda sign=sign: reader.all(sign))
    assert (reader.text(".card h3"), reader.all(".bar"), reader.text("#count")) == there


def test_quotes_are_tied_to_cue_and_speaker(reader: Reader) -> None:
    reader.open("two.html", "#errors?layer=quotes&doc=d00")
    assert {"1 direct", "1 cue", "1 speaker", "2 indirect", "2 cue", "2 speaker"} <= set(reader.all(".bar"))
    assert reader.js("return document.querySelectorAll('.bar.gap').length") > 0, "parts of a quote are joined"
    reader.press("n")
    assert reader.text(".card h3") == "⊂ too short by Bsecond"
    paths = reader.js(
        "return [...document.querySelectorAll('.links path')].map(p => p.getAttribute('class'))"
    )
    assert set(paths) == {"cue", "speaker"}
    reader.choose("#f-layer", "speakers")
    assert reader.text("#count").startswith("24 errors")
    assert "given" not in reader.text("#chips") and "somebody else" in reader.text("#chips")


def test_ties_stay_at_their_bars_when_lanes_above_are_drawn(reader: Reader) -> None:
    reader.media(600)
    try:
        reader.open(
            "gold.html", "#errors?layer=speakers&doc=000_8f5cd11ad6069882&system=quotes-simple&at=g624-960"
        )
        assert reader.text(".card h3") == "≠ somebody else by Aquotes-simple"
        apart = """const bar = document.querySelector('.bar.cur').getBoundingClientRect();
            return [...document.querySelectorAll('.links path')].map(path => {
                const start = path.getPointAtLength(0).matrixTransform(path.getScreenCTM());
                return Math.abs(start.y - (bar.top + bar.bottom) / 2);
            })"""
        # Lanes near the screen are drawn a little later.
        reader.until(lambda: len(reader.all(".bar")) > 20)
        assert max(reader.js(apart)) < 40
    finally:
        reader.media()


def test_offsets_are_code_points(reader: Reader) -> None:
    reader.open("hostile.html", "#errors")
    reader.press("n")
    assert "Bonn" in reader.text(".card dd .cite")


# Breakdowns and people


def test_breakdowns_lead_to_the_errors_that_they_count(reader: Reader) -> None:
    reader.open("two.html", "#breakdowns")
    headings = reader.all("main h2")
    assert headings[:3] == ["Errors by class", "By label, strict", "Confusion of labels"]
    assert {"Seen or unseen names", "Confidence", "Quality against speed"} <= set(headings)
    assert "wortlaut bench --plot" in reader.text("main")
    assert reader.js("return document.querySelectorAll('.charts polyline').length") == 2
    reader.click("main table a")
    reader.until(lambda: reader.all("#count"))
    assert reader.text("#count").startswith("12 errors")
    assert "of=first" in reader.hash()


def test_people_show_who_was_given_whose_words(reader: Reader) -> None:
    reader.open("two.html", "#people")
    assert reader.all(".people tbody tr:not([hidden]) th") == ["Anna Sacher", "Karl Renner"]
    reader.click(".people tbody button")
    told = reader.all(".people .quotes li")
    assert len(told) == 12
    assert "given to Karl Renner" in told[0] and "✓ found" in told[0]
    reader.click(".people .quotes a")
    reader.until(lambda: reader.all(".card"))
    assert reader.text(".card h3") == "≠ somebody else by Afirst"
    reader.open("two.html", "#people")
    reader.choose("#p-find", "renner")
    assert reader.all(".people tbody tr:not([hidden]) th") == ["Karl Renner"]


# Hostile texts


def test_hostile_texts_stay_texts(reader: Reader) -> None:
    for view in ("", "#errors", "#breakdowns", "#people"):
        reader.open("hostile.html", view)
        assert reader.driver.title.endswith("– Wortlaut")
        assert reader.js("return document.querySelectorAll('main script, main b b, bdi b').length") == 0
        assert reader.js("return document.scripts.length") == 3
    reader.open("hostile.html", "#errors")
    option = "[...document.querySelectorAll('#doc-pick option')].find(o => o.text.startsWith('<'))"
    reader.choose("#doc-pick", reader.js(f"return {option}.value"))
    shown = reader.text(".doc .blk p")
    assert shown == f"Anna {HOSTILE} \u2400\u2407 \U0001f600 Bonn"


@pytest.mark.long
def test_a_line_of_a_million_characters_is_drawn_in_parts(reader: Reader) -> None:
    reader.open("hostile.html", "#errors?doc=long")
    reader.until(lambda: reader.all(".bar"))
    assert sum(map(len, reader.all(".doc .blk p"))) == 5 + 1_000_000 + 4
    # Of the two names one is here, and the other is a long way down.
    assert reader.all("button.bar") == ["PER", "PER"]
    reader.press("n")
    assert reader.all("button.bar.k-missed") == ["−LOC"]
    assert reader.js("return scrollY") > 10_000


# Reading


def luminance(colour: str) -> float:
    parts = [int(v) / 255 for v in re.findall(r"\d+", colour)[:3]]
    return sum(w * c**2.2 for w, c in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def test_light_and_dark_follow_the_system_and_a_button(reader: Reader) -> None:
    ground = "return getComputedStyle(document.documentElement).backgroundColor"
    reader.media(dark=True)
    reader.open("two.html")
    assert luminance(reader.js(ground)) < 0.1
    reader.click("#theme")
    assert luminance(reader.js(ground)) > 0.8
    reader.click("#theme")
    assert luminance(reader.js(ground)) < 0.1
    reader.click("#theme")
    reader.media(dark=False)
    assert luminance(reader.js(ground)) > 0.8


@pytest.mark.parametrize("view", ["overview", "errors", "breakdowns", "people"])
@pytest.mark.long
def test_a_phone_never_scrolls_sideways(reader: Reader, view: str) -> None:
    reader.media(390, 844)
    reader.open("two.html", f"#{view}")
    if view == "errors":
        reader.press("n")
        card = reader.js(
            "return document.querySelector('.card').getBoundingClientRect().bottom <= innerHeight"
        )
        assert card, "the card stays in reach"
        tops = (
            "return ['previous-doc', 'doc-pick', 'next-doc'].map(i => document.getElementById(i).offsetTop)"
        )
        assert len(set(reader.js(tops))) == 1, "the document stands between its two arrows"
    width = "return [document.documentElement.scrollWidth, innerWidth]"
    assert reader.js(width) == [390, 390]


def test_all_of_it_can_be_reached_by_keys(reader: Reader) -> None:
    from selenium.webdriver.common.keys import Keys

    reader.open("two.html")
    reached = []
    for _ in range(14):
        reader.press(Keys.TAB)
        reached.append(reader.js("const e = document.activeElement; return e.textContent || e.id"))
    assert reached[:5] == ["Skip to the content", "Overview", "Errors", "Breakdowns", "People"]
    assert {"LaTeX", "Markdown", "CSV"} <= set(reached)
    reader.press("3")
    reader.until(lambda: "Errors by class" in reader.all("main h2"))
    assert reader.text("nav [aria-current]") == "Breakdowns"


def test_german_texts_are_marked_and_hyphenate(reader: Reader) -> None:
    reader.open("two.html", "#errors")
    lang, hyphens = reader.js(
        "const d = document.querySelector('.doc'); return [d.lang, getComputedStyle(d).hyphens]"
    )
    assert (lang, hyphens) == ("de", "auto")
    assert reader.js("return document.documentElement.lang") == "en"


def test_every_control_has_a_name(reader: Reader) -> None:
    for view in ("overview", "errors", "breakdowns", "people"):
        reader.open("two.html", f"#{view}")
        nameless = reader.js(NAMELESS)
        assert nameless == [], view


NAME = "<script>alert(1)</script>"


def over_commits() -> str:
    """Three commits of a system, each of which is better in one score and worse in another."""
    gold = documents({f"s{i:02}": TEXT for i in range(20)})
    runs = []
    for i, found in enumerate((first, second, first)):
        one = evaluate({NAME: Answering("x", found)}, gold, schema="strict")
        runs.append(replace(run_of(one, f"{i}" * 40, f"2026-03-{i + 1:02}"), where=f"{i}"))
    return history_page(series(steps(runs, Rules())), None)


def test_a_history_shows_each_commit_with_its_verdict(reader: Reader) -> None:
    reader.open("history.html")
    figures = len(reader.all("svg"))
    assert figures == len(reader.all("h3")) == len(reader.all("table")) > 1
    assert all(NAME in title for title in reader.all("h3")), "names are text"
    assert len(reader.all("svg g")) == 3 * figures
    assert {text.rpartition(": ")[2] for text in reader.all("svg title")} >= {"not compared", "regression"}
    assert [row[:7] for row in reader.all("table:first-of-type tbody th")][:3] == ["2" * 7, "1" * 7, "0" * 7]
    newest = reader.all("li")[0]
    assert f"{NAME} is first worse between 1111111 and 2222222: git bisect start 2222222" in newest
    for width in (390, 1280):
        for dark in (False, True):
            reader.media(width, dark=dark)
            assert reader.js("return document.documentElement.scrollWidth") <= width


@pytest.mark.long
def test_it_prints_with_all_lanes(reader: Reader) -> None:
    reader.open("hostile.html", "#errors?doc=long")
    drawn = "return document.querySelectorAll('button.bar').length"
    assert reader.js(drawn) == 2
    reader.js("dispatchEvent(new Event('beforeprint'))")
    assert reader.js(drawn) == 4
    assert reader.js("return document.querySelector('#text').offsetWidth") == 640
    reader.js("dispatchEvent(new Event('afterprint'))")
    assert reader.js("return document.querySelector('#text').offsetWidth") > 640
    reader.open("two.html", "#errors?doc=d00")
    assert base64.b64decode(reader.driver.print_page()).startswith(b"%PDF")


@pytest.mark.long
def test_a_phenomenon_leads_to_what_is_wrong_in_it(reader: Reader) -> None:
    reader.open("probed.html", "#phenomena")
    assert reader.all("nav a:not([hidden])") == ["Overview", "Phenomena", "Errors", "Breakdowns"]
    assert reader.all("h2") == ["entities", "quotes", "Minimal pairs"]
    cells = """return [...document.querySelectorAll('tr')]
        .find(row => row.textContent.startsWith(arguments[0])).innerText"""
    assert reader.js(cells, "title").split() == ["title", "–", "4/12", "–", "↓", "1.000", "–", "12/12", "–"]
    assert reader.js(cells, "orte").split() == ["orte", "6/6", ".541–1.000", "0/6", "5/6", ".186–.991", "1/6"]
    reader.js("document.querySelector('td a[href*=title]').click()")
    assert reader.until(lambda: reader.all("#count")) == ["8 errors, 1 of 8 documents"]
    assert reader.js("return document.querySelector('#f-phenomenon').value") == "title"
    reader.choose("#f-phenomenon", "")
    assert "phenomenon" not in reader.hash()
    reader.open("short.html", "#phenomena")
    assert "name no phenomena" in reader.text("main")
    assert "Phenomena" not in reader.all("nav a:not([hidden])")
