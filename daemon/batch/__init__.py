"""One-off work: files, pipes and typed text, and the forms that results are written in."""
