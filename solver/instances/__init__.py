"""Problems that come from elsewhere: made from a seed, or read from the literature's files."""
