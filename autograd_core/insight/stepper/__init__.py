"""A backward pass one step at a time."""
