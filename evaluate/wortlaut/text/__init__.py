"""What is known of a text alone: its tokens and sentences, edits with their map of offsets, excerpts."""
