"""What theory says beyond the theorems: misalignment, load, prices of anarchy."""
