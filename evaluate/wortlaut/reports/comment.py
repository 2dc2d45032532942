"""One comment on a pull request of GitHub, or a merge request of GitLab, which each run brings up to date."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import msgspec

from wortlaut.errors import WortlautError
from wortlaut.io.reading import read_json
from wortlaut.reports import escapes

#: Characters that GitHub takes; GitLab takes more.
LIMIT = 65_536
#: Comments that a call lists at most, on either.
_A_PAGE = 100
#: Where GitHub and GitLab would call somebody, cite an issue, or make a link of what a text says.
_LIVE = re.compile(r"(?<!\w)@(?=\w)|[#!](?=\d)|\bGH-(?=\d)|:(?=//)|\bwww(?=\.)", re.IGNORECASE)
_Answer = TypeVar("_Answer")


class _Author(msgspec.Struct):
    id: int
    type: str = ""


class _Comment(msgspec.Struct):
    id: int
    body: str | None = None
    user: _Author | None = None
    author: _Author | None = None


@dataclass(frozen=True)
class _Place:
    """Where comments are listed and made, where one is changed and by which method, and what they are about.

    ``me`` tells whose token it is, where a bot's is not known by its type.
    """

    comments: str
    comment: str
    method: str
    headers: Mapping[str, str]
    commit: str
    me: str = ""


def keep_comment(text: str, name: str, page: str, environment: Mapping[str, str]) -> str:
    """Make the comment called ``name``, or change the one that is there, and say what was done.

    ``text`` is Markdown, ``page`` the address of what is linked. The job's ``environment`` says where, and
    holds the token. A job of no pull request, and one that has no right to comment, as of a fork, is no
    error. Raises WortlautError.
    """
    if environment.get("GITHUB_ACTIONS") == "true":
        token, place_of = "GITHUB_TOKEN", _on_github
    elif environment.get("GITLAB_CI") == "true":
        token, place_of = "GITLAB_TOKEN", _on_gitlab
    else:
        hint = "A job of GitHub Actions or GitLab CI comments; its environment says where."
        raise WortlautError("there is no pull request here", hint=hint)
    try:
        place = place_of(environment) if environment.get(token) else None
    except KeyError as error:
        raise WortlautError(f"{error.args[0]} is not set, as it is in a job") from None
    if place is None:
        why = "this job is about no pull request" if environment.get(token) else f"{token} is not set"
        return f"no comment: {why}"
    try:
        return _kept(place, _marker(name), body_of(text, name, page, place.commit))
    except PermissionError as error:
        return f"no comment: this job may not write one, as of a fork ({error})"


def body_of(text: str, name: str, page: str, commit: str, limit: int = LIMIT) -> str:
    """The comment: a marker that its source alone shows, the text, and what it is about."""
    link = f" · [page, JUnit and scores](<{quote(page, safe=_ADDRESS)}>)" if page else ""
    foot = f"\n\n{escapes.markdown_code(name)} · commit {escapes.markdown(commit[:12])}{link}\n"
    head, quiet = f"{_marker(name)}\n", _LIVE.sub("\\g<0>\u200b", text)
    return head + shortened(quiet, limit - len(head) - len(foot)).rstrip("\n") + foot


#: What stays as it is in an address.
_ADDRESS = ":/?#[]@!$&'()*+,;=%~"


def shortened(text: str, limit: int) -> str:
    """Markdown in at most ``limit`` characters: whole lines, and how many more there were."""
    if len(text) <= limit:
        return text
    lines = text.splitlines(keepends=True)
    kept, room = 0, limit - 200  # for what follows
    while len(lines[kept]) <= room:
        room -= len(lines[kept])
        kept += 1
    shown = "".join(lines[:kept])
    close = "\n</details>\n" * (shown.count("<details>") - shown.count("</details>"))
    told = (
        f"**Shortened**: {len(lines) - kept} of {len(lines)} lines are left out; there is no room for more."
    )
    return f"{shown}{close}\n{told}\n"


def _marker(name: str) -> str:
    return escapes.markdown_comment(f"wortlaut comment {name}")


def _on_github(environment: Mapping[str, str]) -> _Place | None:
    event = read_json(Path(environment["GITHUB_EVENT_PATH"]))
    request = event.get("pull_request") if isinstance(event, dict) else None
    if not isinstance(request, dict):
        return None
    issues = f"{environment['GITHUB_API_URL']}/repos/{environment['GITHUB_REPOSITORY']}/issues"
    headers = {
        "Authorization": f"Bearer {environment['GITHUB_TOKEN']}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    # GITHUB_SHA is that of a merge which nobody made.
    commit = request["head"]["sha"]
    return _Place(f"{issues}/{request['number']}/comments", f"{issues}/comments", "PATCH", headers, commit)


def _on_gitlab(environment: Mapping[str, str]) -> _Place | None:
    if not (number := environment.get("CI_MERGE_REQUEST_IID")):
        return None
    api, project = environment["CI_API_V4_URL"], environment["CI_MERGE_REQUEST_PROJECT_ID"]
    notes = f"{api}/projects/{project}/merge_requests/{number}/notes"
    headers = {"PRIVATE-TOKEN": environment["GITLAB_TOKEN"]}
    commit = environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or environment["CI_COMMIT_SHA"]
    return _Place(notes, notes, "PUT", headers, commit, f"{api}/user")


def _kept(place: _Place, marker: str, body: str) -> str:
    me = _call(place, "GET", place.me, _Author).id if place.me else None
    for number in count(1):
        listed = f"{place.comments}?per_page={_A_PAGE}&page={number}"
        comments = _call(place, "GET", listed, list[_Comment])
        for one in comments:
            by = one.user or one.author
            # Whoever may comment may copy the marker.
            ours = by is not None and (by.type == "Bot" if me is None else by.id == me)
            if ours and (one.body or "").startswith(marker):
                _call(place, place.method, f"{place.comment}/{one.id}", _Comment, body)
                return f"comment {one.id} is up to date"
        if len(comments) < _A_PAGE:
            break
    return f"comment {_call(place, 'POST', place.comments, _Comment, body).id} is made"


def _call(place: _Place, method: str, url: str, kind: type[_Answer], body: str | None = None) -> _Answer:
    """What the server answers. Raises PermissionError, WortlautError."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    try:
        data = None if body is None else json.dumps({"body": body}).encode()
        request = Request(url, data, method=method)
        for name, value in {"Content-Type": "application/json", **place.headers}.items():
            request.add_unredirected_header(name, value)  # a token is for this server alone
        with urlopen(request, timeout=60) as answer:
            return msgspec.json.decode(answer.read(), type=kind)
    except HTTPError as error:
        what = (
            f"{method} is answered by {error.code} {error.reason}: {error.read(300).decode(errors='replace')}"
        )
        if error.code == 403:
            raise PermissionError(what) from None
        raise WortlautError(what, where=url) from None
    except (OSError, HTTPException, ValueError) as error:
        raise WortlautError(f"{method} failed: {error}", where=url) from error
