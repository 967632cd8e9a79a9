"""A Q-network with a replay memory, a target network moved softly, Huber's loss and clipped gradients."""

import copy
import random
from collections import deque, namedtuple

import autograd_core as torch
import autograd_core.nn as nn
import autograd_core.nn.functional as F
import autograd_core.optim as optim
from tests.programs.alike import figures, integers, normal, redraw

Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))


class ReplayMemory(object):
    def __init__(self, capacity):
        self.memory = deque([], maxlen=capacity)

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, batch_size):
        return random.Random(len(self.memory)).sample(self.memory, batch_size)

    def __len__(self):
        return len(self.memory)


class DQN(nn.Module):
    def __init__(self, n_observations, n_actions):
        super(DQN, self).__init__()
        self.layer1 = nn.Linear(n_observations, 16)
        self.layer2 = nn.Linear(16, 16)
        self.layer3 = nn.Linear(16, n_actions)

    def forward(self, x):
        x = F.relu(self.layer1(x))
        x = F.relu(self.layer2(x))
        return self.layer3(x)


def optimize_model(policy_net, target_net, optimizer, memory, batch_size=8):
    transitions = memory.sample(batch_size)
    batch = Transition(*zip(*transitions))
    non_final_mask = torch.tensor(tuple(map(lambda s: s is not None, batch.next_state)), dtype=torch.bool)
    non_final_next_states = torch.cat([s for s in batch.next_state if s is not None])
    state_batch, action_batch, reward_batch = (torch.cat(b) for b in (batch.state, batch.action, batch.reward))
    state_action_values = policy_net(state_batch).gather(1, action_batch)
    next_state_values = torch.zeros(batch_size)
    with torch.no_grad():
        next_state_values[non_final_mask] = target_net(non_final_next_states).max(1).values
    expected_state_action_values = (next_state_values * 0.9) + reward_batch
    criterion = nn.SmoothL1Loss()
    loss = criterion(state_action_values, expected_state_action_values.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy_net.parameters(), 0.05)
    optimizer.step()
    return loss.item()


def main():
    policy_net = redraw(DQN(4, 2))
    target_net = DQN(4, 2)
    target_net.load_state_dict(policy_net.state_dict())
    frozen = copy.deepcopy(policy_net).eval().requires_grad_(False)
    optimizer = optim.AdamW(policy_net.parameters(), lr=1e-2, amsgrad=True)
    memory, found, TAU = ReplayMemory(30), [], 0.1
    for t in range(20):
        state = torch.tensor(normal(t, 4), dtype=torch.float32).unsqueeze(0)
        with torch.no_grad():
            greedy = policy_net(state).max(1).indices.view(1, 1)
        action = greedy if t % 2 else torch.tensor([[int(integers(t, 2, 1)[0])]], dtype=torch.long)
        next_state = None if t % 5 == 4 else torch.tensor(normal(t + 1, 4)).unsqueeze(0)
        memory.push(state, action, next_state, torch.tensor([float(action) - 0.3]))
        if len(memory) < 10:
            continue
        found.append(optimize_model(policy_net, target_net, optimizer, memory))
        target_net_state_dict, policy_net_state_dict = target_net.state_dict(), policy_net.state_dict()
        for key in policy_net_state_dict:
            target_net_state_dict[key] = policy_net_state_dict[key] * TAU + target_net_state_dict[key] * (1 - TAU)
        target_net.load_state_dict(target_net_state_dict)
    assert all(p.grad is None and not p.requires_grad for p in frozen.parameters())
    return found + figures(policy_net) + figures(target_net) + figures(frozen)
