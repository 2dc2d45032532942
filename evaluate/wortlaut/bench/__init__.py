"""How fast extractors are, and what they need: measured by pytest-benchmark, each in a process of its own."""
