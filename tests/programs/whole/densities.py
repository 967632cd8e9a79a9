"""A masked autoregressive flow, a squashed Gaussian policy with soft updates, layers trained forward-forward."""

import autograd_core as torch
import autograd_core.nn as nn
import autograd_core.nn.functional as F
from autograd_core.distributions import Normal
from autograd_core.optim import Adam
from tests.programs.alike import figures, integers, normal, redraw


class MaskedLinear(nn.Linear):
    def __init__(self, in_features, out_features, mask, bias=True):
        super().__init__(in_features, out_features, bias)
        self.register_buffer("mask", torch.ones(out_features, in_features))
        self.mask.data.copy_(mask.t())

    def forward(self, input):
        return F.linear(input, self.mask * self.weight, self.bias)


class MADE(nn.Module):
    def __init__(self, num_inputs, num_hidden):
        super(MADE, self).__init__()
        m = [
            torch.arange(num_inputs),
            torch.arange(num_hidden) % (num_inputs - 1),
            torch.arange(num_inputs) % num_inputs - 1,
        ]
        masks = [(b.unsqueeze(0) >= a.unsqueeze(-1)).float() for a, b in zip(m, m[1:])]
        self.joiner = MaskedLinear(num_inputs, num_hidden, masks[0])
        self.trunk = nn.Sequential(nn.ReLU(), MaskedLinear(num_hidden, num_inputs * 2, masks[1].repeat(1, 2)))

    def forward(self, inputs, mode="direct"):
        if mode == "direct":
            m, a = self.trunk(self.joiner(inputs)).chunk(2, 1)
            return (inputs - m) * torch.exp(-a), -a.sum(-1, keepdim=True)
        x = torch.zeros_like(inputs)
        for i_col in range(inputs.shape[1]):
            m, a = self.trunk(self.joiner(x)).chunk(2, 1)
            x[:, i_col] = inputs[:, i_col] * torch.exp(a[:, i_col]) + m[:, i_col]
        return x, -a.sum(-1, keepdim=True)


class Reverse(nn.Module):
    def __init__(self, num_inputs):
        super(Reverse, self).__init__()
        self.perm = torch.arange(num_inputs).flip(0)
        self.inv_perm = torch.argsort(self.perm)

    def forward(self, inputs, mode="direct"):
        perm = self.perm if mode == "direct" else self.inv_perm
        return inputs[:, perm], torch.zeros(inputs.size(0), 1, device=inputs.device)


class FlowSequential(nn.Sequential):
    """A sequential container for flows, which run either way."""

    def forward(self, inputs, mode="direct", logdets=None):
        if logdets is None:
            logdets = torch.zeros(inputs.size(0), 1, device=inputs.device)
        for module in self._modules.values() if mode == "direct" else reversed(self._modules.values()):
            inputs, logdet = module(inputs, mode)
            logdets += logdet
        return inputs, logdets

    def log_probs(self, inputs):
        u, log_jacob = self(inputs)
        log_probs = Normal(torch.zeros_like(u), torch.ones_like(u)).log_prob(u).sum(-1, keepdim=True)
        return (log_probs + log_jacob).sum(-1, keepdim=True)


def flow():
    model = redraw(FlowSequential(MADE(4, 8), Reverse(4), MADE(4, 8), Reverse(4)))
    optimizer = Adam(model.parameters(), lr=1e-2, weight_decay=1e-6)
    found = []
    for i in range(4):
        loss = -model.log_probs(torch.from_numpy(normal(i, 10, 4))).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    with torch.no_grad():
        x = torch.from_numpy(normal(9, 3, 4))
        assert torch.allclose(model(model(x)[0], mode="inverse")[0], x, atol=1e-4)
    return found + figures(model)


def weights_init_(m):
    if isinstance(m, nn.Linear):
        torch.nn.init.xavier_uniform_(m.weight, gain=1)
        torch.nn.init.constant_(m.bias, 0)


