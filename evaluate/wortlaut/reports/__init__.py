"""Everything a reader sees: terminal, page, figures, tables for papers."""
