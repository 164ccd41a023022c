"""Users and a provider whose latency is made by load."""
