"""Other names of the same things, PyTorch's and NumPy's: alias -> name."""

from __future__ import annotations

DTYPES = {
    "half": "float16", "double": "float64", "long": "int64", "float": "float32", "int": "int32", "short": "int16",
    "cfloat": "complex64", "cdouble": "complex128",
}  # fmt: skip

# functions, methods, and the methods' in-place forms
SHARED = {
    "absolute": "abs", "clip": "clamp", "multiply": "mul", "subtract": "sub", "divide": "div", "negative": "neg",
    "true_divide": "div", "arcsin": "asin", "arccos": "acos", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "swapdims": "transpose", "arctan": "atan", "arctan2": "atan2",
    "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "not_equal": "ne", "moveaxis": "movedim",
    "fix": "trunc",
}  # fmt: skip

# of a sparse matrix PyTorch's spmm is the product; here all are dense
FUNCTIONS = DTYPES | SHARED | {"concat": "cat", "concatenate": "cat", "row_stack": "vstack", "spmm": "mm"}
