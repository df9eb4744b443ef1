"""Who asks whom for a meeting, answers, availability."""
