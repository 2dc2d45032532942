"""The comment on a pull request: what stands in it, and that there is one, whoever else comments."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from forges import BOT, SOMEBODY, Forge, on_github, on_gitlab, served

from wortlaut.errors import WortlautError
from wortlaut.gate.verdicts import Change, Check, Known, Outcome, Place, Row
from wortlaut.reports.comment import LIMIT, body_of, keep_comment, shortened
from wortlaut.reports.gate import markdown
from wortlaut.scoring.keys import ScoreKey

PULL = {"pull_request": {"number": 7, "head": {"sha": "0123456789abcdef"}}}
MARKER = "<!-- wortlaut comment n -->"


def comment(number: int, body: str | None, by: dict[str, Any] | None) -> dict[str, Any]:
    return {"id": number, "body": body, "user": by, "author": by}


OTHERS = [comment(number, "ok", SOMEBODY) for number in range(99)]
OWN = comment(300, f"{MARKER}\nold", BOT)
#: Copied the marker; has another name; said nothing at all.
LIKE = [
    comment(200, f"{MARKER}\nPASS", SOMEBODY),
    comment(201, "<!-- wortlaut comment n2 -->", BOT),
    comment(202, None, None),
]
#: What is there, and what is said; where it is changed, the comment is behind the first hundred.
STATES: dict[str, tuple[list[dict[str, Any]], int, str]] = {
    "the first": ([], 0, "comment 100 is made"),
    "the second run": ([*OTHERS, *LIKE, OWN], 0, "comment 300 is up to date"),
    "none of ours": ([*OTHERS, *LIKE], 0, "comment 202 is made"),  # 100 and those before
    "a fork": ([], 403, "no comment: this job may not write one, as of a fork (POST is answered by 403"),
    "a fork, later": ([OWN], 403, "no comment: this job may not write one"),
}


@pytest.mark.parametrize("on", ["GitHub", "GitLab"])
@pytest.mark.parametrize("name", STATES)
def test_there_is_one_comment(name: str, on: str, tmp_path: Path) -> None:
    there, refuses, said = STATES[name]
    with served(Forge([dict(one) for one in there], refuses=refuses)) as forge:
        job = on_github(forge, tmp_path, PULL) if on == "GitHub" else on_gitlab(forge)
        told = keep_comment("## new\n", "n", "https://host/page", job)
    assert said in told
    link = "`n` · commit 0123456789ab · [page, JUnit and scores](<https://host/page>)"
    new = [] if refuses else [f"{MARKER}\n## new\n\n{link}\n"]
    kept = [one["body"] for one in there if refuses or one is not OWN]
    assert [one["body"] for one in forge.comments] == [*kept, *new]


NO_NUMBER = {"ref": "refs/heads/main"}
#: What a job has, or lacks, beside a pull request on GitHub that can be commented; and what is said.
JOBS: dict[str, tuple[object, dict[str, str], str]] = {
    "a push": (NO_NUMBER, {}, "no comment: this job is about no pull request"),
    "an event that is a list": ([], {}, "no comment: this job is about no pull request"),
    "no token": (PULL, {"GITHUB_TOKEN": ""}, "no comment: GITHUB_TOKEN is not set"),
    "a wrong token": (PULL, {"GITHUB_TOKEN": "wrong"}, "error: .*GET is answered by 401"),
    "no repository": (PULL, {"GITHUB_REPOSITORY": "none"}, "error: .*GET is answered by 404 .*Not Found"),
    "no server": (PULL, {"GITHUB_API_URL": "http://127.0.0.1:1"}, "error: .*GET failed: "),
    "no address": (PULL, {"GITHUB_API_URL": "x"}, "error: .*GET failed: unknown url type"),
    "no variable": (PULL, {}, "error: GITHUB_API_URL is not set"),
    "another answer": (PULL, {"GITHUB_REPOSITORY": "odd"}, "error: .*GET failed: Expected `array`"),
    "no such event": (PULL, {"GITHUB_EVENT_PATH": "no.json"}, "error: no.json: no such file"),
    "no job": (PULL, {"GITHUB_ACTIONS": "false"}, "error: there is no pull request here"),
}


@pytest.mark.parametrize("name", JOBS)
def test_what_keeps_a_comment_from_being_made_is_told(name: str, tmp_path: Path) -> None:
    event, changed, said = JOBS[name]
    with served(Forge()) as forge:
        job = on_github(forge, tmp_path, event) | changed
        if name == "no variable":
            del job["GITHUB_API_URL"]
        try:
            told = keep_comment("text", "n", "", job)
        except WortlautError as error:
            told = f"error: {error}"
    assert re.match(said, told), told
    assert forge.comments == [] and "secret" not in told
    assert all("POST" not in asked for asked in forge.asked)


def outcome(items: int, label: str = "LOC", text: str = "in ⟦Ulm⟧") -> Outcome:
    place = Place("s", ScoreKey("entities", "strict", label="LOC"))
    known = Known("d", ((0, 3),), label, text)
    change = Change("d", "missed", True, "0" * 12, known)
    rows = tuple(Row(place, 0.9, 0.5, p=0.01, gated=True, shows=0.2, changes=(change,)) for _ in range(items))
    return Outcome((Check("drop", "regression", "F1 0.9 → 0.5", place),), rows)


def test_a_comment_holds_verdict_table_items_and_what_the_corpus_shows() -> None:
    body = body_of(markdown(outcome(1)), "n", "", "abc")
    for part in (
        f"{MARKER}\n## Wortlaut: REGRESSION: 1 of 1 check failed; drops of F1 show with 80% from 0.200 on\n",
        "- **regression**: s, entities, strict, LOC: F1 0.9 → 0.5",
        "| s | entities | strict | LOC | 0.900 | 0.500 | -0.400 | 0.010 | 0.200 | 1 | 0 |",
        "- new: d \\[0, 3) LOC missed: in ⟦Ulm⟧",
    ):
        assert part in body, body


@pytest.mark.parametrize("limit", [1_000, 5_000, LIMIT])
def test_a_long_comment_is_shortened_and_says_so(limit: int) -> None:
    whole = markdown(outcome(1_000))
    body = body_of(whole, "n" * 50, "https://h/" + "p" * 100, "abc", limit)
    assert limit - 400 < len(body) <= limit
    assert body.count("<details>") == body.count("</details>")
    left, lines = map(int, re.search(r"Shortened\*\*: (\d+) of (\d+) lines", body).groups())
    shown = body.partition("**Shortened")[0]
    assert lines == whole.count("\n") and 0 <= lines - left - whole.count("\n", 0, len(shown)) + 3 < 9
    assert shortened(whole, len(whole)) == whole


@pytest.mark.parametrize(
    ("label", "live"),
    [
        ("@all", r"(?<!\w)@\w"),
        ("#12", r"#\d"),
        ("owner/name#12", r"#\d"),
        ("!12", r"!\d"),
        ("GH-12", r"GH-\d"),
        ("https://host/x", "://"),
        ("www.host.de", r"www\."),
        (
            "[x](y) <!-- </details> <img src=x> `a` | b\r\n/close\n# c",
            r"(?m)[^\\][\[`]x|-->.*-->|<img|^/close|^# c",
        ),
    ],
)
def test_what_others_wrote_does_nothing_in_a_comment(label: str, live: str) -> None:
    body = body_of(markdown(outcome(1, label, label)), "n", "", "abc").replace(MARKER, "")
    assert not re.search(live, body), body
    assert body.count("<details>") == body.count("</details>") == 1


def test_a_name_and_an_address_cannot_leave_their_place() -> None:
    body = body_of("x", "a --> `b`\n# c", "https://h/> [x](y)\n", "a|b")
    link = "[page, JUnit and scores](<https://h/%3E%20[x](y)%0A>)"
    assert (
        body
        == f"<!-- wortlaut comment a - -> `b` # c -->\nx\n\n`` a --> `b` # c `` · commit a\\|b · {link}\n"
    )
