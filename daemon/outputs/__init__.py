"""Who is told of results: MQTT, the display, the speaker. Each has a mailbox and a worker of its own."""
