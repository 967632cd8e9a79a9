"""What the gallery shows: a function per picture, whose lines stand in docs/gallery.md as they are here.

Each returns what a notebook would show.  ``python -m docs.gallery`` draws them and writes the page.
"""

from __future__ import annotations

from typing import Any

import autograd_core as ag
import nn
import nn.functional as F


def scalar_expression() -> Any:
    """An expression, with the gradients.

    The smallest example of all: `x` is used twice, so the gradients of its two uses add up, to 3 + cos 2.  In a
    notebook, hovering over a node shows its value.
    """
    x, y = ag.tensor(2.0, requires_grad=True), ag.tensor(3.0, requires_grad=True)
    f = x * y + ag.sin(x)
    return ag.graph(f, values=True, gradients=True, name="f = x y + sin x").dot(colour="gradient", direction="LR")


def logistic_regression() -> Any:
    """Logistic regression, written out.

    Nothing is hidden in a loss function here, so that the chain rule can be followed from the loss to the weights.
    In a notebook, hovering over an operation shows the line of the program that ran it.
    """
    x, target = ag.randn(64, 3), (ag.rand(64) > 0.5).float()
    w, b = ag.zeros(3, requires_grad=True), ag.zeros((), requires_grad=True)
    p = ag.sigmoid(x @ w + b)
    loss = -(target * ag.log(p) + (1 - target) * ag.log(1 - p)).mean()
    return ag.graph(loss, name="logistic regression").dot()


def multilayer_perceptron() -> Any:
    """A perceptron with two hidden layers, its gradients in colour.

    The module's structure is the picture's: each layer is a box with its path and class.  The darker an operation, the
    larger the norm of the gradient that arrives there.
    """
    mlp = nn.Sequential(nn.Linear(784, 128), nn.Tanh(), nn.Linear(128, 64), nn.Tanh(), nn.Linear(64, 10))
    loss = F.cross_entropy(mlp(ag.randn(32, 784)), ag.randint(0, 10, (32,)))
    return ag.graph(loss, model=mlp, gradients=True, name="multilayer perceptron").dot(colour="gradient")


def lenet() -> Any:
    """LeNet-5, and where the memory of training goes.

    `depth=1` draws each layer as one node.  The darker it is, the more bytes it keeps for the backward pass: the first
    sigmoid keeps most, and an average keeps nothing, since its gradient does not depend on its input.
    """
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10),
    )  # fmt: skip
    return ag.graph(net, ag.randn(32, 1, 28, 28), name="LeNet-5").dot(depth=1, colour="memory")


def batch_norm_backward() -> Any:
    """The backward pass of batch normalisation, from primitives.

    The exercise of every course.  Above, the steps forward; below, what the rules of these steps compute: the ways on
    which the gradient reaches `x`, through the value itself, the mean and the variance, meet at the bottom.
    """
    x = ag.randn(16, 4, requires_grad=True)
    gamma, beta = ag.ones(4, requires_grad=True), ag.zeros(4, requires_grad=True)
    centred = x - x.mean(dim=0)
    variance = (centred * centred).mean(dim=0)
    out = centred * ag.rsqrt(variance + 1e-5) * gamma + beta
    return ag.graph((out * out).sum(), name="batch normalisation").dot(part="both")


