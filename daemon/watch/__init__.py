"""`dragoman watch`: what devices on the network say, for a person at a terminal or a pipe."""
