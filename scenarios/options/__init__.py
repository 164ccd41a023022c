"""What options and files say."""