def unrolled_lstm() -> Any:
    """An LSTM, unrolled over three steps.

    The cell is called three times: three boxes, one set of weights, to which the gradients of all steps are added.
    Without `repeats=False` the later calls would be one box, marked ×2.
    """

    class Cell(nn.Module):
        def __init__(self):
            super().__init__()
            self.gates = nn.Linear(8 + 16, 4 * 16)

        def forward(self, x, h, c):
            i, f, g, o = self.gates(ag.cat([x, h], dim=1)).chunk(4, dim=1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            return o.sigmoid() * c.tanh(), c

    cell, h, c = Cell(), ag.zeros(2, 16), ag.zeros(2, 16)
    for x in ag.randn(3, 2, 8):
        h, c = cell(x, h, c)
    return ag.graph(h.sum(), name="LSTM over three steps").dot(repeats=False)


def transformer_block() -> Any:
    """A block of a transformer.

    Attention and the feed-forward network, each with its residual connection and normalisation; `eval()` leaves dropout
    out of the picture.
    """
    block = nn.TransformerEncoderLayer(d_model=64, nhead=4, dim_feedforward=256, batch_first=True).eval()
    return ag.graph(block, ag.randn(8, 20, 64), name="transformer block").dot(depth=1)


def attention() -> Any:
    """Inside the attention.

    `inside` takes one module out of a graph: queries, keys and values come from one matrix, are split into four heads,
    and meet in `attend`, the primitive softmax(q k' / sqrt d) v.
    """
    block = nn.TransformerEncoderLayer(d_model=64, nhead=4, dim_feedforward=256, batch_first=True).eval()
    return ag.graph(block, ag.randn(8, 20, 64), name="self-attention").inside("self_attn").dot()


def resnet18() -> Any:
    """ResNet-18, folded.

    Some sixty layers on one page: `depth=2` draws the blocks as one node each, and blocks of one structure in a row
    once, marked ×2.
    """

    class Block(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            self.norm1 = nn.BatchNorm2d(outputs)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
            self.norm2 = nn.BatchNorm2d(outputs)
            self.shortcut = nn.Sequential()
            if stride > 1:
                self.shortcut.append(nn.Conv2d(inputs, outputs, 1, stride, bias=False))
                self.shortcut.append(nn.BatchNorm2d(outputs))

        def forward(self, x):
            y = self.norm2(self.conv2(self.norm1(self.conv1(x)).relu()))
            return (y + self.shortcut(x)).relu()

    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    sizes = ((64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2))
    stages = [nn.Sequential(Block(i, o, stride), Block(o, o, 1)) for i, o, stride in sizes]
    resnet = nn.Sequential(*stem, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))
    return ag.graph(resnet, ag.randn(1, 3, 64, 64), name="ResNet-18").dot(depth=2)


def double_backward() -> Any:
    """A gradient of a gradient.

    `create_graph=True` records the backward pass: it runs the same rules, on tensors.  So `dy/dx = sin x + x cos x` has
    a graph like any other value, and can be differentiated again.
    """
    x = ag.tensor(1.0, requires_grad=True)
    y = x * ag.sin(x)
    (dy,) = ag.autograd.grad(y, x, create_graph=True)
    return ag.graph(dy, name="dy/dx of y = x sin x").dot()


def difference() -> Any:
    """What has changed.

    Two models in one graph: what the second adds is green with a plus, what it lacks red and dashed with a minus.
    """
    from collections import OrderedDict

    x, hidden, out = ag.randn(8, 16), nn.Linear(16, 32), nn.Linear(32, 4)
    before = nn.Sequential(OrderedDict(hidden=hidden, relu=nn.ReLU(), out=out))
    after = nn.Sequential(OrderedDict(hidden=hidden, norm=nn.LayerNorm(32), gelu=nn.GELU(), out=out))
    return ag.graph(before, x, name="before").diff(ag.graph(after, x, name="after")).dot()


def page() -> Any:
    """A page to walk about in.

    `html` writes one file that needs no network: pan, zoom, search, fold and unfold modules, and play the backward pass
    step by step.  Here it has arrived in the last layer of an encoder.
    """
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4, 256, batch_first=True), num_layers=4)
    loss = F.mse_loss(encoder(ag.randn(8, 20, 64)), ag.randn(8, 20, 64))
    graph = ag.graph(loss, model=encoder, values=True, gradients=True, name="transformer encoder")
    return graph.html("encoder.html")


SCENES = (
    scalar_expression, logistic_regression, multilayer_perceptron, lenet, batch_norm_backward, unrolled_lstm,
    transformer_block, attention, resnet18, double_backward, difference, page,
)  # fmt: skip
