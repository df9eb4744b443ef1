"""A made-up forum, generated from a seed: every name, company and address in it is fictional."""
