"""The transformations that come with the package; each module lists its own in ``TRANSFORMATIONS``."""
