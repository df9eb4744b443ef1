"""What is known of a person: shown, given away as a file, deleted."""
