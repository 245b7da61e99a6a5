"""The Speech service's WebSocket protocol, once, for client and server. Pure: no sockets, no clock.

Every time that travels is an integer in ticks of 100 ns (`daemon.wire.units`). Whatever cannot be understood is a
`daemon.wire.errors.WireError`, and nothing else.
"""
