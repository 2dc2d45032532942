"""The model and the results as records: JSON, Arrow, JSON Schema."""
