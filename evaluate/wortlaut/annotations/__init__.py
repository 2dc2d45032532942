"""The annotated corpus in the making: its rules, layers, differences and decisions."""
