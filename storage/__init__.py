"""Everything that is written down: SQL lives here and nowhere else."""
