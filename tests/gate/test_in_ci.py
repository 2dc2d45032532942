"""The gate where it runs: the GitHub action by act, the GitLab template by a shell, hooks by pre-commit."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from command import WORTLAUT, run
from forges import BOT, Forge, on_gitlab, served
from repository import repository_files
from shared import ROOT

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not WORTLAUT.exists(), reason="the wortlaut script is not installed here"),
]

PLACES = """
import re

def create():
    return find

def find(texts):
    return [{"entities": [{"start": m.start(1), "end": m.end(1), "label": "LOC"}
                          for m in re.finditer(r"(?:in|bei) ([@A-Z]\\w+)", text)]} for text in texts]
"""
#: Whoever wrote the second text knows how comments are made to call somebody.
TEXTS = ("Brand in Ulm, Rauch bei Celle.", "Stau bei @team", "Stau bei Hamm, Wagen aus Kiel.")
CASES = "".join(
    json.dumps(
        {
            "id": n,
            "text": text,
            "label": [[m.start(), m.end(), "LOC"] for m in re.finditer("Ulm|Celle|@team|Hamm|Kiel", text)],
        }
    )
    + "\n"
    for n, text in enumerate(TEXTS, 1)
)
RULES = """
[tool.wortlaut.check]
extractors = ["places.py:create"]
corpus = "doccano:cases.jsonl"
"""
#: Third parties' actions, as far as ours leans on them.
OTHERS = {
    "actions/setup-python@v5": """
outputs:
  python-version: {value: "3"}
runs:
  using: composite
  steps: [{shell: bash, run: ":"}]
""",
    "actions/cache@v4": """
runs:
  using: composite
  steps: [{shell: bash, run: ":"}]
""",
    "actions/upload-artifact@v4": """
inputs: {name: {}, path: {}}
outputs:
  artifact-url: {value: "https://host/artifacts/1"}
runs:
  using: composite
  steps:
    - shell: bash
      run: cp -r "${{ inputs.path }}" "$RECEIVED/${{ inputs.name }}"
""",
}


def found(program: str) -> str:
    path = shutil.which(program, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return path or pytest.skip(f"{program} is not here: pip install -e '.[test]'")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name, text in {"places.py": PLACES, "cases.jsonl": CASES, "pyproject.toml": RULES}.items():
        (folder / name).write_text(text, "utf-8")
    done = run("baseline", "write", cwd=folder)
    assert done.returncode == 0, done.stderr
    git(folder, "init", "-q")
    commit(folder)
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "project"))


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=n", "-c", "user.email=n@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")


def worse(project: Path) -> None:
    (project / "places.py").write_text(PLACES.replace("in|bei", "in"), "utf-8")


def here(**more: str) -> dict[str, str]:
    """The environment of whoever runs the tests, with what is installed there first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, **more}


