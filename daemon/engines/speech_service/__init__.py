"""A client of the Speech service's protocol, shared by the engines that are elsewhere: in the cloud, at home."""
