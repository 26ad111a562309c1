"""A balance that explains itself: from what happened to a claim to what is left of it, and why."""
