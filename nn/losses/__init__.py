"""Losses as layers; each has its formula in ``nn.functional``, too."""
