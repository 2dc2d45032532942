"""A gate for CI: a run against a baseline that lives in the user's repository."""
