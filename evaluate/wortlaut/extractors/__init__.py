"""Extractors: texts in, annotations out. Built-ins, plug-ins, files and other programs."""

from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.registry import ExtractorInfo, Loaded, Spec, available, resolve
from wortlaut.extractors.run import run

__all__ = ["Extractor", "ExtractorInfo", "Loaded", "Spec", "available", "resolve", "run"]
