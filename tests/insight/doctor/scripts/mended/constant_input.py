"""The batch is drawn from all examples."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)

data = ag.randn(256, 8)
labels = (data[:, 0] > 0).long()
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 2))
optimizer = optim.Adam(model.parameters(), lr=1e-3)

for _ in range(3):
    chosen = ag.randint(0, 256, (64,))
    x, y = data[chosen], labels[chosen]
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
