"""What all figures have in common: no window, no global state, a model and a random stream as they were."""

from __future__ import annotations

import base64
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="Matplotlib is not installed")

import autograd_core as ag
import nn.functional as F
from autograd_core.insight.plot import sampling, style
from tests.insight.plots import Net, said


@pytest.fixture
def model():
    return Net()


@pytest.fixture
def data():
    return ag.randn(8, 1, 6, 6), ag.randint(0, 3, (8,))


def figures(model, data):
    """Return a call of each of the five functions."""
    x, y = data
    return {
        "curves": lambda: ag.plot.curves({"loss": [3.0, 2.0, 1.0]}),
        "activations": lambda: ag.plot.activations(model, x),
        "gradient_flow": lambda: ag.plot.gradient_flow(model),
        "landscape": lambda: ag.plot.landscape(model, F.cross_entropy, (x, y), steps=3),
        "weights": lambda: ag.plot.weights(model),
    }


NAMES = ["curves", "activations", "gradient_flow", "landscape", "weights"]


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_is_returned_and_belongs_to_nobody(name, model, data):
    from matplotlib.figure import Figure

    figure = figures(model, data)[name]()
    assert isinstance(figure, Figure)
    assert type(figure.canvas).__name__ == "FigureCanvasAgg"
    assert figure.canvas.manager is None  # pyplot would have given it one


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_shows_it(name, model, data):
    bundle, sizes = figures(model, data)[name]()._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert sizes["image/png"]["width"] > 100


@pytest.mark.parametrize("name", NAMES)
def test_the_same_figure_twice_and_the_random_stream_stays(name, model, data):
    ag.manual_seed(5)
    figure = figures(model, data)[name]
    first, second = (figure()._repr_mimebundle_()[0]["image/png"] for _ in range(2))
    assert first == second
    drawn = ag.rand(3).tolist()
    ag.manual_seed(5)
    assert ag.rand(3).tolist() == drawn


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_the_model_stays_as_it_was(name, training, model, data):
    model.train(training)
    model.drop.eval()
    F.cross_entropy(model(data[0]), data[1]).backward()
    pending = F.cross_entropy(model(data[0]), data[1])  # its backward must still be possible
    before = {key: value.clone() for key, value in model.state_dict().items()}
    held = [*model.parameters(), *model.buffers()]
    grads = [p.grad.clone() for p in model.parameters()]
    versions = [t._version for t in held]
    figures(model, data)[name]()
    assert all(ag.equal(value, before[key]) for key, value in model.state_dict().items())
    assert all(a is b for a, b in zip(held, [*model.parameters(), *model.buffers()]))
    assert versions == [t._version for t in held]
    assert all(ag.equal(p.grad, g) for p, g in zip(model.parameters(), grads))
    assert [m.training for m in model.modules()] == [training] * 4 + [False, training]
    assert all(m._hooks is None or m._hooks.none_left() for m in model.modules())
    pending.backward()


@pytest.mark.parametrize("name", NAMES)
def test_without_matplotlib_the_error_says_what_to_install(name, model, data, monkeypatch):
    figure = figures(model, data)[name]
    for module in [m for m in sys.modules if m.split(".")[0] == "matplotlib" or m.endswith("plot.canvas")]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"plot: a figure needs Matplotlib, .* pip install matplotlib"):
        figure()


def test_pyplot_is_never_loaded():
    program = (
        "import sys, autograd_core as ag, nn\n"
        "assert 'autograd_core.insight' not in sys.modules\n"
        "ag.plot\n"
        "assert 'matplotlib' not in sys.modules\n"
        "model = nn.Linear(3, 2)\n"
        "for i in range(25):\n"
        "    figure = ag.plot.curves({'loss': [1.0, 2.0]})\n"
        "ag.plot.landscape(model, nn.functional.mse_loss, (ag.ones(2, 3), ag.ones(2, 2)), steps=3, kind='surface')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_look_does_not_depend_on_the_users_settings():
    import matplotlib

    with matplotlib.rc_context({"axes.facecolor": "black", "figure.facecolor": "black", "axes.spines.top": True}):
        (axes,) = ag.plot.curves({"loss": [1.0, 2.0]}).axes
    assert axes.get_facecolor() == (1, 1, 1, 1)
    assert not axes.spines["top"].get_visible()
    assert axes.figure.get_facecolor() == (1, 1, 1, 1)


def test_colours_are_those_of_the_drawings():
    from autograd_core.insight.graphs import dot_view

    assert (dot_view.INK, dot_view.LINE) == (style.INK, style.GREY)
    assert (dot_view.PARAMETER["color"], dot_view.PARAMETER["fillcolor"]) == (style.BLUE, style.PALE)
    assert dot_view.OUTPUT["color"] == style.AMBER


def test_axes_and_size_can_be_given():
    figure = style.figure((5, 4))
    axes = figure.subplots(1, 2)
    assert ag.plot.curves({"loss": [1.0, 2.0], "lr": [0.1, 0.2]}, ax=axes) is figure
    assert len(figure.axes) == 2
    assert tuple(ag.plot.curves({"loss": [1.0, 2.0]}, figsize=(7, 2)).get_size_inches()) == (7, 2)
    with pytest.raises(ValueError, match="argument ax: got 1 axes; wanted 2, one for each panel"):
        ag.plot.curves({"loss": [1.0], "lr": [1.0]}, ax=axes[0])
    with pytest.raises(ValueError, match="argument figsize: got it with ax"):
        ag.plot.curves({"loss": [1.0]}, ax=axes[0], figsize=(1, 1))


@pytest.mark.parametrize(
    ("part", "whole", "wanted"), [(0, 9, "0"), (9, 9, "all"), (1, 999, "<1 %"), (998, 999, ">99 %"), (48, 100, "48 %")]
)
def test_a_share_is_never_rounded_to_none_or_all(part, whole, wanted):
    assert sampling.percent(part, whole) == wanted


def test_few_keeps_the_first_and_the_last():
    assert sampling.few([*range(10)], 4) == [0, 3, 6, 9]
    assert sampling.few([*range(10)], 1) == [0]
    assert sampling.few([*range(3)], None) == [0, 1, 2]


@pytest.mark.parametrize("name", ["activations", "gradient_flow", "weights"])
def test_a_cap_below_one_is_refused(name, model):
    arguments = {"activations": (model, ag.ones(1, 1, 6, 6))}.get(name, (model,))
    with pytest.raises(ValueError, match=f"{name}: argument max_rows: got 0; wanted at least 1, or None for all"):
        getattr(ag.plot, name)(*arguments, max_rows=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_on_a_gpu(name, cuda):
    model = Net().to("cuda")
    data = ag.randn(4, 1, 6, 6).to("cuda"), ag.tensor([0, 1, 2, 0]).to("cuda")
    F.cross_entropy(model(data[0]), data[1]).backward()
    assert said(figures(model, data)[name]())


# what Machado et al., 2009, have for people who lack one kind of cone, in linear RGB
SIGHT = {
    "all cones": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no blue": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def seen(colour, sight):
    """Return a colour in CIELAB as such a person sees it."""
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.clip(SIGHT[sight] @ np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4), 0, 1)
    x, y, z = [[0.4339, 0.3762, 0.1899], [0.2126, 0.7152, 0.0722], [0.0177, 0.1095, 0.8728]] @ linear
    f = [np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHT)
def test_the_colours_of_lines_are_told_apart_by_everyone(sight):
    colours = [seen(colour, sight) for colour, _ in style.SERIES]
    assert min(np.linalg.norm(a - b) for i, a in enumerate(colours) for b in colours[:i]) > 25
