"""Why a meeting has no place, what would place it, and what one more of anything is worth."""
