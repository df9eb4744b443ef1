"""What people are told: on the page behind the bell, by a mail at once, or in a digest a day."""
