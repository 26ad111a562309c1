"""Rights of the resident: to see what is known, to object, and to be forgotten in time."""
