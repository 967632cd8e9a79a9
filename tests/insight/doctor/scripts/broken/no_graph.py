"""The loss is computed from a detached prediction."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)

x = ag.randn(64, 8)
y = x[:, :1] * 2
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = optim.Adam(model.parameters(), lr=1e-2)

for _ in range(1):
    optimizer.zero_grad()
    p = model(x).detach()  # fault
    loss = F.mse_loss(p, y)
    report = ag.doctor(model, loss, optimizer)
