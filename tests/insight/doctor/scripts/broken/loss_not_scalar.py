"""The loss has one number per example."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)

x = ag.randn(64, 8)
y = (x[:, 0] > 0).long()
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 2))
optimizer = optim.Adam(model.parameters(), lr=1e-3)

for _ in range(1):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y, reduction="none")  # fault
    report = ag.doctor(model, loss, optimizer)
