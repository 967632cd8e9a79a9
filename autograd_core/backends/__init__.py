"""PyTorch's ``backends``: switches that programs set and questions that they ask of libraries below."""

from __future__ import annotations

from types import SimpleNamespace

from autograd_core import settings
from autograd_core.backend.device import cuda_is_available
from autograd_core.backends import cudnn as cudnn
from autograd_core.backends import mkldnn as mkldnn

__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]


def _absent() -> bool:
    return False


mps = SimpleNamespace(is_available=_absent, is_built=_absent)
mkl = SimpleNamespace(is_available=_absent)
openmp = SimpleNamespace(is_available=_absent)


class _Products:
    """Whether products of float32 matrices may use TF32: another name of ``set_float32_matmul_precision``."""

    @property
    def allow_tf32(self) -> bool:
        """Whether less than 'highest' precision was asked for."""
        return settings.get_float32_matmul_precision() != "highest"

    @allow_tf32.setter
    def allow_tf32(self, wanted: bool) -> None:
        settings.set_float32_matmul_precision("high" if wanted else "highest")


cuda = SimpleNamespace(matmul=_Products(), is_built=cuda_is_available)
