"""Kill things, then count: nothing lost, nothing twice."""
