"""The MQTT face: link, topics, outbox."""
