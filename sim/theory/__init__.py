"""Exact expectations. The engines never import this folder."""
