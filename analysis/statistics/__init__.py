"""Intervals, moments, control variates, selection of the best."""
