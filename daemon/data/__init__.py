"""Data files that ship with the daemon."""
