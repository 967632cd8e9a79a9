"""Each step follows its own gradient."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)

x = ag.randn(64, 8)
y = (x[:, 0] > 0).long()
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 2))
optimizer = optim.SGD(model.parameters(), lr=0.1)

for _ in range(3):
    loss = F.cross_entropy(model(x), y)
    report = ag.doctor(model, loss, optimizer)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
