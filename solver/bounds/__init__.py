"""What no schedule can exceed or go below: counts, linear relaxations, flows of agendas, forced changes."""
