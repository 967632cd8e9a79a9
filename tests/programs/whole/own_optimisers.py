"""Optimisers and a schedule as people publish them: subclasses with state, ``required``, arguments in older order."""

import math

import autograd_core as torch
import autograd_core.nn as nn
from autograd_core.optim.lr_scheduler import LRScheduler, _LRScheduler
from autograd_core.optim.optimizer import Optimizer, required
from tests.programs.alike import figures, integers, normal, redraw


class RAdam(Optimizer):
    def __init__(self, params, lr=required, betas=(0.9, 0.999), eps=1e-8, weight_decay=0):
        if lr is not required and lr < 0.0:
            raise ValueError("Invalid learning rate: {}".format(lr))
        defaults = dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, buffer=[[None] * 3 for _ in range(10)])
        super(RAdam, self).__init__(params, defaults)

    def __setstate__(self, state):
        super(RAdam, self).__setstate__(state)

    def step(self, closure=None):
        loss = None
        if closure is not None:
            loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                grad = p.grad.data.float()
                if grad.is_sparse:
                    raise RuntimeError("RAdam does not support sparse gradients")
                p_data_fp32 = p.data.float()
                state = self.state[p]
                if len(state) == 0:
                    state["step"] = 0
                    state["exp_avg"] = torch.zeros_like(p_data_fp32)
                    state["exp_avg_sq"] = torch.zeros_like(p_data_fp32)
                exp_avg, exp_avg_sq = state["exp_avg"], state["exp_avg_sq"]
                beta1, beta2 = group["betas"]
                exp_avg_sq.mul_(beta2).addcmul_(1 - beta2, grad, grad)
                exp_avg.mul_(beta1).add_(1 - beta1, grad)
                state["step"] += 1
                beta2_t = beta2 ** state["step"]
                N_sma_max = 2 / (1 - beta2) - 1
                N_sma = N_sma_max - 2 * state["step"] * beta2_t / (1 - beta2_t)
                if group["weight_decay"] != 0:
                    p_data_fp32.add_(-group["weight_decay"] * group["lr"], p_data_fp32)
                step_size = group["lr"] / (1 - beta1 ** state["step"])
                if N_sma >= 5:
                    r = math.sqrt((1 - beta2_t) * (N_sma - 4) * (N_sma - 2) / N_sma)
                    denom = exp_avg_sq.sqrt().add_(group["eps"])
                    p_data_fp32.addcdiv_(-step_size * r, exp_avg, denom)
                else:
                    p_data_fp32.add_(-step_size, exp_avg)
                p.data.copy_(p_data_fp32)
        return loss


class Lookahead(Optimizer):
    """Wraps an optimiser, whose groups it shares."""

    def __init__(self, base_optimizer, alpha=0.5, k=2):
        defaults = dict(lookahead_alpha=alpha, lookahead_k=k, lookahead_step=0)
        super().__init__(base_optimizer.param_groups, defaults)
        self.base_optimizer = base_optimizer
        self.base_optimizer.param_groups = self.param_groups

    @torch.no_grad()
    def step(self, closure=None):
        loss = self.base_optimizer.step(closure)
        for group in self.param_groups:
            group["lookahead_step"] += 1
            if group["lookahead_step"] % group["lookahead_k"] == 0:
                for fast_p in group["params"]:
                    param_state = self.state[fast_p]
                    if "slow_buffer" not in param_state:
                        param_state["slow_buffer"] = torch.empty_like(fast_p)
                        param_state["slow_buffer"].copy_(fast_p)
                    slow = param_state["slow_buffer"]
                    slow.add_(fast_p - slow, alpha=group["lookahead_alpha"])
                    fast_p.copy_(slow)
        return loss


class SAM(torch.optim.Optimizer):
    """Sharpness-aware minimisation: two passes a step, the parameters moved between them."""

    def __init__(self, params, base_optimizer, rho=0.05, adaptive=False, **kwargs):
        assert rho >= 0.0, f"Invalid rho, should be non-negative: {rho}"
        super(SAM, self).__init__(params, dict(rho=rho, adaptive=adaptive, **kwargs))
        self.base_optimizer = base_optimizer(self.param_groups, **kwargs)
        self.param_groups = self.base_optimizer.param_groups
        self.defaults.update(self.base_optimizer.defaults)

    @torch.no_grad()
    def first_step(self, zero_grad=False):
        grad_norm = self._grad_norm()
        for group in self.param_groups:
            scale = group["rho"] / (grad_norm + 1e-12)
            for p in group["params"]:
                if p.grad is None:
                    continue
                self.state[p]["old_p"] = p.data.clone()
                e_w = (torch.pow(p, 2) if group["adaptive"] else 1.0) * p.grad * scale.to(p)
                p.add_(e_w)
        if zero_grad:
            self.zero_grad()

    @torch.no_grad()
    def second_step(self, zero_grad=False):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                p.data = self.state[p]["old_p"]
        self.base_optimizer.step()
        if zero_grad:
            self.zero_grad()

    def _grad_norm(self):
        return torch.norm(torch.stack([
            ((torch.abs(p) if group["adaptive"] else 1.0) * p.grad).norm(p=2)
            for group in self.param_groups for p in group["params"] if p.grad is not None
        ]), p=2)  # fmt: skip


class PolynomialWarmup(_LRScheduler):
    def __init__(self, optimizer, warmup_steps, total_steps, power=2.0, last_epoch=-1):
        self.warmup_steps, self.total_steps, self.power = warmup_steps, total_steps, power
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        step = self.last_epoch
        if step < self.warmup_steps:
            factor = (step + 1) / self.warmup_steps
        else:
            factor = (1 - (step - self.warmup_steps) / (self.total_steps - self.warmup_steps)) ** self.power
        return [factor * lr for lr in self.base_lrs]


def main():
    x, y = torch.from_numpy(normal(1, 16, 4)), torch.from_numpy(integers(2, 3, 16))
    criterion, found = nn.CrossEntropyLoss(), []
    net = [redraw(nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)), seed) for seed in range(3)]
    try:
        RAdam(net[0].parameters())
    except ValueError as error:
        assert "required optimization parameter lr" in str(error)
    radam = RAdam(net[0].parameters(), lr=0.01, weight_decay=0.01)
    scheduler = PolynomialWarmup(radam, 3, 12)
    assert isinstance(scheduler, LRScheduler)
    lookahead = Lookahead(torch.optim.SGD(net[1].parameters(), lr=0.1, momentum=0.9))
    sam = SAM(net[2].parameters(), torch.optim.SGD, rho=0.5, adaptive=True, lr=0.1, momentum=0.9)
    for i in range(8):
        for model, optimizer in zip(net, (radam, lookahead)):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        scheduler.step()
        criterion(net[2](x), y).backward()
        sam.first_step(zero_grad=True)
        criterion(net[2](x), y).backward()
        sam.second_step(zero_grad=True)
        found.append(radam.param_groups[0]["lr"])
        if i == 4:  # a copy goes on where the original stood
            twin = RAdam(net[0].parameters(), lr=1.0)
            twin.load_state_dict(radam.state_dict())
            scheduler.optimizer = radam = twin
    return found + sum((figures(model) for model in net), [])
