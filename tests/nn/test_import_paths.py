"""PyTorch's import paths to layers give the same classes."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import autograd_core as ag
import nn
from nn import modules


def test_programs_find_what_pytorch_keeps_there():
    program = (
        "import autograd_core as torch\n"
        "import autograd_core.nn.modules.conv as conv\n"
        "from autograd_core.nn.modules.batchnorm import _BatchNorm\n"
        "from autograd_core.nn.modules.module import Module\n"
        "from autograd_core.nn.modules.utils import _pair\n"
        "from autograd_core.nn.parameter import Parameter, UninitializedParameter\n"
        "import nn.modules\n"
        "from nn.modules import *\n"
        "assert Module is nn.Module is nn.modules.Module is torch.nn.Module\n"
        "assert issubclass(torch.nn.BatchNorm3d, _BatchNorm) and _BatchNorm is nn.modules.batchnorm._BatchNorm\n"
        "assert conv is nn.modules.conv and issubclass(Conv2d, conv._ConvNd) and Parameter is nn.Parameter\n"
        "print(_pair(3), _pair([1, 2]))\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "(3, 3) (1, 2)\n" and not done.stderr


@pytest.mark.parametrize("name", modules.INTERNALS)
def test_base_classes_are_those_of_pytorchs_layers(torch, name):
    room = next(r for r in modules.ROOMS if hasattr(importlib.import_module(f"torch.nn.modules.{r}"), name))
    theirs = getattr(importlib.import_module(f"torch.nn.modules.{room}"), name)
    ours = getattr(importlib.import_module(f"nn.modules.{room}"), name)
    for layer, cls in vars(torch.nn).items():
        if isinstance(cls, type) and issubclass(cls, theirs) and layer in vars(nn):
            assert issubclass(getattr(nn, layer), ours), layer


def test_every_path_is_pytorchs(torch):
    for room in (*modules.ROOMS, "utils"):
        assert importlib.import_module(f"torch.nn.modules.{room}")
        assert getattr(nn.modules, room) is importlib.import_module(f"autograd_core.nn.modules.{room}")
    for path in (nn.modules, nn.modules.conv):
        with pytest.raises(AttributeError, match=rf"module '{path.__name__}' has no attribute 'Convolution'"):
            _ = path.Convolution
        assert not hasattr(path, "_Unknown")


def test_the_wrappers_prefix_is_taken_off(torch):
    found = []
    for package in (torch.nn, nn):
        state = package.Sequential(package.Linear(1, 1)).state_dict(prefix="module.")
        state["other"] = 1
        package.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")
        found.append((list(state), dict(state._metadata)))
    assert found[0] == found[1]
    plain = {"module.weight": 1}
    nn.modules.utils.consume_prefix_in_state_dict_if_present(plain, "module.")
    assert plain == {"weight": 1}


def test_helpers_for_sizes(torch):
    for utils in (torch.nn.modules.utils, nn.modules.utils):
        assert utils._single(2) == (2,) and utils._triple("ab") == ("a", "b") and utils._quadruple(0) == (0,) * 4
        assert utils._ntuple(2)(None) == (None, None) and utils._reverse_repeat_tuple((1, 2), 2) == (2, 2, 1, 1)
    assert ag.nn.modules is nn.modules


def test_types_of_arguments(torch):
    theirs = importlib.import_module("torch.nn.common_types")
    ours = importlib.import_module("autograd_core.nn.common_types")
    named = sorted(name for name in vars(theirs) if name.endswith("_t"))
    assert named == sorted(name for name in vars(ours) if name.endswith("_t"))
    for name in named:
        assert str(getattr(ours, name)).replace(f"{ag.Tensor.__module__}.", "torch.") == str(getattr(theirs, name))


def test_a_choice_of_attention_kernels_changes_nothing():
    from nn.attention import SDPBackend, sdpa_kernel

    q = ag.randn(2, 3, 4)
    expected = nn.functional.scaled_dot_product_attention(q, q, q)
    with sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION]):
        assert ag.equal(nn.functional.scaled_dot_product_attention(q, q, q), expected)
    with pytest.raises(AssertionError, match="sdpa_kernel: got 'math'"), sdpa_kernel("math"):
        pass
