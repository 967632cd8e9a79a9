"""``ag.plot.curves``: the forms of a history, pairs, gaps and axes."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="Matplotlib is not installed")

import autograd_core as ag
from autograd_core.insight.plot.histories import parted


def lines(figure):
    """Return what each line is called, with its points."""
    found = [line for axes in figure.axes for line in axes.lines if line.get_gid() != "lost"]
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in found}


LISTS = {"train_loss": [3.0, 2.0, 1.0], "val_loss": [3.5, None, 2.5]}
FORMS = {
    "lists": LISTS,
    "rows": [{"train_loss": 3.0, "val_loss": 3.5}, {"train_loss": 2.0}, {"train_loss": 1.0, "val_loss": 2.5}],
    "attribute": SimpleNamespace(history=LISTS, epoch=[0, 1, 2]),
    "attributes": SimpleNamespace(**LISTS, best=1.0),
    "tensors": {"train_loss": ag.tensor([3.0, 2.0, 1.0]), "val_loss": [ag.tensor(3.5), None, np.float64(2.5)]},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_history(form):
    figure = ag.plot.curves(FORMS[form])
    assert lines(figure) == {"train_loss": ([1, 2, 3], [3, 2, 1]), "val_loss": ([1, 3], [3.5, 2.5])}
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["loss"]
    assert figure.axes[0].get_xlabel() == "epoch"


def test_pairs_share_a_panel_and_others_have_their_own():
    history = {"loss": [1.0], "val_loss": [2.0], "acc/train": [0.1], "acc/test": [0.2], "lr": [0.1]}
    figure = ag.plot.curves(history)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["loss", "acc", "lr"]
    assert [len(axes.lines) for axes in figure.axes] == [2, 2, 1]
    colours = [{line.get_color() for line in axes.lines} for axes in figure.axes]
    assert [len(own) for own in colours] == [2, 2, 1]
    assert [axes.get_legend() is not None for axes in figure.axes] == [True, True, False]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("val_loss", ("loss", "val")),
        ("loss/Validation", ("loss", "validation")),
        ("test.top-5", ("top-5", "test")),
        ("loss", ("loss", "")),
        ("train", ("train", "")),
        ("values_lost", ("values_lost", "")),
    ],
)
def test_what_a_name_says(name, wanted):
    assert parted(name) == wanted


def test_a_column_of_steps_is_the_axis():
    figure = ag.plot.curves([{"step": 100, "loss": 1.0}, {"step": 250, "loss": 0.5}])
    assert lines(figure) == {"loss": ([100, 250], [1.0, 0.5])}
    assert figure.axes[0].get_xlabel() == "step"


def test_what_is_not_finite_breaks_the_line_and_is_marked():
    figure = ag.plot.curves({"loss": [1.0, math.nan, 0.5, math.inf]})
    (axes,) = figure.axes
    ((x, y),) = lines(figure).values()
    assert x == [1, 2, 3, 4]
    assert [math.isnan(value) for value in y] == [False, True, False, True]
    (marks,) = [line for line in axes.lines if line.get_gid() == "lost"]
    assert list(marks.get_xdata()) == [2, 4]
    assert "NaN or infinite" in axes.get_legend().get_texts()[0].get_text()


def test_a_run_that_is_under_way_is_one_behind():
    assert lines(ag.plot.curves({"train_loss": [2.0, 1.0], "val_loss": [3.0]}))["val_loss"] == ([1], [3.0])


def test_a_logarithmic_axis_is_chosen_and_said():
    scales = {}
    for values in ([1.0, 0.001], [1.0, 0.5], [1.0, 0.0], [1.0, -0.001]):
        (axes,) = ag.plot.curves({"loss": values}).axes
        scales[values[1]] = (axes.get_yscale(), axes.get_ylabel())
    assert scales.pop(0.001) == ("log", "logarithmic axis")
    assert set(scales.values()) == {("linear", "")}
    assert ag.plot.curves({"loss": [1.0, 0.001]}, log=False).axes[0].get_yscale() == "linear"
    assert ag.plot.curves({"loss": [1.0, 0.5]}, log=True).axes[0].get_yscale() == "log"


def test_names_choose():
    history = {"loss": [1.0], "val_loss": [2.0], "lr": [0.1]}
    assert list(lines(ag.plot.curves(history, names="lr"))) == ["lr"]
    assert list(lines(ag.plot.curves(history, names=["val_loss", "lr"]))) == ["val_loss", "lr"]


def test_a_name_with_a_leading_underscore_is_in_the_legend():
    figure = ag.plot.curves({"_loss": [1.0], "val__loss": [2.0]})
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["_loss", "val__loss"]


def test_all_values_missing_is_an_empty_panel():
    figure = ag.plot.curves({"loss": [1.0, 2.0], "acc": [None, None]})
    assert lines(figure)["acc"] == ([], [])


@pytest.mark.parametrize(
    ("history", "error", "message"),
    [
        ({}, ValueError, "curves: argument history: there is nothing in it; wanted a number for each epoch"),
        ([], ValueError, "curves: argument history: there is nothing in it"),
        ({"loss": []}, ValueError, "there is nothing in it"),
        ({"loss": 1.0}, TypeError, "got a dict with 'loss': float; wanted a dict of lists, a list of dicts, or an"),
        ([1.0, 2.0], TypeError, "got a list with float; wanted"),
        (3, TypeError, "got int; wanted"),
        (SimpleNamespace(best=1.0), TypeError, "got SimpleNamespace; wanted"),
        ({"loss": [1.0, "low"]}, ValueError, r"'loss' has 'low' at \[1\]; wanted a number, or None for a gap"),
        ({"loss": [[1.0]]}, ValueError, r"'loss' has list at \[0\]; wanted a number"),
        ({"loss": [ag.ones(2)]}, ValueError, r"'loss' has Tensor at \[0\]; wanted a number"),
        (
            {"loss": [1.0] * 9, "val_loss": [1.0] * 3},
            ValueError,
            "'val_loss' has 3 values and there are 9 epochs; wanted as many, with None where nothing was measured",
        ),
        ({"step": [1, 2], "loss": [1.0] * 5}, ValueError, "'loss' has 5 values and there are 2 steps"),
    ],
)
def test_what_is_no_history(history, error, message):
    with pytest.raises(error, match=message):
        ag.plot.curves(history)


def test_options_that_do_not_fit():
    with pytest.raises(ValueError, match="argument names: 'acc' is not in the history; it has loss, lr"):
        ag.plot.curves({"loss": [1.0], "lr": [1.0]}, names=["acc"])
    with pytest.raises(ValueError, match="argument names: got none; wanted some of loss"):
        ag.plot.curves({"loss": [1.0]}, names=[])
    with pytest.raises(ValueError, match="argument log: 'loss' has the value 0, which a logarithmic axis cannot show"):
        ag.plot.curves({"loss": [1.0, 0.0]}, log=True)
