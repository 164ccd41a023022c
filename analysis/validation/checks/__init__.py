"""What the validation study checks."""
