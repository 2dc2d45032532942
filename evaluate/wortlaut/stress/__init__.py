"""Transformations that change a text and carry its gold along, and what they cost a system."""

from wortlaut.annotations.carry import Transformed, boundaries, carried, edited
from wortlaut.stress.registry import Transformation, available, resolve, transform
from wortlaut.stress.run import Stress, stress
from wortlaut.text.edits import Edit, OffsetMap

__all__ = [
    "Edit",
    "OffsetMap",
    "Stress",
    "Transformation",
    "Transformed",
    "available",
    "boundaries",
    "carried",
    "edited",
    "resolve",
    "stress",
    "transform",
]
