"""The distributions with parameters, values, and SciPy's distributions of the same: one table for all tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import stats

LOC, SCALE = np.array([-0.5, 0.0, 1.5]), np.array([0.7, 1.0, 2.5])
PROBS, LOGITS = np.array([0.15, 0.5, 0.8]), np.array([-1.5, 0.2, 2.0])
A, B = np.array([0.3, 1.0, 4.5]), np.array([0.8, 2.0, 1.5])
SIMPLEX = np.array([[0.2, 0.3, 0.5], [0.1, 0.6, 0.3]])
COV = np.array([[2.0, 0.3, 0.1], [0.3, 1.0, -0.2], [0.1, -0.2, 0.5]])
REAL = np.array([[-1.3, 0.4, 2.2], [0.1, -0.6, 5.0]])
POSITIVE = np.array([[0.2, 1.1, 3.0], [0.7, 2.5, 0.05]])
UNIT = np.array([[0.1, 0.5, 0.95], [0.3, 0.72, 0.02]])
COUNTS = np.array([[0.0, 1.0, 3.0], [2.0, 0.0, 1.0]])


@dataclass(frozen=True, eq=False)
class Case:
    """One distribution: the arrays among ``parameters`` are differentiated; ``values`` lie in its support."""

    cls: str
    parameters: dict[str, Any]
    values: Any
    scipy: Callable[..., Any] | None = None
    fixed: tuple[str, ...] = field(default=())  # arrays that are no parameters to be differentiated

    def __str__(self) -> str:
        return f"{self.cls}({', '.join(self.parameters)})"

    def make(self, lib: Any, dtype: str = "float64") -> tuple[Any, list[Any]]:
        """Return the distribution of ``lib`` (``ag`` or ``torch``) and the tensors it is differentiated by."""
        leaves = []
        given = {}
        for name, value in self.parameters.items():
            given[name] = value
            if isinstance(value, np.ndarray):
                given[name] = lib.tensor(value.tolist(), dtype=getattr(lib, dtype))
                if name not in self.fixed:
                    leaves.append(given[name].requires_grad_())
        return getattr(lib.distributions, self.cls)(**given), leaves


CASES = [
    Case("Normal", {"loc": LOC, "scale": SCALE}, REAL, lambda: stats.norm(LOC, SCALE)),
    Case("Normal", {"loc": 0.5, "scale": 2.0}, REAL, lambda: stats.norm(0.5, 2.0)),
    Case("LogNormal", {"loc": LOC, "scale": SCALE}, POSITIVE, lambda: stats.lognorm(SCALE, scale=np.exp(LOC))),
    Case("Laplace", {"loc": LOC, "scale": SCALE}, REAL, lambda: stats.laplace(LOC, SCALE)),
    Case("Cauchy", {"loc": LOC, "scale": SCALE}, REAL, lambda: stats.cauchy(LOC, SCALE)),
    Case("Gumbel", {"loc": LOC, "scale": SCALE}, REAL, lambda: stats.gumbel_r(LOC, SCALE)),
    Case("StudentT", {"df": np.array([0.8, 1.7, 4.0]), "loc": LOC, "scale": SCALE}, REAL,
         lambda: stats.t(np.array([0.8, 1.7, 4.0]), LOC, SCALE)),
    Case("HalfNormal", {"scale": SCALE}, POSITIVE, lambda: stats.halfnorm(0, SCALE)),
    Case("HalfCauchy", {"scale": SCALE}, POSITIVE, lambda: stats.halfcauchy(0, SCALE)),
    Case("Exponential", {"rate": SCALE}, POSITIVE, lambda: stats.expon(0, 1 / SCALE)),
    Case("Gamma", {"concentration": A, "rate": B}, POSITIVE, lambda: stats.gamma(A, scale=1 / B)),
    Case("Chi2", {"df": A}, POSITIVE, lambda: stats.chi2(A)),
    Case("Uniform", {"low": LOC - 3, "high": LOC + 6}, REAL, lambda: stats.uniform(LOC - 3, 9.0)),
    Case("Beta", {"concentration1": A, "concentration0": B}, UNIT, lambda: stats.beta(A, B)),
    Case("Dirichlet", {"concentration": np.array([[0.5, 1.5, 3.0], [2.0, 2.0, 0.9]])}, SIMPLEX),
    Case("MultivariateNormal", {"loc": LOC, "covariance_matrix": COV}, REAL,
         lambda: stats.multivariate_normal(LOC, COV)),
    Case("MultivariateNormal", {"loc": REAL, "precision_matrix": np.linalg.inv(COV)}, LOC),
    Case("MultivariateNormal", {"loc": LOC, "scale_tril": np.linalg.cholesky(np.stack([COV, 2 * COV]))}, REAL),
    Case("Bernoulli", {"probs": PROBS}, COUNTS.clip(0, 1), lambda: stats.bernoulli(PROBS)),
    Case("Bernoulli", {"logits": LOGITS}, COUNTS.clip(0, 1), lambda: stats.bernoulli(1 / (1 + np.exp(-LOGITS)))),
    Case("Bernoulli", {"probs": 0.3}, COUNTS.clip(0, 1), lambda: stats.bernoulli(0.3)),
    Case("Categorical", {"probs": 3 * SIMPLEX}, np.array([[0, 2], [1, 1]])),
    Case("Categorical", {"logits": REAL}, np.array([[0, 2], [1, 1]])),
    Case("OneHotCategorical", {"probs": SIMPLEX}, np.eye(3)[[2, 0]]),
    Case("OneHotCategorical", {"logits": REAL}, np.eye(3)[[2, 0]]),
    Case("OneHotCategoricalStraightThrough", {"logits": REAL}, np.eye(3)[[2, 0]]),
    Case("Binomial", {"total_count": 5, "probs": PROBS}, COUNTS, lambda: stats.binom(5, PROBS)),
    Case("Binomial", {"total_count": np.array([3.0, 4.0, 6.0]), "logits": LOGITS}, COUNTS,
         lambda: stats.binom(np.array([3, 4, 6]), 1 / (1 + np.exp(-LOGITS))), fixed=("total_count",)),
    Case("NegativeBinomial", {"total_count": A, "probs": PROBS}, COUNTS, lambda: stats.nbinom(A, 1 - PROBS)),
    Case("NegativeBinomial", {"total_count": 3, "logits": LOGITS}, COUNTS,
         lambda: stats.nbinom(3, 1 / (1 + np.exp(LOGITS)))),
    Case("Geometric", {"probs": PROBS}, COUNTS, lambda: stats.geom(PROBS, loc=-1)),
    Case("Geometric", {"logits": LOGITS}, COUNTS, lambda: stats.geom(1 / (1 + np.exp(-LOGITS)), loc=-1)),
    Case("Poisson", {"rate": SCALE}, COUNTS, lambda: stats.poisson(SCALE)),
    Case("Multinomial", {"total_count": 4, "probs": SIMPLEX[0]}, np.array([[1.0, 0.0, 3.0], [2.0, 2.0, 0.0]]),
         lambda: stats.multinomial(4, SIMPLEX[0])),
    Case("Multinomial", {"total_count": 4, "logits": REAL}, np.array([[1.0, 0.0, 3.0], [2.0, 2.0, 0.0]])),
    Case("RelaxedBernoulli", {"temperature": np.array(0.7), "probs": PROBS}, UNIT),
    Case("RelaxedBernoulli", {"temperature": np.array([2.2]), "logits": LOGITS}, UNIT),
    Case("RelaxedOneHotCategorical", {"temperature": np.array(0.7), "probs": SIMPLEX}, SIMPLEX[::-1]),
    Case("RelaxedOneHotCategorical", {"temperature": np.array(1.3), "logits": REAL}, SIMPLEX),
]  # fmt: skip
each = {str(case) + str(i): case for i, case in enumerate(CASES)}
