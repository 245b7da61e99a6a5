"""What tests share: real servers started for a test, and readers of what came out."""
