"""What plugin authors test with: a municipality, and a base for simulators."""
