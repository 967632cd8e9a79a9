"""REINFORCE and actor-critic: log-probabilities gathered over an episode, returns normalised, one backward."""

from collections import namedtuple

import numpy as np

import autograd_core as torch
import autograd_core.nn as nn
import autograd_core.nn.functional as F
import autograd_core.optim as optim
from autograd_core.distributions import Categorical
from tests.programs.alike import figures, integers, normal, redraw

eps = np.finfo(np.float32).eps.item()
SavedAction = namedtuple("SavedAction", ["log_prob", "value"])


class Policy(nn.Module):
    def __init__(self):
        super(Policy, self).__init__()
        self.affine1 = nn.Linear(4, 16)
        self.dropout = nn.Dropout(p=0.0)
        self.action_head = nn.Linear(16, 2)
        self.value_head = nn.Linear(16, 1)
        self.saved_actions, self.rewards = [], []

    def forward(self, x):
        x = F.relu(self.dropout(self.affine1(x)))
        return F.softmax(self.action_head(x), dim=-1), self.value_head(x)


def select_action(model, state, chosen):
    state = torch.from_numpy(state).float()
    probs, state_value = model(state)
    m = Categorical(probs)
    action = torch.tensor(chosen)  # the programs have m.sample()
    model.saved_actions.append(SavedAction(m.log_prob(action), state_value))
    return action.item(), m.entropy().item()


def returns_of(model, gamma=0.9):
    R, returns = 0, []
    for r in model.rewards[::-1]:
        R = r + gamma * R
        returns.insert(0, R)
    returns = torch.tensor(returns)
    return (returns - returns.mean()) / (returns.std() + eps)


def finish_episode(model, optimizer, critic):
    policy_losses, value_losses = [], []
    for (log_prob, value), R in zip(model.saved_actions, returns_of(model)):
        advantage = R - value.item() if critic else R
        policy_losses.append(-log_prob * advantage)
        value_losses.append(F.smooth_l1_loss(value, torch.tensor([R])))
    optimizer.zero_grad()
    loss = torch.stack(policy_losses).sum()
    if critic:
        loss = loss + torch.stack(value_losses).sum()
    loss.backward()
    optimizer.step()
    del model.rewards[:]
    del model.saved_actions[:]
    return loss.item()


def main():
    found = []
    for critic in (False, True):
        model = redraw(Policy(), int(critic))
        optimizer = optim.Adam(model.parameters(), lr=3e-2)
        for i_episode in range(4):
            states, actions = normal(i_episode, 10, 4).astype(np.float64), integers(i_episode, 2, 10)
            for state, chosen in zip(states, actions):
                action, entropy = select_action(model, state, int(chosen))
                model.rewards.append(float(state[action]))
                found.append(entropy)
            found.append(finish_episode(model, optimizer, critic))
        found += figures(model)
    return found
