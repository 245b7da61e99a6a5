"""Measures the daemon beside its bare parts; `scripts/bench` runs it."""
