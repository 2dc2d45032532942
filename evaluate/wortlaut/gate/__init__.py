"""Whether quality really dropped: baselines, rules, verdicts."""
