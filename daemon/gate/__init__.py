"""Decides which sound is speech."""
