"""Companies, their delegates, vetting and the directory."""
