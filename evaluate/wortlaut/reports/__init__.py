"""Results as a reader sees them: in the terminal and on paper."""
