"""The engine: tensors, nodes, primitives, the backward walk, and writes in place."""
