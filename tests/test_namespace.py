"""The public namespace: other names for nn and optim, lazy rooms, the generated stub, and no noise."""

import subprocess
import sys

import numpy as np
import pytest

import autograd_core as ag
import nn.functional
import optim.lr_scheduler
from autograd_core import stub


def test_aliases_are_the_same_modules():
    import autograd_core.nn as ag_nn
    import autograd_core.nn.functional as ag_functional
    import autograd_core.optim.lr_scheduler as ag_schedules

    assert ag_nn is nn is ag.nn
    assert ag_functional is nn.functional
    assert ag_schedules is optim.lr_scheduler
    assert ag.optim is optim
    assert nn.__spec__.name == "nn"


def test_pytorch_habits():
    program = (
        "import autograd_core as torch\n"
        "import autograd_core.nn as nn\n"
        "from autograd_core.optim import SGD\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.fc = torch.nn.Linear(2, 1)\n"
        "    def forward(self, x):\n"
        "        return torch.sigmoid(self.fc(x))\n"
        "net = Net()\n"
        "step = SGD(net.parameters(), lr=0.1)\n"
        "loss = torch.nn.functional.mse_loss(net(torch.ones(4, 2)), torch.zeros(4, 1))\n"
        "loss.backward(); step.step()\n"
        "print(type(torch.nn.Linear(2, 2)).__module__)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "nn.linear\n"
    assert done.stderr == ""


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'autograd_core' has no attribute 'Tensr'"):
        _ = ag.Tensr


def test_every_public_name_is_listed():
    assert {"add", "Tensor", "float32", "nn", "linalg", "absolute"} <= set(dir(ag))
    assert [name for name in dir(ag) if not hasattr(ag, name)] == []


def test_the_stub_is_up_to_date():
    assert stub.PATH.read_text() == stub.generate(), "run `python -m autograd_core.stub`"


@pytest.mark.parametrize("name", ["sum", "mean", "reshape", "cat", "matmul", "gather", "argsort", "norm", "where"])
def test_what_is_no_tensor_is_named(name):
    arguments = {"reshape": ("text", 2), "cat": (["text"],), "matmul": ("text", "text"), "gather": ("text", 0, 1)}
    with pytest.raises(TypeError, match=rf"^{name}: .*(str|Tensor)"):
        getattr(ag, name)(*arguments.get(name, ("text",)))


def test_an_array_in_front_of_a_tensor():
    left, right = np.array([1.0, 5.0]), ag.tensor([3.0, 4.0], requires_grad=True)
    assert isinstance(ag.maximum(left, right), ag.Tensor)
    assert ag.maximum(left, right).tolist() == [3, 5]
    assert ag.maximum(left, right).requires_grad
