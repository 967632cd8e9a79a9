"""Preprocessing: what mean subtraction, standardisation and whitening do to data, to training, and when forgotten.

A loss is as easy to descend as its Hessian is well conditioned.  For a linear layer the Hessian is made of the inputs'
second moments, so a common mean, unequal scales and correlations of the inputs each stretch the loss.  Each model is
trained by full gradient descent at the rate that theory allows it, the inverse of its largest curvature, so that scale
alone makes no difference and the spread of the eigenvalues decides: expect each step of preprocessing to train faster.
Whitened images also show their noise, to which a model fits itself.  At prediction the same transform must follow,
with the training data's numbers: forgotten, accuracy falls, and PCA fitted anew on test images has other axes.

Source: LeCun et al., Efficient BackProp, 1998, section 4.3 and 5.1 (means, scales, correlations and the Hessian);
Stanford CS231n, notes on data preprocessing; Krizhevsky, Learning multiple layers of features, 2009, appendix A (ZCA);
Böhning, Multinomial logistic regression algorithm, 1992 (curvature at most half the second moments).

    python examples/preprocessing.py
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from _common import COLOURS, begin, figure, label, options, save_figure, save_table
from _data import Split, fashion
from _valleys import valley

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core import Tensor
from autograd_core.data import transforms
from autograd_core.insight.plot import style

EPS = 1e-2  # added to the variances of whitened images: directions without variance are noise
STEPS: dict[str, Callable[[], Any]] = {
    "as they are": lambda: transforms.Standardize(with_mean=False, with_std=False),
    "mean subtracted": lambda: transforms.Standardize(with_std=False),
    "standardised": transforms.Standardize,
    "PCA-whitened": lambda: transforms.PCAWhitening(eps=EPS),
    "ZCA-whitened": lambda: transforms.ZCAWhitening(eps=EPS),
}


def fitted(name: str, x: Tensor) -> Any:
    """Return a transform that has learned its numbers from ``x``."""
    return STEPS[name]().fit(x)


def spectrum(x: Tensor) -> Tensor:
    """Return the eigenvalues of the second moments of ``x`` (N, F) with a bias, the smallest first.

    Directions in which the data do not vary at all (borders of images) do not count.
    """
    rows = ag.cat([x.double(), ag.ones(len(x), 1, dtype=ag.float64)], dim=1)
    values = ag.linalg.eigvalsh(rows.T @ rows / len(x))
    return values[values > 1e-9 * values[-1]]


def train(x: Tensor, y: Tensor, curvature: float, steps: int) -> tuple[nn.Module, list[float]]:
    """Fit softmax regression by gradient descent on all examples; return it and its loss at each step."""
    model = nn.Linear(x.shape[1], 10)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    optimizer = optim.SGD(model.parameters(), lr=2 / curvature)  # Böhning: the Hessian is at most curvature / 2
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


@ag.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """Return the share of images classified correctly, in per cent."""
    return 100 * (model(x).argmax(1) == y).float().mean().item()


def experiment(data: Split, steps: int) -> dict[str, tuple[dict[str, object], list[float]]]:
    """Train on each kind of preprocessed images; return the row of the table and the losses of each."""
    x, test_x = data.x.flatten(1), data.test_x.flatten(1)
    found = {}
    for name in STEPS:
        transform = fitted(name, x)
        given = transform(x)
        curvatures = spectrum(given)
        largest = curvatures[-1].item()
        model, losses = train(given, data.y, largest, steps)
        row = {
            "inputs": name, "largest eigenvalue": largest, "largest / median": largest / curvatures.median().item(),
            "largest / smallest": largest / curvatures[0].item(),
            f"loss after {steps // 10}": losses[steps // 10 - 1], f"after {steps}": losses[-1],
            "test (%)": accuracy(model, transform(test_x), data.test_y),
            "forgotten (%)": accuracy(model, test_x, data.test_y) if given.shape == x.shape else "",
            "fitted on test images (%)": accuracy(model, fitted(name, test_x)(test_x), data.test_y),
        }  # fmt: skip
        found[name] = row, losses
    return found


def tiles(axes: Any, images: Tensor, name: str) -> None:
    """Draw eight images after preprocessing, in two rows."""
    sheet = images.view(2, 4, *images.shape[-2:]).permute(0, 2, 1, 3).reshape(2 * images.shape[-2], -1)
    largest = sheet.abs().quantile(0.995).item()
    low = 0.0 if name == "as they are" else -largest
    axes.imshow(sheet.cpu().numpy(), cmap="gray", vmin=low, vmax=largest)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def draw(chosen: argparse.Namespace, data: Split, found: Any) -> None:
    """Draw clouds, losses and images by kind of preprocessing, and below them training and prediction."""
    page = figure(12, 11)
    cells = page.add_gridspec(4, 12, height_ratios=(1.1, 1.3, 0.75, 1.4))
    flat = data.x.flatten(1)
    for i, name in enumerate(("as they are", "mean subtracted", "standardised", "ZCA-whitened")):
        cloud, loss, image = (style.dressed(page.add_subplot(cells[row, 3 * i : 3 * i + 3])) for row in range(3))
        whitening = transforms.ZCAWhitening  # of the plane, where no direction is noise
        valley(cloud, loss, name, whitening() if name.startswith("ZCA") else STEPS[name]())
        tiles(image, fitted(name, flat)(flat[:8]).view(8, *data.x.shape[-2:]), name)
    left, right = (style.dressed(page.add_subplot(cells[3, part])) for part in (slice(0, 6), slice(6, 12)))
    for (name, (_, losses)), colour in zip(found.items(), COLOURS):
        dash = "--" if name == "ZCA-whitened" else "-"  # on top of PCA's
        left.plot(range(1, len(losses) + 1), losses, dash, color=colour, label=name)
    left.set_xscale("log")
    note = "softmax regression, learning rate 2 / largest eigenvalue"
    label(left, "Training", "steps of gradient descent", "cross-entropy", note)
    for place, key in enumerate(("test (%)", "forgotten (%)", "fitted on test images (%)")):
        heights = [row[key] or 0.0 for row, _ in found.values()]
        bars = right.bar([i + 0.27 * (place - 1) for i in range(len(found))], heights, 0.25, color=COLOURS[place],
                         label=("applied", "forgotten", "fitted anew on the test images")[place])  # fmt: skip
        right.bar_label(bars, fmt="%.0f", fontsize=style.SMALL)
    right.set(xticks=range(len(found)), ylim=(0, 115))
    right.set_xticklabels([name.replace("y a", "y\na").replace("n s", "n\ns").replace("A-", "A-\n") for name in found])
    label(right, "Prediction", "", "test accuracy (%)", loc="upper right", ncols=3)
    save_figure(chosen, page)


def main() -> None:
    """Train with each kind of preprocessing; write picture and table."""
    parser = options(__doc__)
    parser.add_argument("--images", type=int, default=10_000, help="training images (default: 10000)")
    chosen = begin(parser)
    data = fashion(chosen)
    data = Split(data.x[: chosen.images], data.y[: chosen.images], data.test_x, data.test_y)
    found = experiment(data, 50 if chosen.quick else 500)
    draw(chosen, data, found)
    save_table(chosen, [row for row, _ in found.values()])


if __name__ == "__main__":
    main()
