"""The only room that knows NumPy from CuPy: devices, transfers, and the kernels one ufunc cannot give."""

import numpy as host

__all__ = ["host"]
