"""Does the simulation agree with the theory?"""
