"""Weights drawn with variance 1 drive tanh to its ends."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.output = nn.Linear(64, 64), nn.Linear(64, 2)
        nn.init.normal_(self.hidden.weight, std=1.0)

    def forward(self, x):
        return self.output(ag.tanh(self.hidden(x)))  # fault


x = ag.randn(64, 64)
y = (x[:, 0] > 0).long()
model = Net()
optimizer = optim.Adam(model.parameters(), lr=1e-3)

for _ in range(3):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
