"""What the validation study plays."""