class GaussianPolicy(nn.Module):
    def __init__(self, num_inputs, num_actions, hidden_dim):
        super(GaussianPolicy, self).__init__()
        self.linear1 = nn.Linear(num_inputs, hidden_dim)
        self.mean_linear, self.log_std_linear = nn.Linear(hidden_dim, num_actions), nn.Linear(hidden_dim, num_actions)
        self.action_scale, self.action_bias = torch.tensor(2.0), torch.FloatTensor([0.5])
        self.apply(weights_init_)

    def sample(self, state, eps):
        x = F.relu(self.linear1(state))
        mean, log_std = self.mean_linear(x), torch.clamp(self.log_std_linear(x), min=-20, max=2)
        dist = Normal(mean, log_std.exp())
        x_t = mean + dist.stddev * eps  # the programs have dist.rsample()
        y_t = torch.tanh(x_t)
        log_prob = dist.log_prob(x_t) - torch.log(self.action_scale * (1 - y_t.pow(2)) + 1e-6)
        return y_t * self.action_scale + self.action_bias, log_prob.sum(1, keepdim=True), mean


def soft_update(target, source, tau):
    for target_param, param in zip(target.parameters(), source.parameters()):
        target_param.data.copy_(target_param.data * (1.0 - tau) + param.data * tau)


def actor_critic():
    policy, critic, target = redraw(GaussianPolicy(3, 2, 8), 1), nn.Bilinear(3, 2, 1), nn.Bilinear(3, 2, 1)
    redraw(critic, 2), soft_update(target, critic, 1.0)
    log_alpha = torch.zeros(1, requires_grad=True)
    optims = [Adam(m.parameters(), lr=3e-3, eps=1e-5) for m in (policy, critic)] + [Adam([log_alpha], lr=3e-3)]
    found = []
    for i in range(4):
        state, eps, reward = (torch.from_numpy(normal(10 * i + k, 6, n)) for k, n in enumerate((3, 2, 1)))
        with torch.no_grad():
            action, log_pi, _ = policy.sample(state, eps)
            value = reward + 0.9 * (target(state, action) - log_alpha.exp() * log_pi)
        critic_loss = F.huber_loss(critic(state, action), value, delta=0.5)
        action, log_pi, _ = policy.sample(state, eps)
        policy_loss = (log_alpha.exp().detach() * log_pi - critic(state, action)).mean()
        alpha_loss = -(log_alpha * (log_pi - 2.0).detach()).mean()
        for optimizer, loss in zip(optims, (policy_loss, critic_loss, alpha_loss)):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        soft_update(target, critic, 0.1)
    return found + figures(policy) + figures(critic) + figures(target)


class Layer(nn.Linear):
    def __init__(self, in_features, out_features):
        super().__init__(in_features, out_features)
        self.relu = torch.nn.ReLU()
        self.opt = Adam(self.parameters(), lr=0.03)
        self.threshold = 1.0

    def forward(self, x):
        x_direction = x / (x.norm(2, 1, keepdim=True) + 1e-4)
        return self.relu(torch.mm(x_direction, self.weight.T) + self.bias.unsqueeze(0))

    def train_step(self, x_pos, x_neg):
        g_pos, g_neg = self.forward(x_pos).pow(2).mean(1), self.forward(x_neg).pow(2).mean(1)
        loss = torch.log(1 + torch.exp(torch.cat([-g_pos + self.threshold, g_neg - self.threshold]))).mean()
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return self.forward(x_pos).detach(), self.forward(x_neg).detach(), loss.item()


def overlay_y_on_x(x, y):
    x_ = x.clone()
    x_[:, :3] *= 0.0
    x_[range(x.shape[0]), y] = x.max()
    return x_


def forward_forward():
    layers = redraw(nn.ModuleList([Layer(8, 10), Layer(10, 6)]), 3)
    x, y = torch.from_numpy(normal(1, 12, 8)), torch.from_numpy(integers(2, 3, 12))
    found = []
    for _ in range(4):
        h_pos, h_neg = overlay_y_on_x(x, y), overlay_y_on_x(x, y[torch.arange(11, -1, -1)])
        for layer in layers:
            h_pos, h_neg, loss = layer.train_step(h_pos, h_neg)
            found.append(loss)
    goodness_per_label = []
    for label in range(3):
        h, goodness = overlay_y_on_x(x, label), []
        for layer in layers:
            h = layer(h)
            goodness += [h.pow(2).mean(1)]
        goodness_per_label += [sum(goodness).unsqueeze(1)]
    predicted = torch.cat(goodness_per_label, 1).argmax(1)
    return [*found, predicted.eq(y).float().mean().item(), *figures(layers)]


def main():
    return flow() + actor_critic() + forward_forward()
