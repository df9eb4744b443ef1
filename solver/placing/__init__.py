"""Making and bettering schedules without CP-SAT: selecting, Kempe chains, annealing, integer programs."""
