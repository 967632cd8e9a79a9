"""``ag.plot.landscape`` and ``ag.plot.weights``."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="Matplotlib is not installed")

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.insight.plot import style, surface, terrain, tiles
from tests.insight.plots import Net, said

DATA = (ag.ones(4, 3), ag.zeros(4, 2))


def half_square(output, target):
    return ((output - target) ** 2).mean()


# landscape


def test_directions_have_the_norms_of_the_filters():
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Linear(4, 5))
    found = surface._direction(model, np.random.default_rng(0), vectors=False)
    assert list(found) == ["0.weight", "1.weight"]
    for name, direction in found.items():
        weight = model.get_parameter(name).detach()
        norms = [(t * t).flatten(1).sum(1).sqrt() for t in (weight, direction)]
        assert ag.allclose(*norms)
    assert list(surface._direction(model, np.random.default_rng(0), vectors=True)) == [
        "0.weight", "0.bias", "1.weight", "1.bias",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["line", "contour"])
def test_the_loss_is_that_of_the_moved_weights(kind, monkeypatch):
    shown = {}
    monkeypatch.setattr(terrain, "drawn", lambda kind, line, heights, *rest: shown.update(line=line, heights=heights))
    model = nn.Linear(3, 2)
    ag.plot.landscape(model, half_square, DATA, kind=kind, steps=5, extent=0.5, seed=3)
    generator = np.random.default_rng(3)
    first = surface._direction(model, generator, False)["weight"]
    moved = nn.Linear(3, 2)
    moved.load_state_dict(model.state_dict())
    with ag.no_grad():
        moved.weight += -0.5 * first
    at = (0,) if kind == "line" else (0, 2)
    assert shown["heights"][at] == pytest.approx(half_square(moved(DATA[0]), DATA[1]).item(), rel=1e-5)
    middle = (2,) * shown["heights"].ndim
    assert shown["heights"][middle] == pytest.approx(half_square(model(DATA[0]), DATA[1]).item(), rel=1e-6)
    assert list(shown["line"]) == [-0.5, -0.25, 0, 0.25, 0.5]


@pytest.mark.parametrize("kind", ["contour", "surface", "line"])
def test_every_kind_says_what_it_shows(kind):
    figure = ag.plot.landscape(nn.Linear(3, 2), half_square, DATA, kind=kind, steps=5)
    assert "Loss around the weights" in said(figure)
    assert "at the weights themselves (○)" in said(figure)
    assert "direction 1" in figure.axes[0].get_xlabel()


def test_batches_count_by_their_size(monkeypatch):
    seen = []
    monkeypatch.setattr(terrain, "drawn", lambda kind, line, heights, *rest: seen.append(heights))
    model, (x, y) = nn.Linear(3, 2), (ag.randn(6, 3), ag.randn(6, 2))
    for data in ((x, y), [(x[:4], y[:4]), (x[4:], y[4:])], [((x,), y)], ag.data.DataLoader([*zip(x, y)], batch_size=4)):
        ag.plot.landscape(model, half_square, data, kind="line", steps=3)
    assert all(np.allclose(seen[0], other) for other in seen[1:])


def test_dropout_in_a_loss_draws_the_same_at_each_point(monkeypatch):
    seen = []
    monkeypatch.setattr(terrain, "drawn", lambda kind, line, heights, *rest: seen.append(heights))

    def noisy(output, target):
        return ag.rand(()) + 0 * output.sum()

    ag.plot.landscape(nn.Linear(3, 2), noisy, DATA, steps=3)
    assert len(set(seen[0].ravel())) == 1


def test_a_loss_that_raises_leaves_the_model_as_it_was():
    model, calls = Net(), []
    model.drop.eval()
    state = {name: value.clone() for name, value in model.state_dict().items()}

    def fails(output, target):
        calls.append(1)
        if len(calls) == 4:
            raise RuntimeError("the fourth time")
        return F.cross_entropy(output, target)

    ag.manual_seed(1)
    with pytest.raises(RuntimeError, match="the fourth time"):
        ag.plot.landscape(model, fails, (ag.randn(2, 1, 6, 6), ag.tensor([0, 1])), steps=3)
    assert all(ag.equal(value, state[name]) for name, value in model.state_dict().items())
    assert [m.training for m in model.modules()] == [True, True, True, True, False, True]
    assert ag.is_grad_enabled()
    drawn = ag.rand(3)
    ag.manual_seed(1)
    ag.randn(2, 1, 6, 6)
    assert ag.equal(ag.rand(3), drawn)


def test_a_buffer_that_the_model_writes_is_a_copy():
    class Counts(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 2)
            self.register_buffer("calls", ag.zeros(()))

        def forward(self, x):
            self.calls += 1
            return self.fc(x)

    model = Counts()
    ag.plot.landscape(model, half_square, DATA, steps=3)
    assert model.calls.item() == 0


def test_frozen_weights_do_not_move():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))
    model[0].weight.requires_grad_(False)
    assert list(surface._direction(model, np.random.default_rng(0), False)) == ["1.weight"]


def test_losses_of_many_powers_of_ten_are_logarithmic_and_say_so():
    line = np.linspace(-1, 1, 5)
    bowl = 1e-3 + line[:, None] ** 2 + line**2
    assert "loss (logarithmic)" in said(terrain.drawn("contour", line, bowl, None, None))
    assert "loss, power of 10" in said(terrain.drawn("surface", line, bowl, None, None))
    assert terrain.drawn("line", line, bowl[2], None, None).axes[0].get_yscale() == "log"
    assert "logarithmic" not in said(terrain.drawn("contour", line, bowl + 1, None, None))


@pytest.mark.parametrize("kind", ["contour", "surface", "line"])
def test_points_without_a_finite_loss_are_blank_and_counted(kind):
    line = np.linspace(-1, 1, 5)
    heights = line**2 if kind == "line" else line[:, None] ** 2 + line**2
    heights[0] = np.nan
    heights[-1] = np.inf
    lost = heights.size - int(np.isfinite(heights).sum())
    assert f"{lost} of {heights.size} points NaN or infinite: left blank" in said(
        terrain.drawn(kind, line, heights, None, None)
    )
    assert "the loss is nowhere finite" in said(terrain.drawn(kind, line, heights * np.nan, None, None))


def test_a_flat_loss_is_drawn():
    line = np.linspace(-1, 1, 3)
    assert "○) 2" in said(terrain.drawn("contour", line, np.full((3, 3), 2.0), None, None))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"model": F.relu}, TypeError, "argument model: got function; wanted a module"),
        ({"loss": 3.0}, TypeError, "argument loss: got float; wanted a function of the output and the target"),
        ({"loss": lambda y, t: y}, ValueError, r"it returned a tensor of shape \(4, 2\); wanted one number"),
        ({"loss": lambda y, t: 1.0}, ValueError, "it returned float; wanted one number"),
        ({"data": ag.ones(3)}, TypeError, r"argument data: got Tensor; wanted \(inputs, target\)"),
        ({"data": 3}, TypeError, "argument data: got int"),
        ({"data": [ag.ones(3)]}, TypeError, "argument data: got Tensor in it"),
        ({"data": []}, ValueError, "argument data: it is empty"),
        ({"kind": "3d"}, ValueError, "argument kind: got '3d'; wanted 'contour', 'surface', 'line'"),
        ({"steps": 4}, ValueError, "argument steps: got 4; wanted an odd number from 3 on"),
        ({"extent": 0}, ValueError, "argument extent: got 0; wanted a number above 0"),
        ({"model": nn.BatchNorm1d(3)}, ValueError, "no trained parameter has two or more dimensions; vectors=True"),
    ],
)
def test_what_landscape_refuses(change, error, message):
    given = {"model": nn.Linear(3, 2), "loss": half_square, "data": DATA, "steps": 3} | change
    with pytest.raises(error, match=f"^landscape: .*{message}"):
        ag.plot.landscape(**given)


def test_a_surface_needs_axes_in_three_dimensions():
    axes = style.one_panel((3, 3))
    with pytest.raises(ValueError, match="argument ax: kind='surface' needs axes of a 3d projection"):
        ag.plot.landscape(nn.Linear(3, 2), half_square, DATA, steps=3, kind="surface", ax=axes)


# weights


@pytest.mark.parametrize(
    ("shape", "note", "pixels"),
    [
        ((5, 1, 3, 3), "a tile for each filter", (12, 5 * 14 - 2)),
        ((2, 4, 3, 3), "a line for each filter, a tile for each input channel", (26, 4 * 14 - 2)),
        ((3, 3, 4, 4), "a tile for each filter, in colours: grey is 0", (12, 3 * 14 - 2, 3)),
        ((5, 7, 1, 1), "filters of one pixel, as a matrix", (5, 7)),
        ((4, 2, 3), "a tile for each filter", (8, 4 * 14 - 2)),
        ((2, 2, 2, 3, 3), "a line for each filter, a tile for each input channel", (26, 4 * 14 - 2)),
        ((6, 9), "a matrix", (6, 9)),
        ((6,), "a vector", (1, 6)),
        ((), "a vector", (1, 1)),
        ((3, 1100), "a matrix, a pixel the mean of 3 inputs", (3, 367)),
    ],
)
def test_each_shape_has_its_picture(shape, note, pixels):
    picture = tiles.arranged(np.zeros(shape), None, 128)
    assert picture.note == note
    assert picture.pixels.shape == pixels


def test_a_pixel_of_a_large_matrix_is_a_mean():
    picture = tiles.arranged(np.arange(1025.0)[None], None, 128)
    assert (picture.pixels[0, 0], picture.pixels[0, 1], picture.pixels[0, -1]) == (1, 4, 1023.5)


def test_tiles_hold_the_values_with_gaps_between():
    filters = np.arange(8.0).reshape(2, 1, 2, 2)
    pixels = tiles.arranged(filters, None, 128).pixels
    assert pixels[0, 0] == 0 and pixels[11, 11] == 3 and pixels[0, 14] == 4
    assert np.isnan(pixels[:, 12:14]).all()


def test_what_is_cut_is_said():
    assert tiles.arranged(np.zeros((40, 1, 3, 3)), None, 10).note == "a tile for each filter, the first 10"
    note = tiles.arranged(np.zeros((64, 32, 3, 3)), None, 128).note
    assert note.endswith("\nthe first 8 of 64 filters and 16 of 32 channels")


def test_weights_of_a_model():
    figure = ag.plot.weights(Net())
    assert [axes.get_title(loc="left") for axes in figure.axes[::2]] == ["conv.weight", "head.weight"]
    assert "4 × 1 × 3 × 3: a tile for each filter" in said(figure)


def test_rows_of_a_matrix_as_images_and_vectors_by_name():
    figure = ag.plot.weights(Net(), ["head.weight", "head.bias"], image=(12, 12))
    assert "a tile for each row" in said(figure)
    assert "3: a vector" in said(figure)


def test_colours_go_evenly_to_both_sides_of_zero():
    model = nn.Linear(2, 2)
    model.weight.data = ag.tensor([[-1.0, 0.5], [0.25, float("nan")]])
    figure = ag.plot.weights(model)
    assert figure.axes[0].images[0].get_clim() == (-1, 1)
    assert figure.axes[0].images[0].get_array().mask.sum() == 1
    assert "25 % NaN or infinite" in said(figure)


@pytest.mark.parametrize("value", [0.0, float("nan")])
def test_constant_weights_are_drawn(value):
    model = nn.Linear(2, 2)
    model.weight.data = ag.full((2, 2), value)
    assert ("no finite value" in said(ag.plot.weights(model))) == (value != 0)


def test_colour_filters_and_half_precision_are_drawn():
    model = nn.Sequential(nn.Conv2d(3, 4, 5), nn.Linear(3, 3).bfloat16())
    assert "in colours: grey is 0" in said(ag.plot.weights(model))


def test_many_weights_are_capped():
    figure = ag.plot.weights(nn.Sequential(*[nn.Linear(2, 2) for _ in range(4)]), max_rows=2)
    assert len(figure.axes) == 4
    assert "the first 2 of 4 weights (max_rows)" in figure.get_supxlabel()


def test_what_weights_refuses():
    with pytest.raises(TypeError, match="weights: argument model: got Tensor; wanted a module"):
        ag.plot.weights(ag.ones(2, 2))
    with pytest.raises(ValueError, match="weights: argument model: no parameter has two or more dimensions"):
        ag.plot.weights(nn.BatchNorm1d(2))
    with pytest.raises(ValueError, match="no parameter is called 'w'; there are weight, bias"):
        ag.plot.weights(nn.Linear(2, 2), "w")
    with pytest.raises(ValueError, match="argument names: got none; wanted some of weight, bias"):
        ag.plot.weights(nn.Linear(2, 2), [])
    with pytest.raises(ValueError, match="image: 3 × 3 has 9 elements; the inputs of the matrices are: weight 2"):
        ag.plot.weights(nn.Linear(2, 2), image=(3, 3))
    with pytest.raises(ValueError, match="argument max_tiles: got 0; wanted at least 1"):
        ag.plot.weights(nn.Linear(2, 2), max_tiles=0)
