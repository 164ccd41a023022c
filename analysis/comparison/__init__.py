"""Which throttling strategy is best, for whom, and how sure that is?"""
