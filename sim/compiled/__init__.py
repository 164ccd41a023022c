"""The compiled twin of the SimPy engine."""
