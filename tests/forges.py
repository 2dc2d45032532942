"""A server on this machine that answers what GitHub and GitLab answer about comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

GITHUB, GITLAB = "/repos/owner/name/issues/7/comments", "/projects/5/merge_requests/7/notes"
#: An address of a comment, as that it is changed at.
ONE = re.compile(r"/repos/owner/name/issues/comments/(\d+)|/projects/5/merge_requests/7/notes/(\d+)")
BOT = {"id": 41, "type": "Bot"}
SOMEBODY = {"id": 1, "type": "User"}


@dataclass
class Forge:
    """Its comments, what it was asked, and the status by which it refuses to have anything written."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refuses: int = 0
    url: str = ""

    def answer(self, method: str, url: str, body: str | None) -> tuple[int, object]:
        path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
        self.asked.append(f"{method} {url}")
        if path == "/user":
            return 200, BOT
        if path.startswith("/repos/odd/"):
            return 200, {}
        if path in (GITHUB, GITLAB) and method == "GET":
            size, page = int(query["per_page"][0]), int(query["page"][0])
            return 200, self.comments[size * (page - 1) : size * page]
        if self.refuses:
            return self.refuses, {"message": "Resource not accessible by integration"}
        if path in (GITHUB, GITLAB) and method == "POST":
            made = {"id": 100 + len(self.comments), "body": body, "user" if path == GITHUB else "author": BOT}
            self.comments.append(made)
            return 201, made
        if (one := ONE.fullmatch(path)) and method == ("PATCH" if one[1] else "PUT"):
            (changed,) = [comment for comment in self.comments if comment["id"] == int(one[1] or one[2])]
            changed["body"] = body
            return 200, changed
        return 404, {"message": "Not Found"}

    @property
    def by_bot(self) -> list[str]:
        return [one["body"] for one in self.comments if (one.get("user") or one.get("author")) == BOT]


@contextmanager
def served(forge: Forge) -> Iterator[Forge]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            token = self.headers.get("PRIVATE-TOKEN") or self.headers.get("Authorization")
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.loads(sent)["body"] if sent else None
            known = token in ("secret", "Bearer secret")
            code, answer = forge.answer(self.command, self.path, body) if known else (401, {})
            self.send_response(code)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_POST = do_PATCH = do_PUT = _answer  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    forge.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()


def on_github(forge: Forge, folder: Path, event: object) -> dict[str, str]:
    path = folder / "event.json"
    path.write_text(json.dumps(event), "utf-8")
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "owner/name",
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_TOKEN": "secret",
    }


def on_gitlab(forge: Forge) -> dict[str, str]:
    return {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": forge.url,
        "CI_MERGE_REQUEST_PROJECT_ID": "5",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_COMMIT_SHA": "0123456789abcdef",
        "GITLAB_TOKEN": "secret",
    }
