"""Games by name, drawn at random, on planes and on grids."""
