"""One example at a time through a trained network."""

from __future__ import annotations

import numpy as np

from benchmarks.api import Api
from benchmarks.workloads.networks import lenet, relu_perceptron
from benchmarks.workloads.registry import INFERENCE, Step, evaluating, uniform, workload


@workload("MLP 784-100-10 at batch 1, eval, no_grad", INFERENCE)
def mlp_infer(api: Api, rng: np.random.Generator) -> Step:
    return evaluating(api, relu_perceptron(api, rng, 784, 100, 10), uniform(api, rng, 1, 784))


@workload("LeNet-5 at batch 1, eval, no_grad", INFERENCE)
def lenet_infer(api: Api, rng: np.random.Generator) -> Step:
    return evaluating(api, lenet(api, rng), uniform(api, rng, 1, 1, 28, 28))
