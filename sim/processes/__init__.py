"""The SimPy engine's processes: a task, its user, the provider."""
