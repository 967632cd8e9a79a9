"""Training: a loop that can be read, its history, callbacks, checkpoints, metrics, and predictions of many models."""

from autograd_core.training.callbacks import Callback, EarlyStopping, Schedule
from autograd_core.training.checkpointing import Checkpoint
from autograd_core.training.ensembling import Ensemble, bagging, bootstrap
from autograd_core.training.history import History
from autograd_core.training.loop import Loop
from autograd_core.training.metrics import accuracy, confusion_matrix, precision, recall, top_k_error
from autograd_core.training.uncertainty import mc_dropout, mc_samples, mutual_information, predictive_entropy

__all__ = [
    "Callback", "Checkpoint", "EarlyStopping", "Ensemble", "History", "Loop", "Schedule", "accuracy", "bagging",
    "bootstrap", "confusion_matrix", "mc_dropout", "mc_samples", "mutual_information", "precision",
    "predictive_entropy", "recall", "top_k_error",
]  # fmt: skip
