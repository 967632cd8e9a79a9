"""``nn.utils.summary``: what it counts, what it prints, and that it leaves the model as it was."""

from __future__ import annotations

import pytest

import autograd_core as ag
import nn
from autograd_core.backends import mkldnn
from nn.utils import summary
from nn.utils.rnn import pack_sequence


@pytest.fixture(autouse=True)
def rows_in_order():
    """Leave convolutions to NumPy: where they lie channels last, flattening makes a copy, which counts."""
    with mkldnn.flags(enabled=False):
        yield


def network():
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, bias=False), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Dropout(), nn.Linear(12, 2)
    )


TABLE = """\
layer    type         output        parameters  multiply-adds
-------------------------------------------------------------
(model)  Sequential   (5, 2)                 0              0
0        Conv2d       (5, 3, 2, 2)          27            540
1        BatchNorm2d  (5, 3, 2, 2)           6             60
2        ReLU         (5, 3, 2, 2)           0              0
3        Flatten      (5, 12)                0              0
4        Dropout      (5, 12)                0              0
5        Linear       (5, 2)                26            120
-------------------------------------------------------------
parameters: 59 (236 B), of which 32 are trained; buffers: 32 B
activations: 760 B
multiply-adds: 720 (1,440 flops)"""


def test_the_table():
    model = network()
    model[0].requires_grad_(False)
    found = summary(model, (5, 1, 4, 4))
    assert str(found) == TABLE == repr(found)


def test_the_rows_are_data():
    model = network()
    found = summary(model, (5, 1, 4, 4))
    assert [row.name for row in found.rows] == ["", "0", "1", "2", "3", "4", "5"]
    assert found.parameters == sum(p.numel() for p in model.parameters()) == found.trainable_parameters
    assert found.buffer_bytes == sum(b.nbytes for b in model.buffers())
    assert [row.activation_bytes for row in found.rows] == [0, 240, 240, 240, 0, 0, 40]  # no new memory in 3 and 4
    assert found.rows[1].output_shapes == [(5, 3, 2, 2)] and found.rows[1].calls == 1
    assert found.flops == 2 * found.multiply_adds == 1440


def test_the_model_is_left_as_it_was():
    model = network()
    model[2].eval()
    modes = [m.training for m in model.modules()]
    state = {k: v.clone() for k, v in model.state_dict().items()}
    random = ag.get_rng_state()
    summary(model, (5, 1, 4, 4))
    assert [m.training for m in model.modules()] == modes
    assert all((v == state[k]).all() for k, v in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters()) and all(m._hooks is None for m in model.modules())
    assert (ag.get_rng_state() == random).all()
    with pytest.raises(ValueError, match="conv2d: input has shape"):
        summary(model, (5, 4))
    assert [m.training for m in model.modules()] == modes
    assert all(m._hooks is None for m in model.modules())


