"""``ag.doctor``: one training step looked at for the mistakes that keep a model from learning."""
