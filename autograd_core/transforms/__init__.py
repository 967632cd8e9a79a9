"""Function transforms: gradients, tangents and batches of functions, which compose in any order."""
