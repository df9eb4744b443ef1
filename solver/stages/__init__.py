"""What a solve runs, one after the other or side by side, on one incumbent."""
