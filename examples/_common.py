"""What the examples share: the training loop, and writing what came out of it."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import autograd_core as ag
import nn
import optim
from autograd_core import Tensor
from autograd_core.insight.render import RenderingUnavailable

NEEDED = (("tqdm", "tqdm"), ("matplotlib.figure", "matplotlib"))
Data = tuple[Tensor, Tensor, Tensor, Tensor]  # train images and labels, test images and labels


@dataclass
class History:
    """What happened in each epoch."""

    train_loss: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)


def need(module: str, package: str) -> ModuleType:
    """Import an optional package, or end the program saying how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise SystemExit(f"this example needs {package}: pip install {package}") from None


def parser(description: str, epochs: int) -> argparse.ArgumentParser:
    """Return the options that every example takes."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--epochs", type=positive, default=epochs, help=f"passes over the training data ({epochs})")
    options.add_argument("--seed", type=int, default=0, help="seed of weights, shuffling and dropout (0)")
    options.add_argument("--out", type=Path, default=Path("out"), help="folder for what is written (out)")
    options.add_argument("--quick", action="store_true", help="little data, one epoch: does everything run?")
    return options


def positive(text: str) -> int:
    """Return an argument that counts something."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return number


def train(
    model: nn.Module,
    data: Data,
    epochs: int,
    batch_size: int,
    lr: float,
    augment: Callable[[Tensor], Tensor] = lambda x: x,
) -> History:
    """Train with Adam and a cosine schedule, showing a progress bar; return the learning curve."""
    x, y, test_x, test_y = data
    loss_fn = nn.CrossEntropyLoss()
    optimizer = optim.Adam(model.parameters(), lr=lr)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    steps = -(-len(x) // batch_size)
    history = History()
    with need("tqdm", "tqdm").tqdm(total=epochs * steps, unit="step") as bar:
        for epoch in range(epochs):
            model.train()
            total = ag.zeros(())
            for batch in ag.randperm(len(x)).split(batch_size):
                loss = loss_fn(model(augment(x[batch])), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(batch)  # stays on the device: reading it here would wait for the GPU
                bar.update()
            scheduler.step()
            test_loss, accuracy = evaluate(model, test_x, test_y)
            history.train_loss.append(total.item() / len(x))
            history.test_loss.append(test_loss)
            history.accuracy.append(accuracy)
            bar.set_postfix_str(f"epoch {epoch + 1}: test accuracy {accuracy:.2%}")
    return history


@ag.no_grad()
def evaluate(model: nn.Module, x: Tensor, y: Tensor, batch_size: int = 500) -> tuple[float, float]:
    """Return the mean loss and the share of images classified correctly."""
    model.eval()
    loss_fn = nn.CrossEntropyLoss(reduction="sum")
    loss = correct = 0.0
    for part, labels in zip(x.split(batch_size), y.split(batch_size), strict=True):
        scores = model(part)
        loss += loss_fn(scores, labels).item()
        correct += (scores.argmax(dim=1) == labels).sum().item()
    return loss / len(x), correct / len(x)


def run(
    name: str,
    model: nn.Module,
    data: Data,
    options: argparse.Namespace,
    *,
    batch_size: int,
    lr: float,
    augment: Callable[[Tensor], Tensor] = lambda x: x,
) -> History:
    """Draw the graph, train, write everything to ``options.out``, and say what is where."""
    for module, package in NEEDED:  # now, not after the training
        need(module, package)
    options.out.mkdir(parents=True, exist_ok=True)
    graph = save_graph(options.out / f"{name}-graph.svg", model, data)
    count = sum(parameter.numel() for parameter in model.parameters())
    print(f"{name}: {len(data[0])} training and {len(data[2])} test images, {count} parameters, on {data[0].device}")
    start = time.perf_counter()
    history = train(model, data, options.epochs, batch_size, lr, augment)
    seconds = time.perf_counter() - start
    weights = options.out / f"{name}.safetensors"
    ag.save(model.state_dict(), weights)
    curve = save_curve(options.out / f"{name}-curve.png", history)
    print(f"test accuracy {history.accuracy[-1]:.2%} after {options.epochs} epochs in {seconds:.1f} s")
    print(f"learning curve  {curve}\nbackprop graph  {graph}\nweights         {weights}")
    return history


def save(path: Path, content: bytes) -> Path:
    """Write a file so that a reader sees the old content or the new one, never a part."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    os.replace(partial, path)
    return path


def save_graph(path: Path, model: nn.Module, data: Data) -> Path:
    """Draw the backprop graph of the loss of a few images; without a renderer, write its text."""
    loss = nn.CrossEntropyLoss()(model(data[0][:8]), data[1][:8])
    drawing = ag.draw(loss, params=dict(model.named_parameters()))
    try:
        return save(path, drawing.pipe("svg"))
    except RenderingUnavailable as error:
        print(error)
        return save(path.with_suffix(".gv"), drawing.source.encode())


def save_curve(path: Path, history: History) -> Path:
    """Plot the losses and the test accuracy over the epochs."""
    figure = need("matplotlib.figure", "matplotlib").Figure(figsize=(9, 3.5), layout="constrained")
    epochs = range(1, len(history.accuracy) + 1)
    left, right = figure.subplots(1, 2)
    left.plot(epochs, history.train_loss, marker=".", label="training (with dropout)")
    left.plot(epochs, history.test_loss, marker=".", label="test")
    left.set(xlabel="epoch", ylabel="cross-entropy", yscale="log")
    left.legend(frameon=False)
    right.plot(epochs, [100 * value for value in history.accuracy], marker=".", color="tab:green")
    right.set(xlabel="epoch", ylabel="test accuracy in %")
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.get_major_locator().set_params(integer=True)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=150)
    return save(path, picture.getvalue())
