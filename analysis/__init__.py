"""What does it mean: statistics, validation, figures and reports."""
