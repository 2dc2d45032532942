"""What INCEpTION exports of a project, made of what our writer makes of its documents."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from wortlaut.formats import writer
from wortlaut.model import Document


def exported_project(path: Path, documents: Iterable[Document], people: Iterable[str] = ("ann",)) -> Path:
    """A project in which the documents were annotated by each of the people; CURATION_USER is the curator."""
    with TemporaryDirectory() as folder, ZipFile(path, "w") as project:
        for document in documents:
            writer("inception")(made := Path(folder) / document.id, [document])
            (made / f"{document.id}.xmi").rename(made / "x.xmi")
            for who in ("INITIAL_CAS", *people):
                kind = "curation" if who == "CURATION_USER" else "annotation"
                with ZipFile(made / "x.zip", "w") as packed:
                    packed.write(made / "x.xmi", f"{who}.xmi")
                    packed.write(made / "TypeSystem.xml", "TypeSystem.xml")
                project.write(made / "x.zip", f"{kind}/{document.id}.txt/{who}.zip")
            project.writestr(f"source/{document.id}.txt", document.text)
    return path


def exported_json(path: Path, documents: Iterable[Document]) -> Path:
    """A folder of the documents as CAS in JSON."""
    import cassis

    path.mkdir()
    for document in documents:
        with TemporaryDirectory() as folder:
            writer("inception")(made := Path(folder) / "x", [document])
            system = cassis.load_typesystem((made / "TypeSystem.xml").read_text("utf-8"))
            cas = cassis.load_cas_from_xmi((made / f"{document.id}.xmi").read_text("utf-8"), system)
            cas.to_json(path / f"{document.id}.json")
    return path
