"""How the gate's judge is trained."""
