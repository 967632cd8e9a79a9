"""Hyper-parameter search with Optuna: unpromising trials are pruned, and the rest of the time goes to better ones.

A dense network on 10 000 images of Fashion-MNIST has seven hyper-parameters: optimiser, learning rate, width, depth,
dropout, weight decay, batch norm.  Optuna's tree-structured Parzen estimator proposes settings near those that were
good, and a trial whose accuracy on 10 000 validation images is below the median of the others after as many epochs is
pruned.  Random search, without pruning, gets as many epochs.  The guided search is to try more settings with them, as
it spends few epochs on learning rates that are out of question.

Source: Akiba et al., Optuna: a next-generation hyperparameter optimization framework, KDD 2019 (figure 11: with
pruning, more trials in the same time and a lower error); Bergstra et al., Algorithms for hyper-parameter optimization,
NeurIPS 2011; Bergstra and Bengio, Random search for hyper-parameter optimization, JMLR 2012.

    python examples/tuning.py
"""

from __future__ import annotations

import argparse
import math
from functools import partial
from itertools import accumulate
from typing import Any

from _common import COLOURS, begin, label, need, options, panels, save_figure, save_table
from _data import fashion

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.data import DataLoader, TensorDataset
from autograd_core.errors import AnomalyError
from autograd_core.insight.plot import style
from autograd_core.training import Callback, Loop, Schedule, accuracy

OPTIMISERS = ("SGD", "Adam")


def network(width: int, depth: int, dropout: float, batch_norm: bool) -> nn.Module:
    """Return ``depth`` hidden layers of ``width`` units."""
    layers: list[nn.Module] = [nn.Flatten()]
    for i in range(depth):
        layers += [nn.Linear(width if i else 28 * 28, width), *([nn.BatchNorm1d(width)] if batch_norm else [])]
        layers += [nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(width, 10))


class Pruning(Callback):
    """Tells Optuna each epoch's accuracy, and ends the trial where it says so."""

    def __init__(self, trial: Any) -> None:
        self.trial = trial

    def on_epoch_end(self, loop: Loop) -> None:
        """Report."""
        self.trial.report(loop.history.last("val_accuracy"), loop.epoch)
        if self.trial.should_prune():
            raise need("optuna", "optuna").TrialPruned


def trained(trial: Any, train: Any, validation: Any, test: Any, epochs: int, seed: int) -> float:
    """Return the validation accuracy that a trial's settings reach: what is to be maximised."""
    ag.manual_seed(seed)  # the same order, and the same first weights where they have one shape
    width, depth = trial.suggest_int("width", 32, 256, log=True), trial.suggest_int("depth", 1, 3)
    model = network(width, depth, trial.suggest_float("dropout", 0, 0.6), trial.suggest_categorical("norm", (0, 1)))
    rate = trial.suggest_float("lr", 1e-4, 1.0, log=True)
    decay = trial.suggest_float("decay", 1e-6, 1e-2, log=True)
    if trial.suggest_categorical("optimiser", OPTIMISERS) == "SGD":
        optimiser: optim.Optimizer = optim.SGD(model.parameters(), rate, momentum=0.9, weight_decay=decay)
    else:
        optimiser = optim.AdamW(model.parameters(), rate, weight_decay=decay)
    loop = Loop(model, F.cross_entropy, optimiser, metrics={"accuracy": accuracy}, callbacks=[Pruning(trial)])
    loop.callbacks.append(Schedule(optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)))
    history = loop.fit(DataLoader(train, 100, shuffle=True), epochs, [validation])
    trial.set_user_attr("test", loop.evaluate([test])["accuracy"])  # nothing is chosen by it
    return history.last("val_accuracy")


def search(objective: Any, name: str, trials: int, sampler: Any, pruner: Any) -> Any:
    """Return a study of so many trials; one whose loss becomes NaN has failed and counts as one."""
    make = need("optuna", "optuna").create_study
    study = make(study_name=name, direction="maximize", sampler=sampler, pruner=pruner)
    study.optimize(objective, n_trials=trials, catch=(AnomalyError,))
    return study


def spent(study: Any) -> int:
    """Return how many epochs all trials took."""
    return sum(len(trial.intermediate_values) for trial in study.trials)


