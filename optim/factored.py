"""Adafactor's mean squares of one parameter, followed and divided by in place, block by block."""

from __future__ import annotations

from math import inf

from autograd_core.backend.device import Array

from .runs import BLOCK, flat, spans
from .scratch import Scratch

LONG = 1024  # elements of a row from which a ufunc makes an outer product faster; below, it takes twice as long as BLAS


class Squares:
    """The gradient of a parameter, its mean squares, and the step: the gradient divided by their root.

    A vector has its own mean squares; a matrix has those of its rows and columns, as has each of the matrices that
    make up a larger parameter.  There is no array of the parameter's size: a step of several blocks is computed twice,
    once for its size.
    """

    def __init__(self, scratch: Scratch, p: Array, g: Array, state: dict[str, Array], small: float) -> None:
        """Look at the contiguous ``p``, at its gradient and state as a vector, a matrix, or matrices in a row."""
        self.scratch, self.xp, self.small = scratch, scratch.xp, small
        self.p, self.kind = p.reshape(-1), min(p.ndim, 3)
        self.g = self._view(flat(g).reshape(g.shape))
        self.state = {name: self._view(array) for name, array in state.items()}
        self.each, self.tiny = self.g[0].size, True  # whether a root may be less than ``small``
        self.blocks = spans(len(self.g), max(1, BLOCK // self.each))

    def _view(self, array: Array) -> Array:
        if self.kind == 2:
            return array
        return array.reshape(-1) if self.kind < 2 else array.reshape(-1, *array.shape[-2:])

    def parameter_square(self) -> float:
        """Return the sum of the squares of the parameter."""
        return float(self.p.dot(self.p))

    def follow(self, fresh: float) -> None:
        """Let the mean squares follow the gradient: ``v = v + fresh (g² - v)``."""
        if self.kind < 2:
            for span in self.blocks:
                self.scratch.blend(self.state["variance"][span], 1 - fresh, fresh, self._squares(span).reshape(-1))
            return
        xp, (row, column) = self.xp, (self.state[name] for name in ("row_var", "col_var"))
        rows, columns = self._sums(row, column)
        row += fresh * (rows / self.g.shape[-1] - row)
        column += fresh * (columns / self.g.shape[-2] - column)
        mean = row.sum(axis=-2, keepdims=True) / row.shape[-2]
        self.roots = r, c = xp.sqrt(row / xp.maximum(mean, self.small)), xp.sqrt(column)
        self.tiny = not float(r.min()) * float(c.min()) >= self.small

    def _squares(self, span: slice) -> Array:
        g = self.g[span]
        return self.xp.multiply(g, g, self.scratch.like(g).reshape(g.shape))

    def _sums(self, row: Array, column: Array) -> tuple[Array, Array]:
        """Return the sums of squares over rows and over columns, products with ones where a matrix has long ones."""
        xp, n = self.xp, self.g.shape[-1]
        rows, columns, ones = xp.empty_like(row), xp.zeros_like(column), xp.ones(max(self.g.shape), row.dtype)
        for span in self.blocks:
            squares = self._squares(span)
            rows[span] = xp.dot(squares.reshape(-1, n), ones[:n]).reshape(rows[span].shape)
            if self.kind == 2:
                columns += xp.dot(ones[: len(squares)], squares)
            else:
                columns[span] = squares.sum(axis=-2, keepdims=True)
        return rows, columns

    def _step(self, span: slice) -> Array:
        xp, g = self.xp, self.g[span]
        root = self.scratch.like(g).reshape(g.shape)
        if self.kind < 2:
            xp.sqrt(self.state["variance"][span], root)
        elif self.kind == 3:
            xp.multiply(self.roots[0][span], self.roots[1][span], root)
        elif g.shape[1] < LONG:
            xp.dot(self.roots[0][span], self.roots[1], out=root)
        else:
            xp.multiply(self.roots[0][span], self.roots[1], root)
        if self.tiny:
            xp.clip(root, self.small, inf, out=root)  # maximum with a number takes three times as long
        return xp.divide(g, root, root).reshape(-1)

    def step_square(self) -> float:
        """Return the sum of the squares of the step."""
        total = 0.0
        for span in self.blocks:
            self.last = self._step(span)
            total += float(self.last.dot(self.last))
        return total

    def add_step(self, factor: float) -> None:
        """Add the step times ``factor`` to the parameter, after ``step_square``."""
        for span in self.blocks:
            step = self.last if len(self.blocks) == 1 else self._step(span)
            self.scratch.add_scaled(self.p[span.start * self.each : span.stop * self.each], factor, step)
