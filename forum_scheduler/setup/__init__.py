"""What a forum is set up with, changed later. It says first what a change touches: so it stands high."""
