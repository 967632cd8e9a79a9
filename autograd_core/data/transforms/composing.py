"""What a transform is, and transforms made of others.

Any callable is one.  What knows how to change a whole batch says so by a true attribute ``batches``: a data set then
has a batch made in one go, where other callables are asked image by image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core.backend import host
from autograd_core.composites.joining import stack
from autograd_core.data.transforms.arguments import is_number, probability
from autograd_core.data.transforms.draws import chosen, uniforms
from autograd_core.data.transforms.images import Array, Images
from autograd_core.engine.tensor import Tensor, wrap
from autograd_core.errors import DTypeError, ShapeError

__all__ = [
    "Change", "Compose", "Lambda", "RandomApply", "RandomChoice", "RandomOrder", "Transform", "on_batches",
    "over_batch",
]  # fmt: skip

Change = Callable[[Any], Any]


class Transform:
    """A change of images: a subclass has ``apply(images)``, from an array (N, C, H, W) to another.

    It is called with a tensor (C, H, W) or (N, C, H, W), or with a PIL image, which becomes a tensor of bytes first;
    what was given is left as it was.  Nothing is recorded for gradients.
    """

    batches = True

    @property
    def name(self) -> str:
        """The transform's name in errors."""
        return type(self).__name__

    def __call__(self, image: Any) -> Any:
        """Return the image, or the batch, changed."""
        images = Images(self.name, image)
        return images.back(self.apply(images.array))

    def apply(self, images: Array) -> Array:
        """Return the changed images: each with random numbers of its own, where any are drawn."""
        raise NotImplementedError(f"{self.name}: a subclass of Transform should implement apply(images)")

    def __repr__(self) -> str:
        shown = ", ".join(f"{k}={v!r}" for k, v in vars(self).items() if not k.startswith("_"))
        return f"{self.name}({shown})"


def on_batches(transform: Any) -> bool:
    """Whether a transform takes a batch (N, C, H, W) and treats each of its images by itself."""
    return bool(getattr(transform, "batches", False))


def over_batch(transform: Change, batch: Tensor) -> Any:
    """Return a batch changed: in one go, or image by image where the transform only knows images."""
    return transform(batch) if on_batches(transform) else stack([transform(wrap(image)) for image in batch._array])


def callables(operation: str, transforms: Any) -> list[Change]:
    """Return a list of transforms.  Raises: DTypeError for what is no sequence, or holds what cannot be called."""
    if not isinstance(transforms, Sequence) or isinstance(transforms, str):
        raise DTypeError(f"{operation}: transforms is {type(transforms).__name__}; wanted a list of callables")
    for i, transform in enumerate(transforms):
        if not callable(transform):
            raise DTypeError(f"{operation}: transforms[{i}] is {type(transform).__name__}; wanted a callable")
    return list(transforms)


class Lambda(Transform):
    """Any function as a transform; ``batches=True`` says that it takes batches too.

    Raises: DTypeError for what cannot be called.
    """

    def __init__(self, lambd: Change, batches: bool = False) -> None:
        if not callable(lambd):
            raise DTypeError(f"Lambda: lambd is {type(lambd).__name__}; wanted a callable")
        self.lambd, self.batches = lambd, batches

    def __call__(self, image: Any) -> Any:
        """Return what the function makes of the image."""
        return self.lambd(image)


_unchanged = Lambda(lambda image: image, batches=True)


class _Several(Transform):
    """What is made of other transforms, and takes batches if all of them do."""

    def __init__(self, transforms: Sequence[Change]) -> None:
        self.transforms = callables(self.name, transforms)

    @property
    def batches(self) -> bool:  # type: ignore[override]
        """Whether every part takes batches."""
        return all(map(on_batches, self.transforms))

    def __repr__(self) -> str:
        parts = "".join(f"\n    {part!r}" for part in self.transforms)
        return f"{self.name}({parts}\n)"


class Compose(_Several):
    """Transforms one after the other.  Raises: DTypeError for what is no list of callables."""

    def __call__(self, image: Any) -> Any:
        """Return what the last one makes of it."""
        for transform in self.transforms:
            image = transform(image)
        return image


class RandomApply(_Several):
    """All of the transforms, one after the other, with probability ``p``; else none of them.

    Raises: DTypeError for what is no list of callables; ValueError for a ``p`` outside [0, 1].
    """

    def __init__(self, transforms: Sequence[Change], p: float = 0.5) -> None:
        super().__init__(transforms)
        self.p = probability(self.name, p)

    def __call__(self, image: Any) -> Any:
        """Return the image, or each of a batch by a draw of its own, changed or not."""
        choices = chosen(_count(image), self.p).astype("int64")
        return _by_choice(self.name, image, choices, [_unchanged, Compose(self.transforms)])


class RandomChoice(_Several):
    """One of the transforms, drawn evenly or with the weights ``p``.

    Raises: DTypeError for what is no list of callables; ValueError for none, or weights that do not fit.
    """

    def __init__(self, transforms: Sequence[Change], p: Sequence[float] | None = None) -> None:
        super().__init__(transforms)
        weights = [1.0] * len(self.transforms) if p is None else list(p)
        fit = len(weights) == len(self.transforms) and all(is_number(w) and w >= 0 for w in weights)
        if not fit or sum(weights) <= 0:
            raise ValueError(f"{self.name}: p is {p!r}; wanted a weight for each of {len(self.transforms)} transforms")
        self.p = [weight / sum(weights) for weight in weights]

    def __call__(self, image: Any) -> Any:
        """Return the image, or each of a batch by a draw of its own, changed by one of them."""
        ends = host.cumsum(self.p)
        choices = host.searchsorted(ends / ends[-1], uniforms(_count(image), 1)[:, 0], side="right")
        return _by_choice(self.name, image, choices, self.transforms)


class RandomOrder(_Several):
    """All of the transforms, in an order that is drawn.  Raises: DTypeError for what is no list of callables."""

    def __call__(self, image: Any) -> Any:
        """Return the image, or each of a batch in an order of its own, changed by all of them."""
        orders = uniforms(_count(image), len(self.transforms)).argsort(1)
        distinct, choices = host.unique(orders, axis=0, return_inverse=True)
        functions = [Compose([self.transforms[i] for i in order]) for order in distinct]
        return _by_choice(self.name, image, choices.reshape(-1), functions)


def _count(image: Any) -> int:
    """Return how many images there are to choose for: one, unless this is a batch."""
    return len(image) if isinstance(image, Tensor) and image.ndim == 4 else 1


def _by_choice(operation: str, image: Any, choices: Array, functions: Sequence[Change]) -> Any:
    """Return each image changed by the function that its choice names."""
    if not (isinstance(image, Tensor) and image.ndim == 4):
        return functions[int(choices[0])](image)
    array, rows, parts = Images(operation, image).array, [], []
    if not len(array):
        return image
    for k in host.unique(choices):
        rows.append(host.flatnonzero(choices == k))
        parts.append(over_batch(functions[k], wrap(array[rows[-1]]))._array)
    if len({part.shape[1:] for part in parts}) > 1:
        raise ShapeError(
            f"{operation}: the transforms gave images of the shapes {sorted({part.shape[1:] for part in parts})}; "
            "wanted one, for a batch"
        )
    together = host.empty((len(array), *parts[0].shape[1:]), host.result_type(*parts))
    for where, part in zip(rows, parts):
        together[where] = part
    return wrap(together)
