"""What can be touched: microphone, speaker, serial display. Knows nothing of translation."""
