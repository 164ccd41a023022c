"""What a study hands in: its report, its findings, how figures look, files."""
