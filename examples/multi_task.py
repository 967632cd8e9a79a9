"""Three tasks, one encoder: segmentation of 3-D volumes, with an autoencoder beside it as a regulariser.

Volumes of noise hold a smooth body, and in it ellipsoid tumours, a little brighter, and a lure, a little darker.  A 3-D
convolutional encoder with group norm feeds two decoders.  One marks the tumours (soft Dice loss).  The other, that of a
variational autoencoder, redraws the volume from a few normal random numbers: its squared error and the divergence of
those numbers from a standard normal count 0.1 each, and at prediction it is left out.  It is there to keep the encoder
from learning the noise of few volumes by heart.  Expect a small gain, if any: about the differences between seeds.

Source: Myronenko, 3D MRI brain tumor segmentation using autoencoder regularization, section 2 and equations 1 to 4.

    python examples/multi_task.py
"""

from __future__ import annotations

import itertools
import time
from typing import Any

from _common import begin, options, save_table
from _pictures import three_tasks
from _volumes import volumes

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core import Tensor

WEIGHTS = {"segmentation alone": (1.0, 0.0, 0.0), "three tasks": (1.0, 0.1, 0.1)}  # Dice, squared error, divergence
BATCH = 2


class Block(nn.Module):
    """Group norm, ReLU and convolution, twice, added to the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.GroupNorm(4, channels), nn.ReLU(), nn.Conv3d(channels, channels, 3, padding=1),
            nn.GroupNorm(4, channels), nn.ReLU(), nn.Conv3d(channels, channels, 3, padding=1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum."""
        return x + self.body(x)


class MultiTask(nn.Module):
    """A shared encoder, a decoder that marks tumours and one that redraws the volume from a random code."""

    def __init__(self, size: int, width: int = 8, code: int = 32) -> None:
        super().__init__()
        half, quarter, place = 2 * width, 4 * width, (width, *(size // 8,) * 3)
        self.fine = nn.Sequential(nn.Conv3d(1, width, 3, padding=1), nn.Dropout3d(0.2), Block(width))
        self.middle = nn.Sequential(nn.Conv3d(width, half, 3, stride=2, padding=1), Block(half))
        self.coarse = nn.Sequential(nn.Conv3d(half, quarter, 3, stride=2, padding=1), Block(quarter))
        self.to_middle, self.to_fine = larger(quarter, half), larger(half, width)
        self.mark = nn.Sequential(Block(width), nn.GroupNorm(4, width), nn.Conv3d(width, 1, 1), nn.Sigmoid())
        self.encode = nn.Sequential(
            nn.GroupNorm(4, quarter), nn.ReLU(), nn.Conv3d(quarter, width, 3, stride=2, padding=1),
            nn.Flatten(), nn.Linear(width * place[1] ** 3, 2 * code),
        )  # fmt: skip
        self.redraw = nn.Sequential(
            nn.Linear(code, width * place[1] ** 3), nn.ReLU(), nn.Unflatten(1, place), larger(width, quarter),
            larger(quarter, half), larger(half, width), Block(width), nn.Conv3d(width, 1, 1),
        )  # fmt: skip

    def segment(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return each voxel's probability of tumour, and the encoder's coarsest features."""
        fine = self.fine(x)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        return self.mark(self.to_fine(self.to_middle(coarse) + middle) + fine), coarse

    def redrawn(self, coarse: Tensor) -> tuple[Tensor, Tensor]:
        """Return the volume drawn from a random code, and the code's divergence from a standard normal, summed."""
        mean, log_variance = self.encode(coarse).chunk(2, dim=1)
        code = mean + (0.5 * log_variance).exp() * ag.randn_like(mean)
        return self.redraw(code), (mean**2 + log_variance.exp() - log_variance - 1).sum()


def larger(channels: int, fewer: int) -> nn.Module:
    """Return layers that change the number of channels and double the sides."""
    return nn.Sequential(nn.Conv3d(channels, fewer, 1), nn.Upsample(scale_factor=2, mode="nearest"))


def train(x: Tensor, target: Tensor, test: tuple[Tensor, Tensor], steps: int, weights: tuple[float, ...]) -> Any:
    """Return the trained network and rows (step, training Dice, test Dice) on its way."""
    network, curve = MultiTask(x.shape[-1]), []
    optimizer = optim.Adam(network.parameters(), lr=3e-3, weight_decay=1e-5)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, steps + 1)
    for step in range(1, steps + 1):
        few = ag.randperm(len(x))[:BATCH]
        mask, coarse = network.segment(x[few])
        loss = weights[0] * F.dice_loss(mask, target[few])
        if any(weights[1:]):
            volume, divergence = network.redrawn(coarse)
            loss = loss + weights[1] * F.mse_loss(volume, x[few]) + weights[2] * divergence / volume.numel()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % (steps // 5) == 0:
            curve.append((step, dice(network, x, target), dice(network, *test)))
    return network.eval(), curve


@ag.no_grad()
def dice(network: MultiTask, x: Tensor, target: Tensor) -> float:
    """Return the mean Dice coefficient of the marked voxels, in per cent."""
    network.eval()
    marked = ag.cat([network.segment(few)[0] for few in x.split(8)]) > 0.5
    network.train()
    return 100 * (1 - F.dice_loss(marked.float(), target, smooth=1e-6, squared=False).item())


def main() -> None:
    """Train with and without the second decoder, on fewer and on more volumes; write the picture and the table."""
    chosen = begin(options(__doc__))
    size, steps, counts, seeds = (16, 40, (4,), 1) if chosen.quick else (24, 160, (4, 16), 3)
    test = volumes(8 if chosen.quick else 32, size)
    rows: list[dict[str, Any]] = []
    networks: dict[str, Any] = {}
    curves: dict[int, dict[str, Any]] = {count: {} for count in counts}
    for count, (name, weights) in itertools.product(counts, WEIGHTS.items()):
        runs, start = [], time.perf_counter()
        for seed in range(seeds):
            ag.manual_seed(chosen.seed + seed)
            network, curve = train(*volumes(count, size), test, steps, weights)
            runs.append(curve)
        networks.setdefault(name, network)
        mean = curves[count][name] = ag.tensor(runs).mean(0).T.tolist()  # steps, training Dice, test Dice
        rows.append({
            "volumes": count, "trained for": name, "training Dice, %": mean[1][-1], "test Dice, %": mean[2][-1],
            "of each seed": ", ".join(f"{curve[-1][2]:.1f}" for curve in runs), "seconds": time.perf_counter() - start,
        })  # fmt: skip
        print(rows[-1], flush=True)
    save_table(chosen, rows)
    three_tasks(chosen, networks, curves, *(part[:1] for part in test))


if __name__ == "__main__":
    main()
