"""Who said what, in exactly which words, and how well a program finds that out."""

__version__ = "0.1.0"
