"""What would throttling bring over a grid of games?"""
