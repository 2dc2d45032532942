"""Small YAML files that people write: every value is the text that stands there, with its line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wortlaut.errors import DataError
from wortlaut.io.reading import read_text


@dataclass(frozen=True, slots=True)
class Entry:
    """A text (empty where nothing stands), entries by their keys, or entries in a row; ``where`` it is."""

    where: str
    value: str | dict[str, Entry] | list[Entry]

    def mapping(self, hint: str) -> dict[str, Entry]:
        if not isinstance(self.value, dict):
            raise DataError("is no mapping of keys to values", where=self.where, hint=hint)
        return self.value

    def text(self, hint: str) -> str:
        if not isinstance(self.value, str):
            raise DataError("is no text", where=self.where, hint=hint)
        return self.value


def read_entries(path: Path, hint: str) -> dict[str, Entry]:
    """The keys of a file. Raises DataError, with ``hint``, where it is no YAML, or a key stands twice."""
    import yaml

    seen: set[int] = set()

    def entry(node: yaml.Node | None) -> Entry:
        where = f"{path}:{node.start_mark.line + 1}" if node else str(path)
        if id(node) in seen:
            raise DataError("an alias stands for another value", where=where, hint="Write the value itself.")
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            found: dict[str, Entry] = {}
            for key, value in node.value:
                name = entry(key)
                text = name.text("A key is a text.")
                if text in found:
                    raise DataError(f"{text!r} stands twice", where=name.where, hint="Keep one of them.")
                found[text] = entry(value)
            return Entry(where, found)
        if isinstance(node, yaml.SequenceNode):
            return Entry(where, [entry(item) for item in node.value])
        if node is None or node.tag == "tag:yaml.org,2002:null":
            return Entry(where, "")
        return Entry(where, str(node.value))

    try:
        return entry(yaml.compose(read_text(path))).mapping(hint)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DataError(f"is not YAML: {error.problem}", where=f"{path}:{line}", hint=hint) from error
    except (yaml.YAMLError, RecursionError) as error:
        what = str(error).partition("\n")[0]
        raise DataError(f"is not YAML: {what}", where=str(path), hint=hint) from error
