"""Side-by-side timing of workloads that are written once against the PyTorch API."""