class Calls(nn.Module):
    """A layer called twice, one that is shared, one that is not called, and a parameter of its own."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)
        self.b = nn.Linear(3, 3)
        self.b.weight = self.a.weight
        self.idle = nn.Linear(2, 2)
        self.scale = nn.Parameter(ag.ones(3))

    def forward(self, x, *, twice=True):
        y = self.a(x) * self.scale
        return {"y": self.b(self.a(y) if twice else y), "x": [x, y]}


def test_calls_shared_parameters_and_unknown_work():
    found = summary(Calls(), ag.ones(2, 3))
    rows = {row.name: row for row in found.rows}
    assert rows["a"].calls == 2 and rows["a"].multiply_adds == 36 and rows["a"].activation_bytes == 48
    assert rows["a"].parameters == 12 and rows["b"].parameters == 3  # its weight is a's
    assert rows["idle"].calls == 0 and rows["idle"].output_shapes == []
    assert rows[""].output_shapes == [(2, 3)] * 3 and rows[""].multiply_adds is None
    assert found.parameters == sum(p.numel() for p in Calls().parameters())
    lines = str(found).splitlines()
    assert lines[2].split() == ["(model)", "Calls", "(2,", "3)", "+2", "3", "?"]
    assert lines[5].split() == ["idle", "Linear", "-", "6", "-"]
    assert lines[-1] == "multiply-adds: at least 54 (108 flops)"
    assert summary(Calls(), ag.ones(2, 3), twice=False).multiply_adds == 36


WORK = [
    (lambda: nn.Linear(3, 4), [(2, 5, 3)], 2 * 5 * 4 * 3),
    (lambda: nn.LazyLinear(4), [(2, 3)], 2 * 4 * 3),
    (lambda: nn.Bilinear(3, 4, 2), [(5, 3), (5, 4)], 5 * 2 * 3 * 5),
    (lambda: nn.Conv1d(4, 6, 3, groups=2), [(2, 4, 7)], 2 * 6 * 5 * 2 * 3),
    (lambda: nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2), [(2, 4, 5, 5)], 2 * 4 * 25 * 3 * 9),
    (lambda: nn.RNN(3, 4), [(5, 2, 3)], 5 * 2 * (3 * 4 + 4 * 4)),
    (lambda: nn.LSTM(3, 4, 2, bidirectional=True), [(5, 2, 3)], 5 * 2 * 2 * 16 * (3 + 4 + 8 + 4)),
    (lambda: nn.LSTM(3, 4, proj_size=2), [(5, 3)], 5 * (16 * (3 + 2) + 2 * 4)),
    (lambda: nn.GRUCell(3, 4), [(2, 3)], 2 * 12 * (3 + 4)),
    (lambda: nn.MultiheadAttention(4, 2), [(5, 3, 4), (6, 3, 4), (6, 3, 4)], 12 * (2 * 5 * 4 + 2 * 6 * 4 + 2 * 5 * 6)),
    (
        lambda: nn.MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True, kdim=3, vdim=2, batch_first=True),
        [(3, 5, 4), (3, 6, 3), (3, 6, 2)],
        12 * (2 * 5 * 4 + 6 * (3 + 2) + 2 * 5 * 8),
    ),
    (lambda: nn.MultiheadAttention(4, 2, batch_first=True), [(5, 4)] * 3, 4 * (4 * 5 * 4 + 2 * 5 * 5)),
    (lambda: nn.BatchNorm1d(3), [(2, 3, 4)], 24),
    (lambda: nn.LayerNorm(4), [(2, 3, 4)], 3 * 24),
    (lambda: nn.RMSNorm(4), [(2, 3, 4)], 3 * 24),
    (lambda: nn.GroupNorm(2, 4), [(2, 4, 3)], 3 * 24),
    (lambda: nn.InstanceNorm1d(3), [(2, 3, 4)], 2 * 24),
    (lambda: nn.PReLU(), [(2, 3)], 6),
    (lambda: nn.MaxPool1d(2), [(2, 3, 4)], 0),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(WORK)))
def test_the_work_of_a_layer(case):
    make, shapes, expected = WORK[case]
    layer = make()
    found = summary(layer, tuple(ag.ones(shape) for shape in shapes) if len(shapes) > 1 else shapes[0])
    assert found.multiply_adds == expected
    assert found.parameters == sum(p.numel() for p in layer.parameters()) and found.rows[0].kind == type(layer).__name__


def test_packed_sequences_and_indices():
    packed = pack_sequence([ag.ones(4, 3), ag.ones(2, 3)])

    class Packed(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.GRU(3, 2)

        def forward(self, x):
            return self.rnn(packed)[1] + x

    assert summary(Packed(), (1,)).multiply_adds == 6 * 6 * (3 + 2)
    table = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 2))
    assert summary(table, ag.zeros(2, 4, dtype=ag.int64)).multiply_adds == 8 * 3 * 2


def test_parametrised_and_pruned_layers():
    model = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)), nn.Linear(2, 2))
    nn.utils.prune.l1_unstructured(model[1], "weight", 1)
    found = summary(model, (4, 3))
    assert [(row.kind, row.parameters) for row in found.rows[1:]] == [("ParametrizedLinear", 10), ("Linear", 6)]
    assert found.multiply_adds == 4 * (6 + 4) and found.activation_bytes == 2 * 4 * 2 * 4
    assert found.rows[2].buffer_bytes == 16


def test_the_input_follows_the_model():
    seen = []
    model = nn.Linear(2, 2).double()
    model.register_forward_pre_hook(lambda module, args: seen.append(args[0].dtype))
    summary(model, [3, 2])
    summary(nn.Identity(), (3,))
    assert seen == [ag.float64]
    for wrong, kinds in [("x", "str"), ((ag.ones(2), 3), "Tensor, int"), (1.5, "float")]:
        with pytest.raises(
            TypeError, match=f"summary: input is of {kinds}; wanted a Tensor, a tuple of Tensors, or a shape"
        ):
            summary(model, wrong)


def test_sizes_are_readable():
    text = str(summary(nn.Sequential(nn.Linear(512, 1024), nn.Linear(1024, 8)), (1, 512)))
    assert "parameters: 533,512 (2.0 MiB)" in text and "activations: 4.0 KiB" in text


def test_on_a_gpu(cuda):
    model = network().cuda()
    assert str(summary(model, (5, 1, 4, 4))) == str(summary(network(), (5, 1, 4, 4)))
