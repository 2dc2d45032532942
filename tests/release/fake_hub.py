"""A Hub on loopback that speaks the calls which publishing makes, and breaks where a test says so."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = re.compile(r"/api/datasets/(?P<repo>[^/]+/[^/]+)/commit/main")
TOKEN = "hf_made-up-token-that-nobody-may-see"


def git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class FakeHub:
    """Repositories by name: files (path → bytes) and commits, the newest last."""

    def __init__(self):
        self.files: dict[str, dict[str, bytes]] = {}
        self.commits: dict[str, list[str]] = {}
        self.objects: dict[str, bytes] = {}
        self.calls = Counter()
        #: Name of a call → how often it breaks the connection, and whether before or after it is done.
        self.breaks: dict[str, tuple[int, str]] = {}
        self.before_commit = lambda: None
        self.refuse = False
        self.url = ""

    def sha(self, repo):
        return self.commits[repo][-1]

    def commit(self, repo, files):
        self.files[repo] = files
        number = len(self.commits.setdefault(repo, []))
        self.commits[repo].append(hashlib.sha1(f"{repo} {number}".encode()).hexdigest())

    # One method a call; each returns status and JSON.

    def create(self, match, body):
        repo = f"{body['organization']}/{body['name']}" if body.get("organization") else f"me/{body['name']}"
        url = {"url": f"{self.url}/datasets/{repo}"}
        if repo in self.files:
            return 409, url | {"error": "You already created this dataset repo"}
        self.commit(repo, {".gitattributes": b"*.parquet filter=lfs"})
        return 200, url

    def info(self, match, body):
        repo = match["repo"]
        siblings = [{"rfilename": name} for name in sorted(self.files[repo])]
        return 200, {"id": repo, "sha": self.sha(repo), "siblings": siblings}

    def tree(self, match, body):
        files = self.files[match["repo"]]
        return 200, [
            {"type": "file", "path": name, "size": len(data), "oid": git_hash(data)}
            for name, data in sorted(files.items())
        ]

    def yaml(self, match, body):
        return 200, {"errors": [], "warnings": []}

    def preupload(self, match, body):
        def oid(path):
            data = self.files[match["repo"]].get(path)
            if data is None:
                return None
            return hashlib.sha256(data).hexdigest() if path.endswith(".parquet") else git_hash(data)

        return 200, {
            "files": [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if file["path"].endswith(".parquet") else "regular",
                    "shouldIgnore": False,
                    "oid": oid(file["path"]),
                }
                for file in body["files"]
            ]
        }

    def batch(self, match, body):
        objects = []
        for item in body["objects"]:
            actions = {
                "upload": {"href": f"{self.url}/upload/{item['oid']}"},
                "verify": {"href": f"{self.url}/verify/{item['oid']}"},
            }
            objects.append(dict(item) | ({} if item["oid"] in self.objects else {"actions": actions}))
        return 200, {"transfer": "basic", "objects": objects}

    def upload(self, match, body):
        if hashlib.sha256(body).hexdigest() != match["oid"]:
            return 400, {"error": "another content"}
        self.objects[match["oid"]] = body
        return 200, {}

    def verify(self, match, body):
        fine = len(self.objects.get(match["oid"], b"")) == body["size"]
        return (200 if fine else 404), {}

    def send_commit(self, match, body):
        self.before_commit()
        repo = match["repo"]
        lines = [json.loads(line) for line in body.decode("utf-8").splitlines()]
        if lines[0]["value"].get("parentCommit") not in (None, self.sha(repo)):
            return 412, {"error": "A commit has happened since. Please refresh and try again."}
        files = dict(self.files[repo])
        for line in lines[1:]:
            path = line["value"]["path"]
            if line["key"] == "file":
                files[path] = base64.b64decode(line["value"]["content"])
            elif line["key"] == "lfsFile":
                files[path] = self.objects[line["value"]["oid"]]
            elif line["key"] == "deletedFile":
                del files[path]
        self.commit(repo, files)
        url = f"{self.url}/datasets/{repo}/commit/{self.sha(repo)}"
        return 200, {"success": True, "commitOid": self.sha(repo), "commitUrl": url}


ROUTES = [
    ("POST", re.compile(r"/api/repos/create"), FakeHub.create),
    ("GET", re.compile(r"/api/datasets/(?P<repo>[^/]+/[^/]+)(/revision/main)?"), FakeHub.info),
    ("GET", re.compile(r"/api/datasets/(?P<repo>[^/]+/[^/]+)/tree/main"), FakeHub.tree),
    ("POST", re.compile(r"/api/validate-yaml"), FakeHub.yaml),
    ("POST", re.compile(r"/api/datasets/(?P<repo>[^/]+/[^/]+)/preupload/main"), FakeHub.preupload),
    ("POST", re.compile(r"/datasets/(?P<repo>[^/]+/[^/]+)\.git/info/lfs/objects/batch"), FakeHub.batch),
    ("PUT", re.compile(r"/upload/(?P<oid>\w+)"), FakeHub.upload),
    ("POST", re.compile(r"/verify/(?P<oid>\w+)"), FakeHub.verify),
    ("POST", COMMIT, FakeHub.send_commit),
]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: FakeHub

    def answer(self):
        hub, path = self.hub, self.path.partition("?")[0]
        data = self.body()
        for method, pattern, call in ROUTES:
            match = pattern.fullmatch(path)
            if method != self.command or match is None:
                continue
            name = call.__name__
            hub.calls[name] += 1
            if name not in ("upload", "verify") and self.headers.get("Authorization") != f"Bearer {TOKEN}":
                return self.reply(401, {"error": "Invalid username or password."})
            if hub.refuse and name == "send_commit":
                return self.reply(403, {"error": "Forbidden"})
            times, when = hub.breaks.get(name, (0, ""))
            if times:
                hub.breaks[name] = (times - 1, when)
            if times and when == "before":
                return self.close()
            plain = name in ("upload", "send_commit")
            status, answer = call(hub, match, data if plain else json.loads(data or b"{}"))
            return self.close() if times else self.reply(status, answer)
        return self.reply(404, {"error": f"no such call: {self.command} {self.path}"})

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def close(self):
        self.close_connection = True
        self.connection.close()

    def reply(self, status, answer):
        data = json.dumps(answer).encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = answer  # noqa: N815 (the names that http.server calls)

    def log_message(self, *arguments):
        pass


@contextmanager
def running():
    hub = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
