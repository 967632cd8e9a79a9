"""Modules as functions of their parameters, against PyTorch."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import func
from autograd_core.errors import GraphError, ShapeError
from tests.nn.twin import pair
from tests.transforms.nests import agree, array

F = nn.functional
# PyTorch's forward mode compiles with something it deprecates itself
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")


def network(library: Any) -> Any:
    return library.Sequential(library.Linear(3, 5), library.Tanh(), library.Linear(5, 2))


def image_network(library: Any) -> Any:
    return library.Sequential(
        library.Conv2d(1, 3, 3, padding=1), library.ReLU(), library.MaxPool2d(2), library.Conv2d(3, 4, 3),
        library.Flatten(), library.Linear(16, 3),
    )  # fmt: skip


def test_per_sample_gradients_of_a_perceptron(torch: ModuleType) -> None:
    check_per_sample(torch, network, array(6, 3), np.array([0, 1, 1, 0, 1, 0]))


def test_per_sample_gradients_of_a_convolutional_network(torch: ModuleType) -> None:
    check_per_sample(torch, image_network, array(4, 1, 8, 8), np.array([0, 2, 1, 0]))


def check_per_sample(torch: ModuleType, build: Any, x: Any, y: Any) -> None:
    ours, theirs = pair(torch, build)
    found = func.per_sample_grad(F.cross_entropy, ours)(ag.tensor(x), ag.tensor(y))
    weights = {name: p.detach() for name, p in theirs.named_parameters()}

    def loss(weights: Any, x: Any, y: Any) -> Any:
        out = torch.func.functional_call(theirs, weights, x.unsqueeze(0))
        return torch.nn.functional.cross_entropy(out, y.unsqueeze(0))

    each = torch.func.vmap(torch.func.grad(loss), (None, 0, 0))
    agree(found, each(weights, torch.tensor(x), torch.tensor(y)))
    agree(func.per_sample_grad(F.cross_entropy, ours, chunk_size=2)(ag.tensor(x), ag.tensor(y)), found)


def test_an_inner_step_of_training_is_differentiated(torch: ModuleType) -> None:
    """MAML: the gradient of the loss after a step of SGD, with respect to the weights before it."""
    ours, theirs = pair(torch, network)
    x, y = array(4, 3), array(4, 2, seed=1)

    def outer(library: Any, transforms: Any, module: Any) -> Any:
        def inner(weights: Any, inputs: Any, targets: Any) -> Any:
            return ((transforms.functional_call(module, weights, inputs) - targets) ** 2).mean()

        def adapted(weights: Any) -> Any:
            a, b = library.tensor(x), library.tensor(y)
            steps = transforms.grad(inner)(weights, a, b)
            after = {name: w - 0.1 * steps[name] for name, w in weights.items()}
            return inner(after, a + 1, b)

        return transforms.grad(adapted)({name: p.detach() for name, p in module.named_parameters()})

    agree(outer(ag, func, ours), outer(torch, torch.func, theirs))


def test_hessian_of_a_network(torch: ModuleType) -> None:
    ours, theirs = pair(torch, network)
    x, y = array(4, 3), array(4, 2, seed=1)
    found = func.module_hessian(F.mse_loss, ours)(ag.tensor(x), ag.tensor(y))

    def loss(weights: Any) -> Any:
        out = torch.func.functional_call(theirs, weights, torch.tensor(x))
        return torch.nn.functional.mse_loss(out, torch.tensor(y))

    agree(found, torch.func.hessian(loss)({name: p.detach() for name, p in theirs.named_parameters()}))
    size = sum(p.numel() for p in ours.parameters())
    assert sum(block.numel() for row in found.values() for block in row.values()) == size**2


def test_neural_tangent_kernel(torch: ModuleType) -> None:
    """The contraction of two Jacobians over all weights, against products of Jacobians with vectors."""
    ours, theirs = pair(torch, network)
    x, z = array(4, 3), array(2, 3, seed=1)

    def kernel(library: Any, transforms: Any, module: Any) -> Any:
        weights = {name: p.detach() for name, p in module.named_parameters()}

        def jacobian(points: Any) -> Any:
            single = lambda weights, point: transforms.functional_call(module, weights, point)  # noqa: E731
            found = transforms.vmap(transforms.jacrev(single), (None, 0))(weights, library.tensor(points))
            return [block.reshape(*block.shape[:2], -1) for block in found.values()]

        return sum(library.einsum("naf,mbf->nmab", a, b) for a, b in zip(jacobian(x), jacobian(z), strict=True))

    found = kernel(ag, func, ours)
    agree(found, kernel(torch, torch.func, theirs))
    weights = {name: p.detach() for name, p in ours.named_parameters()}

    def product(point: Any, other: Any) -> Any:
        _, pull = func.vjp(lambda weights: func.functional_call(ours, weights, other), weights)

        def column(cotangent: Any) -> Any:
            run = lambda weights: func.functional_call(ours, weights, point)  # noqa: E731
            return func.jvp(run, (weights,), pull(cotangent))[1]

        return func.vmap(column, out_dims=1)(ag.eye(2, dtype=ag.float64))

    agree(func.vmap(func.vmap(product, (None, 0)), (0, None))(ag.tensor(x), ag.tensor(z)), found)


def test_an_ensemble_is_computed_at_once(torch: ModuleType) -> None:
    models = [network(nn) for _ in range(3)]
    x = ag.randn(4, 3)
    parameters, buffers = func.stack_module_state(models)
    assert parameters["0.weight"].is_leaf and parameters["0.weight"].requires_grad and buffers == {}

    def run(parameters: Any, buffers: Any, x: Any) -> Any:
        return func.functional_call(models[0], (parameters, buffers), (x,))

    together = func.vmap(run, (0, 0, None))(parameters, buffers, x)
    agree(together, ag.stack([model(x) for model in models]), 1e-6)
    together.square().sum().backward()
    models[1](x).square().sum().backward()
    agree(parameters["2.weight"].grad[1], models[1][2].weight.grad, 1e-5)


def test_functional_call_leaves_the_module_as_it_was() -> None:
    module = nn.Linear(2, 2)
    before = dict(module.named_parameters())
    zeros = {name: ag.zeros_like(p) for name, p in before.items()}
    assert float(func.functional_call(module, zeros, (ag.ones(1, 2),)).abs().sum()) == 0
    with pytest.raises(ShapeError):
        func.functional_call(module, zeros, (ag.ones(1, 5),))
    assert all(dict(module.named_parameters())[name] is p for name, p in before.items())


def test_functional_call_of_tied_weights() -> None:
    module = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    module[1].weight = module[0].weight
    x, two = ag.ones(1, 2), 2 * ag.eye(2)
    agree(func.functional_call(module, {"0.weight": two}, (x,)), 4 * x)
    untied = func.functional_call(module, {"0.weight": two}, (x,), tie_weights=False)
    agree(untied, 2 * x @ module[1].weight.T, 1e-6)
    with pytest.raises(ValueError, match=r"got multiple values for keys .*tie_weights=False"):
        func.functional_call(module, {"0.weight": two, "1.weight": x}, (x,))


def test_functional_call_writes_back_what_the_module_puts_in_its_place() -> None:
    class Counter(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("count", ag.zeros(()))

        def forward(self, x: Any) -> Any:
            self.count = self.count + 1
            return x * self.count

    module, state = Counter(), {"count": ag.tensor(5.0)}
    assert float(func.functional_call(module, state, ag.ones(()))) == 6
    assert float(state["count"]) == 6 and float(module.count) == 0


def test_functional_call_names_what_does_not_fit() -> None:
    module, x = nn.Linear(2, 2), ag.ones(1, 2)
    weight = {"weight": ag.eye(2)}
    with pytest.raises(AttributeError, match="'wait': Linear has no attribute `wait`"):
        func.functional_call(module, {"wait": ag.eye(2)}, x)
    with pytest.raises(GraphError, match=r"missing key.*bias"):
        func.functional_call(module, weight, x, strict=True)
    with pytest.raises(ValueError, match="appeared in multiple dictionaries"):
        func.functional_call(module, (weight, weight), x)
    with pytest.raises(ValueError, match="to be a dict"):
        func.functional_call(module, 3, x)
    with pytest.raises(TypeError, match="wanted a Tensor"):
        func.functional_call(module, {"weight": 3}, x)


def test_functional_call_of_recurrent_layers(torch: ModuleType) -> None:
    layer, other = nn.LSTM(3, 4), nn.LSTM(3, 4)
    x = ag.randn(5, 2, 3)
    agree(func.functional_call(layer, dict(other.named_parameters()), (x,))[0], other(x)[0], 1e-6)


def test_stack_module_state_refuses_modules_that_differ() -> None:
    frozen = nn.Linear(2, 2).requires_grad_(False)
    with pytest.raises(GraphError, match="at least one model"):
        func.stack_module_state([])
    with pytest.raises(GraphError, match="same class"):
        func.stack_module_state([nn.Linear(2, 2), nn.Bilinear(2, 2, 2)])
    with pytest.raises(GraphError, match="same training/eval mode"):
        func.stack_module_state([nn.Linear(2, 2), nn.Linear(2, 2).eval()])
    with pytest.raises(GraphError, match=r"same \.requires_grad"):
        func.stack_module_state([nn.Linear(2, 2), frozen])
