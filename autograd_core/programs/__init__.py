"""Programs: runs of the tensor language as text, to be read, checked, run, changed, and drawn."""
