"""What the on-device engine's process does: recognition, translation and synthesis, each in threads of its own."""