def act(project: Path, forge: Forge, inputs: dict[str, str], action: Path, **more: str) -> tuple[str, Path]:
    """What a workflow with the action of ``action`` says, and the folder of what was uploaded."""
    around = project.parent
    (received := around / "received").mkdir()
    steps = [
        {"uses": "actions/checkout@v4"},  # act's own
        {"uses": "owner/wortlaut@v1", "with": inputs},
    ]
    job = {"runs-on": "ubuntu-latest", "steps": steps}
    (project / ".github/workflows").mkdir(parents=True)
    workflow = {"on": "pull_request", "jobs": {"check": job}}
    (project / ".github/workflows/quality.yml").write_text(yaml.safe_dump(workflow), "utf-8")
    commit(project)
    event = around / "event.json"
    event.write_text('{"pull_request": {"number": 7, "head": {"sha": "0123456789abcdef"}}}', "utf-8")
    actions = {"owner/wortlaut@v1": action}
    for name, text in OTHERS.items():
        actions[name] = around / name.replace("/", "-")
        actions[name].mkdir()
        (actions[name] / "action.yml").write_text(f"name: x{text}", "utf-8")
    environment = {
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "owner/name",
        "RECEIVED": str(received),
    } | more
    command = [
        *(found("act"), "pull_request", "-P", "ubuntu-latest=-self-hosted", "--no-cache-server"),
        *("-e", str(event), "-s", "GITHUB_TOKEN=secret", "--action-cache-path", str(around / "act")),
        *(word for name, path in actions.items() for word in ("--local-repository", f"{name}={path}")),
        *(word for name, value in environment.items() for word in ("--env", f"{name}={value}")),
    ]
    done = subprocess.run(
        command,
        cwd=project,
        env=here(XDG_CONFIG_HOME=str(around)),
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.stdout + done.stderr, received


@dataclass(frozen=True)
class Case:
    """What somebody did, the inputs, and what came of it: the exit code, and what is said where."""

    change: Callable[[Path], None]
    inputs: Mapping[str, str]
    code: int
    comment: Sequence[str]
    log: Sequence[str] = ()
    refuses: int = 0
    files: Sequence[str] = ("html", "json", "md", "xml")
    environment: Mapping[str, str] = field(default_factory=dict)


def mended(project: Path) -> None:
    (project / "places.py").write_text(PLACES.replace("in|bei", "in|bei|aus"), "utf-8")


#: pip without an index, and with nothing beside; it takes the third as the value of what is not to be.
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
NAMED = {
    "extractor": "places.py:create\n",
    "corpus": "doccano:cases.jsonl",
    "baseline": "baseline.json",
    "margin": "0.01",
}
CASES_OF_ACTION = {
    "worse": Case(
        worse,
        {"install": "false"},
        1,
        (
            "## Wortlaut: REGRESSION: 1 of 1 check failed",
            "| places.py:create | entities | strict | all | 0.889 | 0.333 | -0.556 |",
            "- new: 2 \\[9, 14) LOC missed: Stau bei ⟦@\u200bteam⟧",
            "`wortlaut` · commit 0123456789ab · [page, JUnit and scores](<https://host/artifacts/1>)",
        ),
        ("comment 300 is up to date", "exit status 1"),
    ),
    "mended, all that can be named": Case(
        mended,
        {"install": "false", "name": "other", **NAMED},
        0,
        ("## Wortlaut: WARNING: ", "cannot tell whether F1 lost more than 0.01", "`other` · commit"),
        ("comment 101 is made", "Job succeeded"),
    ),
    "a fork, where all is installed": Case(
        worse,
        {"packages": "wortlaut[de]"},
        1,
        (),
        ("no comment: this job may not write one", "Successfully installed wortlaut-", "exit status 1"),
        403,
    ),
    "it is not installed": Case(
        worse,
        {"install": "false"},
        127,
        (),
        ("no verdict, wortlaut check ended with 127", "exit status 127"),
        files=("md",),
        environment={"PATH": "/usr/bin:/bin"},
    ),
}


@pytest.mark.parametrize("name", CASES_OF_ACTION)
def test_the_action(name: str, project: Path, tmp_path: Path) -> None:
    case = CASES_OF_ACTION[name]
    case.change(project)
    (action := tmp_path / "action").mkdir()
    wanted = (
        "action.yml",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "NOTICE",
        "evaluate/",
        "seeds/",
        "annotations/gold/",
    )
    for file in repository_files() if "install" not in case.inputs else ["action.yml"]:
        if file.startswith(wanted):
            (action / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, action / file)
    there = {"id": 300, "body": "<!-- wortlaut comment wortlaut -->", "user": BOT}
    installed = {**OFFLINE, "PIP_TARGET": str(tmp_path / "installed")}
    with served(Forge([there], refuses=case.refuses)) as forge:
        log, received = act(project, forge, dict(case.inputs), action, **installed, **case.environment)
    for said in case.log:
        assert said in log, log
    body = forge.comments[-1]["body"]
    assert all(part in body for part in case.comment), body
    assert [one["body"] for one in forge.comments[:-1]] == (
        [there["body"]] if case.inputs.get("name") else []
    )
    if not case.comment:
        assert body == there["body"]
    uploaded = {file.name for file in received.glob(f"{case.inputs.get('name', 'wortlaut')}/*")}
    assert uploaded == {f"wortlaut.{suffix}" for suffix in case.files}
    assert log.count("Summary - ## Wortlaut: ") == 1, log
    if "xml" in case.files:
        assert ElementTree.parse(received / case.inputs.get("name", "wortlaut") / "wortlaut.xml")
    assert ("installed" in [path.name for path in tmp_path.iterdir()]) == ("install" not in case.inputs)


def test_the_gitlab_template(project: Path) -> None:
    worse(project)
    head, jobs = yaml.safe_load_all((ROOT / ".gitlab/wortlaut.yml").read_text("utf-8"))
    inputs = {name: one.get("default") for name, one in head["spec"]["inputs"].items()}
    inputs |= {**NAMED, "margin": "", "packages": "", "name": "check"}
    filled = re.sub(
        r"\$\[\[ inputs\.([a-z]+) \]\]", lambda one: json.dumps(inputs[one[1]])[1:-1], json.dumps(jobs)
    )
    ((name, job),) = json.loads(filled).items()
    with served(Forge()) as forge:
        told = {"CI_JOB_NAME": name, "CI_JOB_URL": "https://host/jobs/1", **on_gitlab(forge)}
        done = subprocess.run(
            ["sh", "-ec", *job["script"]],
            cwd=project,
            env=here(**job["variables"], **told),
            capture_output=True,
            text=True,
        )
    assert done.returncode == 1, done.stderr
    (body,) = forge.by_bot
    assert "## Wortlaut: REGRESSION" in body and "⟦@\u200bteam⟧" in body
    assert "`check` · commit 0123456789ab" in body
    assert "(<https://host/jobs/1/artifacts/file/wortlaut-check/wortlaut.html>)" in body
    assert (project / "wortlaut-check/wortlaut.html").exists()
    assert ElementTree.parse(project / job["artifacts"]["reports"]["junit"]).getroot().get("failures") == "1"


def pre_commit(folder: Path, config: dict[str, object], *words: str) -> str:
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), "utf-8")
    git(folder, "add", "-A")
    environment = here(PRE_COMMIT_HOME=str(folder.parent / "pre-commit"))
    command = [found("pre-commit"), "run", "--color=never", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True).stdout


