"""How large are the claims of the paper's abstract, over many games?"""
