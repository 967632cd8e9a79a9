"""The small tensor language: one block per primitive, in the room its name suggests."""