def test_the_hooks_of_pre_commit(project: Path, tmp_path: Path) -> None:
    (hooks := tmp_path / "hooks").mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    git(hooks, "init", "-q")
    commit(hooks)
    for name in ("seeds", "annotations", "corpus"):
        shutil.copytree(ROOT / name, project / name)
    commit(project)
    # What is installed here stands for what pre-commit would install.
    own = [{"id": f"wortlaut-{name}", "language": "system"} for name in ("validate", "build-check")]
    config = {"repos": [{"repo": str(hooks), "rev": "HEAD", "hooks": [*own, {"id": "wortlaut-check"}]}]}
    (project / "README.md").write_text("x", "utf-8")
    log = pre_commit(project, config, "--verbose")
    assert re.findall(r"(Passed|Skipped)$", log, re.M) == ["Skipped", "Skipped", "Passed"], log
    assert "nothing to check: none of 2 files is named in the rules" in log
    commit(project)
    worse(project)
    (text,) = (project / "seeds").glob("*.txt")
    text.write_text(text.read_text("utf-8") + "Ein Satz mehr.\n", "utf-8")
    log = pre_commit(project, config)
    assert re.findall(r"exit code: (\d+)$", log, re.M) == ["1", "2", "1"], log
    assert "REGRESSION: 1 of 1 check failed" in log
