"""What rational users and providers do: the theorems, one function each."""
