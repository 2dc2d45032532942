"""From files to the table, beside the least that others need: ``pytest tests/benchmarks/test_files.py -s``.

100,000 sentences of 25 tokens with two names each. Each row is a process of its own: CPU seconds from start
to end, the best of several runs, and the most memory that it held. Only ratios of one run are judged.

What a command needs for files of two sentences is its start. What reading the large files with our reader
costs beyond reading the small ones is its reading. The rest is its scoring, with the table.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_memory import write as write_parquet

SENTENCES, TOKENS, SEED = 100_000, 25, 1
LABELS = ("PER", "LOC", "ORG", "OTH")
WORDS = """aber auch auf aus bei bis das dem den der die durch ein eine für gegen hat im in ist ohne um und
von vor was wenn wer wieder zu zur Berlin Bonn Köln Straße Zeitung größer können müssen sagte Österreich
""".split()

#: Runs a program; prints CPU seconds and peak in MiB. Small itself: a process counts what it came from.
MEASURE = """
import json, os, subprocess, sys
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled files are at hand, as where it is installed
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(json.dumps([status, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""
SPLIT = """
import sys
from seqeval.metrics import classification_report
def read(path):
    sentences = [[]]
    for line in open(path, encoding="utf-8"):
        if line.strip():
            sentences[-1].append(line.split()[-1])
        elif sentences[-1]:
            sentences.append([])
    return list(filter(None, sentences))
print(classification_report(read(sys.argv[1]), read(sys.argv[2]), digits=3))
"""
JSON = """
import json, sys
for path in sys.argv[1:3]:
    for line in open(path, encoding="utf-8"):
        json.loads(line)
"""
JSON_ARROW = JSON.replace("3]", "2]") + "import pyarrow.parquet\npyarrow.parquet.read_table(sys.argv[2])\n"
READ_PARQUET = "import sys, pyarrow.parquet as pq\nfor path in sys.argv[1:]: pq.read_table(path)\n"
SCORE = "import sys, wortlaut\nprint(wortlaut.score(*sys.argv[1:], schema=['strict', 'partial']))\n"
WORTLAUT = "from wortlaut.cli import main\nmain()"
#: Our readers, one after the other.
READ = """
import sys
from wortlaut.corpus.load import annotated_batches
for path in sys.argv[1:]:
    for batch in annotated_batches(path):
        pass
"""

SEQEVAL = "a script that splits two CoNLL files, seqeval's report"
CONLL, CONLL_ONCE = "`wortlaut score g.conll p.conll`", "`wortlaut score g.conll p.conll --samples 0`"
LOADS, LINES = "`json.loads` over two files of JSON lines", "`wortlaut score g.jsonl p.jsonl --samples 0`"
ARROW = "`json.loads` over predictions, pyarrow over a dataset folder"
DATASET = "`wortlaut evaluate --corpus DATASET -e preds:p.jsonl --samples 0`"
PARQUET = "pyarrow over two Parquet files, a million documents"
MILLION = "`wortlaut.score` of them, two schemas with intervals"
IMPORTS, SMALL = "import scikit-learn's metrics and pyarrow", "`wortlaut score` of two sentences"
MORE_IMPORTS, ARTICLE = "import spaCy and these two", "`wortlaut evaluate` on the one shipped article"
VALIDATE = "`wortlaut validate` on the gold"

#: Row, the row that it is held to, and how many times its seconds it may take at most.
MOST = (
    (CONLL, SEQEVAL, 0.25),
    (CONLL_ONCE, SEQEVAL, 0.25),
    (LINES, LOADS, 7),
    (DATASET, ARROW, 5),
    (MILLION, PARQUET, 25),
    (SMALL, IMPORTS, 1.3),
    (ARTICLE, MORE_IMPORTS, 1.5),
    (VALIDATE, IMPORTS, 0.5),
)


@dataclass(frozen=True)
class Cost:
    cpu: float
    mib: float


def measured(program: str, *arguments: str | Path, times: int = 1) -> Cost:
    """The best of so many runs."""
    command = [sys.executable, "-S", "-c", MEASURE, sys.executable, "-c", program, *map(str, arguments)]
    costs = []
    for _ in range(times):
        done = subprocess.run(command, capture_output=True, check=True, text=True)
        status, cpu, mib = json.loads(done.stdout)
        assert status == 0, done.stderr
        costs.append(Cost(cpu, mib))
    return min(costs, key=lambda cost: cost.cpu)


def sentence(dice: random.Random) -> tuple[list[str], list[tuple[int, int, str]]]:
    """Tokens, and two names: first token, end, label."""
    starts = [at + dice.randrange(5) for at in (3, 15)]
    return dice.choices(WORDS, k=TOKENS), [
        (at, at + dice.randint(1, 3), dice.choice(LABELS)) for at in starts
    ]


def lines(id: str, words: list[str], names: list[tuple[int, int, str]]) -> tuple[str, str]:
    """In CoNLL, and in JSON lines."""
    tags = ["O"] * len(words)
    ends = [-1]
    for word in words:
        ends.append(ends[-1] + 1 + len(word))
    entities = []
    for first, end, label in names:
        tags[first:end] = [f"B-{label}", *[f"I-{label}"] * (end - first - 1)]
        entities.append({"start": ends[first] + 1, "end": ends[end], "label": label})
    row = {"id": id, "text": " ".join(words), "entities": entities}
    conll = "".join(f"{word} {tag}\n" for word, tag in zip(words, tags, strict=True))
    return f"{conll}\n", json.dumps(row, ensure_ascii=False) + "\n"


def write(folder: Path, sentences: int) -> None:
    """Gold and predictions, g and p, where three sentences in ten have persons only."""
    dice = random.Random(SEED)
    with (
        (folder / "g.conll").open("w") as gold_tags,
        (folder / "p.conll").open("w") as tags,
        (folder / "g.jsonl").open("w") as gold_rows,
        (folder / "p.jsonl").open("w") as rows,
    ):
        for number in range(sentences):
            words, names = sentence(dice)
            found = [(*name[:2], "PER") for name in names] if dice.random() < 0.3 else names
            for files, spans in (((gold_tags, gold_rows), names), ((tags, rows), found)):
                for file, text in zip(files, lines(f"s{number:06}", words, spans), strict=True):
                    file.write(text)


def made(folder: Path, sentences: int) -> Path:
    folder.mkdir()
    write(folder, sentences)
    measured(WORTLAUT, "convert", f"predictions:{folder / 'g.jsonl'}", folder / "set", "--to", "dataset")
    return folder


def test_from_files_to_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large, small = made(tmp_path / "large", SENTENCES), made(tmp_path / "small", 2)
    parquet = write_parquet(tmp_path, 1_000_000)
    cost: dict[str, Cost] = {}
    #: Seconds for the start, and for reading.
    apart: dict[str, tuple[float, float]] = {}

    def theirs(name: str, program: str, *arguments: str | Path, times: int = 2) -> None:
        cost[name] = measured(program, *arguments, times=times)

    def ours(name: str, read: Sequence[str], command: str) -> None:
        """``command`` with ``@`` for the folder of the files, of which it reads these."""
        start, whole = (
            measured(WORTLAUT, *command.replace("@", str(folder)).split(), times=2)
            for folder in (small, large)
        )
        nothing, reading = (
            measured(READ, *(folder / one for one in read), times=2).cpu for folder in (small, large)
        )
        cost[name], apart[name] = whole, (start.cpu, reading - nothing)

    conll, jsonl, dataset = ("g.conll", "p.conll"), ("g.jsonl", "p.jsonl"), ("set", "p.jsonl")
    theirs(SEQEVAL, SPLIT, *(large / one for one in conll))
    ours(CONLL, conll, "score @/g.conll @/p.conll")
    ours(CONLL_ONCE, conll, "score @/g.conll @/p.conll --samples 0")
    theirs(LOADS, JSON, *(large / one for one in jsonl))
    ours(LINES, jsonl, "score @/g.jsonl @/p.jsonl --samples 0")
    theirs(ARROW, JSON_ARROW, large / "p.jsonl", large / "set/data/documents")
    ours(DATASET, dataset, "evaluate --corpus @/set -e preds:@/p.jsonl --samples 0")
    theirs(PARQUET, READ_PARQUET, *parquet)
    theirs(MILLION, SCORE, *parquet)
    theirs(IMPORTS, "import sklearn.metrics, pyarrow", times=3)
    theirs(SMALL, WORTLAUT, "score", small / "g.conll", small / "p.conll", times=3)
    theirs(MORE_IMPORTS, "import spacy, sklearn.metrics, pyarrow", times=3)
    theirs(ARTICLE, WORTLAUT, "evaluate", times=3)
    theirs(VALIDATE, WORTLAUT, "validate", times=3)
    with capsys.disabled():
        print("\n\n| from file to table | CPU s | start | reading | scoring | MiB |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for name, one in cost.items():
            parts = (*apart[name], one.cpu - sum(apart[name])) if name in apart else ()
            cells = [f"{part:.2f}" for part in parts] or [""] * 3
            print("|", " | ".join([name, f"{one.cpu:.2f}", *cells, f"{one.mib:.0f}"]), "|")
        for name, base, most in MOST:
            print(f"{name}: {cost[name].cpu / cost[base].cpu:.3g} times {base} (at most {most:g})")
    assert not [(name, base) for name, base, most in MOST if cost[name].cpu > most * cost[base].cpu]
