"""What a command prints and asks."""
