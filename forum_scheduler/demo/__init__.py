"""A made-up forum, generated from a seed."""
