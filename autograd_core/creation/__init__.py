"""Making tensors: from data, filled with a number, of evenly spaced numbers, in the likeness of others."""
