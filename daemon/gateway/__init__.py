"""The gateway: this machine's engine for other devices, over the Speech service's protocol."""
