"""Maps from all matrices onto the orthogonal ones, and the parametrization made of them."""

from __future__ import annotations

from collections.abc import Callable

import autograd_core as ag
from autograd_core import Tensor

from ..base.module import Module


class _Orthogonal(Module):
    """An orthogonal or unitary matrix, or a batch of them, by one of ``MAPS``; see ``parametrizations.orthogonal``."""

    def __init__(self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool = True) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:
        """Return the orthogonal matrix of an original."""
        wide = X.shape[-2] < X.shape[-1]
        Q = MAPS[self.orthogonal_map](X.mT if wide else X)
        if hasattr(self, "base"):
            Q = self.base @ Q
        return Q.mT if wide else Q

    @ag.no_grad()
    def right_inverse(self, Q: Tensor) -> Tensor:
        """Return the original of Q's orthogonal factor, after making that the base if there is one.

        Raises: ValueError for another shape; NotImplementedError where no original is known.
        """
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {Q.shape}."
            )
        wide = Q.shape[-2] < Q.shape[-1]
        tall = Q.mT if wide else Q
        if hasattr(self, "base"):
            self.base = _completed(tall)
            # Minus the identity: reflections then give the identity, and the other maps leave out the diagonal.
            return -ag.eye(*Q.shape[-2:], dtype=Q.dtype, device=Q.device).expand(Q.shape)
        if self.orthogonal_map != "householder":
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                "use_trivialization=False."
            )
        original = reflectors(tall)
        return original.mT if wide else original


def _completed(tall: Tensor) -> Tensor:
    """Return a square orthogonal matrix whose first columns are the orthogonal factor of ``tall``."""
    n, k = tall.shape[-2:]
    if n == k and _is_orthogonal(tall):
        return tall.clone()
    if n > k:
        others = ag.randn(*tall.shape[:-2], n, n - k, dtype=tall.dtype, device=tall.device)
        tall = ag.cat([tall, others], -1)
    Q, R = ag.linalg.qr(tall)
    return Q * R.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def _is_orthogonal(Q: Tensor) -> bool:
    n, k = Q.shape[-2:]
    identity = ag.eye(k, dtype=Q.dtype, device=Q.device)
    return ag.allclose(Q.mH @ Q, identity.expand(*Q.shape[:-2], k, k), atol=10.0 * n * ag.finfo(Q.dtype).eps)


def _skew(X: Tensor) -> Tensor:
    """Return ``L - L^H``, where L is the lower triangle of a tall matrix, with columns of zeros to be square."""
    n, k = X.shape[-2:]
    L = X.tril()
    if n > k:
        L = ag.cat([L, X.new_zeros((*X.shape[:-2], n, n - k))], -1)
    return L - L.mH


def exponential(X: Tensor) -> Tensor:
    """Return the first columns of ``exp(A)``, where A is skew and made of a tall matrix's lower triangle."""
    return ag.linalg.matrix_exp(_skew(X))[..., : X.shape[-1]]


def cayley(X: Tensor) -> Tensor:
    """Return the first columns of ``(1 - A/2)^-1 (1 + A/2)``, where A is as for ``exponential``."""
    A = _skew(X)
    identity = ag.eye(A.shape[-1], dtype=A.dtype, device=A.device)
    return ag.linalg.solve(identity - A / 2, identity + A / 2)[..., : X.shape[-1]]


def householder(X: Tensor) -> Tensor:
    """Return the first columns of a product of reflections ``1 - 2 v v^T / |v|²``, times the signs on X's diagonal.

    Each v is a column of the tall matrix X below its diagonal, with 1 on the diagonal.  The product of all of them is
    ``1 - V S^-1 V^T``, where S is upper triangular with ``|v|² / 2`` on its diagonal and ``V^T V`` above it.

    Source: Puglisi, Modification of the Householder method based on the compact WY representation, 1992, section 2.
    """
    n, k = X.shape[-2:]
    first = ag.eye(n, k, dtype=X.dtype, device=X.device)
    V = X.tril(-1) + first
    products = V.mT @ V
    S = products.triu(1) + ag.diag_embed(products.diagonal(dim1=-2, dim2=-1) / 2)
    Q = first - V @ ag.linalg.solve_triangular(S, V[..., :k, :].mT, upper=True)
    # Whole signs, through which no gradient flows: descent leaves the diagonal alone.
    return Q * X.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)


def reflectors(tall: Tensor) -> Tensor:
    """Return the matrix of which ``householder`` makes the orthogonal factor of ``tall``."""
    A, k = tall.clone(), tall.shape[-1]
    for j in range(k):
        x = A[..., j:, j : j + 1]
        norm = x.square().sum((-2, -1), keepdim=True).sqrt()
        sign = ag.where(x[..., :1, :] < 0, 1.0, -1.0).to(x.dtype)  # of R's diagonal; this one avoids cancellation
        v = x / (x[..., :1, :] - sign * norm + (norm == 0))
        v[..., :1, :] = 1.0
        rest = A[..., j:, j + 1 :]
        A[..., j:, j + 1 :] = rest - v @ ((v.mT @ rest) * (2.0 / v.square().sum((-2, -1), keepdim=True)))
        A[..., j:, j : j + 1] = v
        A[..., j : j + 1, j : j + 1] = sign
    return A


MAPS: dict[str, Callable[[Tensor], Tensor]] = {
    "matrix_exp": exponential, "cayley": cayley, "householder": householder,
}  # fmt: skip
