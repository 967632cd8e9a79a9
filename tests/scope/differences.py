"""Where PyTorch's operator database and this project differ, and why: entry -> (the checks that differ, the reason)."""

from __future__ import annotations

TWO_SIDED = "a Python number is taken on either side, where PyTorch wants a tensor on one of them"
TIES = "of equal elements another one is named: PyTorch's sort and selection are not stable, ours are"
SIGNS = "the signs of vectors are LAPACK's choice; gradients agree"
ROUNDING = "PyTorch rounds at each step in half precision; here the whole is computed in float32 and rounded once"
SHARED = "an `out` that is an input is filled; PyTorch refuses it for this operator"
TRIANGLE = "the gradient is that of the triangle that is read; PyTorch's has entries outside of it"
SAMPLES = "the bad samples themselves cannot be made here (65 dimensions, or no data)"

DIFFERENCES: dict[str, tuple[tuple[str, ...], str]] = {
    **dict.fromkeys(
        ("__radd__", "__rand__", "__rdiv__", "__rmul__", "__ror__", "__rxor__", "atan2", "eq", "fmod", "ge", "gt", "le",
         "lt", "maximum", "minimum", "ne"), (("errors",), TWO_SIDED)),
    **dict.fromkeys(("argsort", "mode", "sort", "topk"), (("values", "half"), TIES)),
    "kthvalue": (("values", "errors"), f"{TIES}; {SHARED}"),
    **dict.fromkeys(("cat", "masked_select", "take"), (("errors",), SHARED)),
    "gather": (("errors",), f"{SHARED}; another dtype of `out` is converted to"),
    **dict.fromkeys(("amax", "amin", "aminmax"), (("errors",), SAMPLES)),
    "gradient": (("errors", "half"), f"{SAMPLES}; {ROUNDING}"),
    **dict.fromkeys(
        ("nn.functional.conv_transpose2d", "nn.functional.hinge_embedding_loss", "nn.functional.soft_margin_loss",
         "nn.functional.multi_head_attention_forward", "histc"), (("half",), ROUNDING)),
    "nn.functional.conv_transpose3d": (("values", "half"), f"{ROUNDING}; one element of 2744 by 1e-4 in float32"),
    "addbmm": (("inplace", "half"), f"in place PyTorch resizes its tensor, which is refused here; {ROUNDING}"),
    "matrix_exp": (("values", "method", "half"), "one element of 125 by 2e-3 in float32; ours is nearer to float64"),
    **dict.fromkeys(("linalg.svd", "linalg.eigh"), (("values", "complex"), SIGNS)),
    "svd": (("values", "method", "complex"), SIGNS),
    **dict.fromkeys(
        ("cholesky_inverse", "cholesky_solve"), (("gradients", "second", "complex gradients"), TRIANGLE)),
    "linalg.pinv:hermitian": (
        ("gradients", "second", "complex gradients"), "the samples are not Hermitian, and PyTorch's rule shows it"),
    "linalg.norm:subgradients_at_zero": (("second",), "PyTorch's is NaN, ours 0"),
    "masked.logaddexp": (("second",), "PyTorch's is NaN where both are masked out, ours 0"),
    "logcumsumexp": (("complex",), "another branch of the logarithm: imaginary parts differ by multiples of 2 pi"),
    "histogramdd": (("values",), "PyTorch sorts the edges it is given; here they must rise"),
    "nn.functional.local_response_norm": (("values",), "of no integers PyTorch gives integers, ours floats as of some"),
    "special.bessel_j0": (("values",), "PyTorch is off by 5e-6; SciPy's two implementations agree with ours"),
    "special.bessel_y1": (("values",), "PyTorch is off by 5e-6; SciPy's two implementations agree with ours"),
}  # fmt: skip
