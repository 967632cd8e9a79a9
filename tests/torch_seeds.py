"""Seeds for PyTorch's test databases, without the walks over pytest's deep stack that were half of their time."""

from __future__ import annotations

import random
from functools import cache

import numpy as np


def seed(number: int | None = None) -> None:
    """Seed the generators of the CPU; ``torch.manual_seed`` also notes the stack for each device that is not there."""
    from torch import default_generator
    from torch.testing._internal.common_utils import SEED

    number = SEED if number is None else number
    default_generator.manual_seed(number)
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002  # it is this one that the databases draw from


@cache
def without_stacks() -> None:
    """Let the databases seed so, and not look for the unittest that runs: here there is none."""
    from torch.testing._internal import common_utils
    from torch.testing._internal.opinfo import core

    common_utils.set_rng_seed = seed
    common_utils.extract_test_fn = core.extract_test_fn = lambda: None
