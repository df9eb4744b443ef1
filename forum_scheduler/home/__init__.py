"""The first page inside a forum, by role: it looks into all rooms, so it stands above them."""
