"""A run that is stopped, saved, loaded into new objects and resumed, beside one that was never stopped."""

import copy
import os
import tempfile

import autograd_core as torch
import autograd_core.nn as nn
from tests.programs.alike import figures, integers, normal, redraw


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(2, 4, 3, padding="same", padding_mode="circular", bias=False), nn.BatchNorm1d(4), nn.ELU()
        )
        self.head = nn.Linear(4 * 6, 3)
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))
        self.register_buffer("scratch", torch.ones(2), persistent=False)

    def forward(self, x):
        self.calls += 1
        return self.head(self.features(x).flatten(1))


def build():
    model = redraw(Net())
    optimizer = torch.optim.NAdam(
        [{"params": model.features.parameters(), "lr": 2e-3}, {"params": model.head.parameters()}],
        lr=1e-2, momentum_decay=4e-3,
    )  # fmt: skip
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[3, 5], gamma=0.3)
    return model, optimizer, scheduler


def epoch(model, optimizer, scheduler, number):
    model.train()
    x, y = torch.from_numpy(normal(number, 6, 2, 6)), torch.from_numpy(integers(number, 3, 6))
    loss = nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    return loss.item()


def save_checkpoint(state, is_best, folder):
    path = os.path.join(folder, "checkpoint.pth.tar")
    torch.save(state, path)
    if is_best:
        torch.save(state["state_dict"], os.path.join(folder, "model_best.pt"))
    return path


def main():
    straight = build()
    wanted = [epoch(*straight, number) for number in range(7)]
    with tempfile.TemporaryDirectory() as folder:
        model, optimizer, scheduler = build()
        best_loss, losses = float("inf"), []
        for number in range(4):
            losses.append(epoch(model, optimizer, scheduler, number))
            is_best, best_loss = losses[-1] < best_loss, min(losses)
            path = save_checkpoint({
                "epoch": number + 1, "arch": "net", "state_dict": model.state_dict(), "best_loss": best_loss,
                "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(),
            }, is_best, folder)  # fmt: skip
        model, optimizer, scheduler = build()
        checkpoint = torch.load(path, map_location=torch.device("cpu"), weights_only=True)
        model.load_state_dict(checkpoint["state_dict"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        scheduler.load_state_dict(checkpoint["scheduler"])
        for number in range(checkpoint["epoch"], 7):
            losses.append(epoch(model, optimizer, scheduler, number))
        assert losses == wanted and figures(model) == figures(straight[0])
        best = Net()
        best.load_state_dict(torch.load(os.path.join(folder, "model_best.pt")))
    fine_tuned = copy.deepcopy(best)
    state = {k: v for k, v in best.state_dict().items() if not k.startswith("head.")}
    report = fine_tuned.load_state_dict(state, strict=False)
    assert report.missing_keys == ["head.weight", "head.bias"] and report.unexpected_keys == []
    for param in fine_tuned.parameters():
        param.requires_grad = False
    fine_tuned.head = redraw(nn.Linear(24, 2), 5)
    optimizer = torch.optim.SGD(filter(lambda p: p.requires_grad, fine_tuned.parameters()), lr=0.1)
    loss = fine_tuned(torch.from_numpy(normal(9, 4, 2, 6))).pow(2).mean()
    loss.backward()
    optimizer.step()
    assert fine_tuned.features[0].weight.grad is None
    return [*losses, *scheduler.get_last_lr(), loss.item(), *figures(best), *figures(fine_tuned)]
