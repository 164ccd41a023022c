"""What do users who make each other wait do?"""
