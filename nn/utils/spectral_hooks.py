"""Spectral normalisation by a hook: the weight is computed before each call, from ``weight_orig``."""

from __future__ import annotations

from typing import Any, TypeVar

import autograd_core as ag
from autograd_core import Tensor

from ..base.module import Module
from ..parameter import Parameter, is_lazy
from .normed import as_matrix, largest_singular_value, outputs_dim, random_directions, turn_left, turn_right
from .pre_hooks import pre_hook, take_away

__all__ = ["SpectralNorm", "remove_spectral_norm", "spectral_norm"]

M = TypeVar("M", bound=Module)


class SpectralNorm:
    """The hook that computes the tensor ``name`` of a module as ``name_orig`` divided by its largest singular value."""

    _version = 1  # of its state; before, the state held the weight and no v

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        """Take the settings of ``spectral_norm``."""
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def reshape_weight_to_matrix(self, weight: Tensor) -> Tensor:
        """Return a weight with its outputs as rows."""
        return as_matrix(weight, self.dim)

    def compute_weight(self, module: Module, do_power_iteration: bool) -> Tensor:
        """Return the normalised weight, after the power iterations if they are wanted."""
        weight, u, v = (getattr(module, self.name + suffix) for suffix in ("_orig", "_u", "_v"))
        matrix = self.reshape_weight_to_matrix(weight)
        if do_power_iteration:
            with ag.no_grad():
                for _ in range(self.n_power_iterations):
                    turn_right(matrix, u, v, self.eps)
                    turn_left(matrix, u, v, self.eps)
            u, v = u.clone(), v.clone()  # the next call changes them, perhaps before this one's backward
        return weight / largest_singular_value(matrix, u, v)

    def __call__(self, module: Module, inputs: Any = ()) -> None:
        """Compute the tensor."""
        setattr(module, self.name, self.compute_weight(module, do_power_iteration=module.training))

    @staticmethod
    def apply(module: Module, name: str, n_power_iterations: int, dim: int, eps: float) -> SpectralNorm:
        """Hang such a hook on ``module`` and return it."""
        if pre_hook(module, SpectralNorm, "name", name):
            raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
        hook, weight = SpectralNorm(name, n_power_iterations, dim, eps), module._parameters[name]
        if weight is None:
            raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
        if is_lazy(weight):
            raise ValueError(
                "The module passed to `SpectralNorm` can't have uninitialized parameters. Make sure to run the dummy "
                "forward before applying spectral normalization"
            )
        u, v = random_directions(hook.reshape_weight_to_matrix(weight.detach()), eps)
        delattr(module, name)
        module.register_parameter(f"{name}_orig", weight)
        setattr(module, name, weight.data)
        module.register_buffer(f"{name}_u", u)
        module.register_buffer(f"{name}_v", v)
        module.register_forward_pre_hook(hook)
        module.register_state_dict_post_hook(hook.note_version)
        module.register_load_state_dict_pre_hook(hook.take_older_state)
        return hook

    @ag.no_grad()
    def remove(self, module: Module) -> None:
        """Make the tensor, as it is now, a parameter of ``module`` again."""
        weight = self.compute_weight(module, do_power_iteration=False)
        for suffix in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + suffix)
        module.register_parameter(self.name, Parameter(weight))

    # ---- state dicts ----

    def note_version(self, module: Module, state_dict: Any, prefix: str, local_metadata: dict[str, Any]) -> None:
        """Put this hook's version into the metadata of a state dict."""
        local_metadata.setdefault("spectral_norm", {})[f"{self.name}.version"] = self._version

    def take_older_state(
        self, module: Module, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], strict: bool,
        missing_keys: list[str], *rest: Any,
    ) -> None:  # fmt: skip
        """Bring the entries of a state dict without version, of PyTorch before 1.0, into their present form."""
        key, version = prefix + self.name, local_metadata.get("spectral_norm", {}).get(f"{self.name}.version")
        if version is not None and version >= 1:
            return
        if version is None and key not in state_dict and all(key + s in state_dict for s in ("_orig", "_u", "_v")):
            return  # the present form: only its metadata got lost
        missing = [key + suffix for suffix in ("_orig", "", "_u") if key + suffix not in state_dict]
        if missing:
            missing_keys.extend(missing if strict else [])
            return
        original, weight, u = (ag.as_tensor(state_dict[key + suffix]) for suffix in ("_orig", "", "_u"))
        del state_dict[key]
        matrix = self.reshape_weight_to_matrix(original)
        state_dict[f"{key}_v"] = _right_vector(matrix, u, (original / weight).mean())


@ag.no_grad()
def _right_vector(matrix: Tensor, u: Tensor, sigma: Tensor) -> Tensor:
    """Return v with ``u = matrix v / ||matrix v||`` and ``u^T matrix v = sigma``."""
    v = ag.linalg.pinv(matrix.T @ matrix) @ (matrix.T @ u)
    return v * (sigma / largest_singular_value(matrix, u, v))


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Divide a weight by its largest singular value σ: ``weight = weight_orig / σ``; return ``module``.

    σ is ``u^T W v``, where the buffers ``weight_u`` and ``weight_v`` follow the singular vectors by power iterations
    before each call in training.  The form of ``nn.utils.parametrizations`` does so whenever the weight is read.

    Args:
        module: the layer.
        name: of its weight.
        n_power_iterations: before each call.
        eps: keeps norms from zero.
        dim: of the weight, that counts the outputs; by default 0, for transposed convolutions 1.

    Raises: RuntimeError where it is spectrally normalised already; ValueError where there is no weight or iteration.
    Source: Miyato et al., Spectral Normalization for Generative Adversarial Networks, ICLR 2018, algorithm 1.
    """
    SpectralNorm.apply(module, name, n_power_iterations, outputs_dim(module, dim), eps)
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make a spectrally normalised tensor a plain parameter again; return ``module``.

    Raises: ValueError where it is none.
    """
    hook = pre_hook(module, SpectralNorm, "name", name)
    if hook is None:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    hook.remove(module)
    take_away(module, hook)
    return module
