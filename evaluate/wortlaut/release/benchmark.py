"""``eval.yaml``: a dataset repository of the Hub that is a benchmark, with a leaderboard a task.

Format: hub-docs, ``eval-results``. The Hub lists the frameworks that it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wortlaut.corpus.load import Corpus
from wortlaut.formats.dataset import front_matter
from wortlaut.release.card import name_of

FILE = "eval.yaml"
#: The tasks that have a leaderboard, whose number is F1 under one schema.
TASKS = ("entities", "quotes", "cues", "speakers", "joint")
HEADLINE = "strict"


def write(folder: Path, corpus: Corpus, stated: Mapping[str, Any], split: str) -> None:
    """Write it, if the statement names an ``evaluation_framework``; the tasks are those that have a gold."""
    if "evaluation_framework" not in stated:
        return
    there = {"entities"} if any(document.entities for document in corpus.documents) else set()
    if any(document.quotes for document in corpus.documents):
        there.update(TASKS[1:])
    data = {
        "name": name_of(stated, corpus),
        "description": f"{stated.get('summary', '')} The number is F1, {HEADLINE}.".strip(),
        "evaluation_framework": stated["evaluation_framework"],
        "tasks": [{"id": task, "config": "documents", "split": split} for task in TASKS if task in there],
    }
    (folder / FILE).write_text(front_matter(data), encoding="utf-8", newline="\n")
