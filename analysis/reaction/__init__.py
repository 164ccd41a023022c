"""How users and provider react to what they meet."""
