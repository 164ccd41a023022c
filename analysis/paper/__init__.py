"""The paper's figures, exact beside simulated."""
