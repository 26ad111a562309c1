"""Connectors that come with the hub: one folder for one outside system."""
