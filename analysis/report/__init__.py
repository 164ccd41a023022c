"""What studies show: files, style, pages."""
