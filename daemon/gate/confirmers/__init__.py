"""Second opinions: one library a file, found by its name."""
