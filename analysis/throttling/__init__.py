"""What does throttling bring the provider, and whom does it hurt?"""
