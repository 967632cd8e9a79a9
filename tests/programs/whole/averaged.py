"""Stochastic weight averaging and an exponential average of weights, with batch norm's statistics made anew."""

import autograd_core as torch
from autograd_core import nn
from autograd_core.optim.lr_scheduler import CosineAnnealingLR
from autograd_core.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn, update_bn
from tests.programs.alike import figures, integers, normal, redraw


def main():
    torch.manual_seed(0)
    x, y = torch.from_numpy(normal(1, 24, 5)), torch.from_numpy(integers(2, 3, 24))
    loader = list(zip(x.split(8), y.split(8)))
    net = nn.Sequential(nn.Linear(5, 8, bias=False), nn.BatchNorm1d(8), nn.Softplus(), nn.Linear(8, 3))
    model = redraw(net)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.5)
    loss_fn = nn.CrossEntropyLoss()
    swa_model = AveragedModel(model)
    ema_model = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
    old_model = AveragedModel(model, avg_fn=lambda averaged, now, num_averaged: 0.1 * averaged + 0.9 * now)
    scheduler = CosineAnnealingLR(optimizer, T_max=10)
    swa_start, swa_scheduler = 2, SWALR(optimizer, swa_lr=0.05, anneal_epochs=2)
    found = []
    for epoch in range(6):
        for input, target in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(input), target)
            loss.backward()
            optimizer.step()
            ema_model.update_parameters(model)
        if epoch > swa_start:
            swa_model.update_parameters(model)
            old_model.update_parameters(model)
            swa_scheduler.step()
        else:
            scheduler.step()
        found += [loss.item(), optimizer.param_groups[0]["lr"]]
    update_bn(loader, swa_model)
    for averaged in (swa_model, ema_model, old_model):
        averaged.eval()
        found += [averaged.n_averaged.item(), loss_fn(averaged(x), y).item(), *figures(averaged)]
    return found
