"""The checksum of a text, as every file of the project has it."""

from __future__ import annotations

from hashlib import sha256


def text_hash(text: str) -> str:
    """SHA-256 of the text in UTF-8, in hexadecimal; half a surrogate pair counts as the bytes it would be."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
