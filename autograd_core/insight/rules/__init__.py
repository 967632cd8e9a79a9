"""Rules of gradients as one reads them."""