def draw(guided: Any, random: Any) -> Any:
    """Return three panels: what happened in the trials, which learning rates they had, and what was reached when."""
    figure, (left, middle, right) = panels(1, 3, width=4.6, height=3.6)
    kinds = (("COMPLETE", "finished", COLOURS[0], ".-"), ("PRUNED", "pruned", style.GREY, "x-"))
    for state, name, colour, mark in kinds:
        seen = [trial.intermediate_values for trial in guided.trials if trial.state.name == state]
        epochs = [epoch for values in seen for epoch in (*values, math.nan)]  # NaN: a new line
        heights = [100 * value for values in seen for value in (*values.values(), math.nan)]
        left.plot(epochs, heights, mark, color=colour, linewidth=1, markersize=5, label=name)
    best = guided.best_trial.intermediate_values
    left.plot([*best], [100 * value for value in best.values()], ".-", color=COLOURS[1], label="best")
    label(left, "Trials", "epoch", "validation accuracy in %", f"{len(guided.trials)} settings proposed by Optuna")
    for name, colour, mark in zip(OPTIMISERS, COLOURS, "o^"):
        tried = [trial for trial in guided.trials + random.trials if trial.params["optimiser"] == name]
        dots = [(trial.params["lr"], 100 * max(trial.intermediate_values.values(), default=0.0)) for trial in tried]
        middle.plot(*zip(*dots), mark, color=colour, markersize=4, alpha=0.8, label=name)
    middle.set_xscale("log")
    label(middle, "Learning rate", "learning rate", "best accuracy in %", "each trial of both searches")
    for study, colour, dash in ((guided, COLOURS[1], "-"), (random, COLOURS[0], "--")):
        values = [100 * trial.value if trial.state.name == "COMPLETE" else 0.0 for trial in study.trials]
        epochs = [*accumulate(len(trial.intermediate_values) for trial in study.trials)]
        right.step(epochs, [*accumulate(values, max)], dash, where="post", color=colour, label=study.study_name)
    label(right, "Best so far", "epochs trained, all trials together", "validation accuracy in %", loc="lower right")
    for axes in (left, right):
        axes.set_ylim(100 * random.best_value - 20, 100 * max(guided.best_value, random.best_value) + 2)
    return figure


def row(study: Any) -> dict[str, object]:
    """Return a study in one line of the table."""
    best, states = study.best_trial, [trial.state.name for trial in study.trials]
    settings = [value if isinstance(value, str) else f"{name} {value:.3g}" for name, value in best.params.items()]
    return {
        "search": study.study_name, "trials": len(states), "pruned": states.count("PRUNED"),
        "diverged": states.count("FAIL"), "epochs": spent(study), "validation accuracy in %": 100 * best.value,
        "test accuracy in %": 100 * best.user_attrs["test"], "best settings": ", ".join(settings),
    }  # fmt: skip


def tune(chosen: argparse.Namespace) -> None:
    """Search both ways, draw, and write the table."""
    optuna = need("optuna", "optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    x, y, test_x, test_y = fashion(chosen)
    many, trials, epochs = (300, 8, 4) if chosen.quick else (10_000, 40, 8)
    validation = x[many : 2 * many], y[many : 2 * many]
    parts = {"train": TensorDataset(x[:many], y[:many]), "validation": validation, "test": (test_x, test_y)}
    objective = partial(trained, **parts, epochs=epochs, seed=chosen.seed)
    sampler = optuna.samplers.TPESampler(seed=chosen.seed, n_startup_trials=trials // 4)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=min(5, trials // 2), n_warmup_steps=1)
    guided = search(objective, "TPE with pruning", trials, sampler, pruner)
    by_chance = optuna.samplers.RandomSampler(seed=chosen.seed + 1)
    random = search(objective, "random search", spent(guided) // epochs, by_chance, optuna.pruners.NopPruner())
    save_figure(chosen, draw(guided, random))
    save_table(chosen, [row(guided), row(random)])


if __name__ == "__main__":
    tune(begin(options(__doc__), [("optuna", "optuna"), ("sklearn.metrics", "scikit-learn")]))
