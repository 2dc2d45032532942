"""A million documents converted there and back: ``pytest tests/benchmarks/test_conversion.py -s``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

#: Converts in a process of its own and prints CPU seconds and peak memory in KiB.
PROGRAM = """
import json, resource, sys, time
from pathlib import Path
from wortlaut.running.convert import convert
done = convert(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([done.documents, time.process_time(), peak]))
"""


def write(path: Path, documents: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number in range(documents):
            text = f"Anna Krug sagte am Dienstag in Wien: „Das ist Nummer {number}.“ Danach ging es weiter."
            names = [{"start": 0, "end": 9, "label": "PER"}, {"start": 31, "end": 35, "label": "LOC"}]
            content = [[text.index("„"), text.index("“") + 1]]
            quote = {"type": "direct", "content": content, "speaker": [[0, 9]], "cue": [[10, 15]]}
            line = {"id": f"d{number:07}", "text": text, "entities": names, "quotes": [quote]}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def test_memory_hardly_grows_and_time_is_linear(tmp_path: Path) -> None:
    seconds: dict[tuple[str, int], float] = {}
    for documents in (100_000, 1_000_000):
        source, out, back = (tmp_path / f"{name}{documents}" for name in ("source", "out", "back"))
        write(source, documents)
        for step in ((f"predictions:{source}", out, "dataset"), (out, back, "predictions")):
            done = subprocess.run(
                [sys.executable, "-c", PROGRAM, *map(str, step)], capture_output=True, check=True
            )
            read, seconds[step[2], documents], peak = json.loads(done.stdout)
            print(
                f"{read:>9} to {step[2]:11}: {seconds[step[2], documents]:6.1f} s CPU, {peak / 1024:4.0f} MiB"
            )
            assert read == documents
            assert peak < 512 * 1024
    for format in ("dataset", "predictions"):
        assert seconds[format, 1_000_000] < 15 * seconds[format, 100_000]
