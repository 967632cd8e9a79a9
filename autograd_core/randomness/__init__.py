"""Random tensors: generators and their state, draws by shape or by parameters, and fills in place."""
