"""Planted errors, which the validation study must see."""
