"""Predictions and targets are both (64,)."""

import autograd_core as ag
import nn
import optim

ag.manual_seed(0)

x = ag.randn(64, 8)
y = x[:, 0] * 2 + x[:, 1]
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = optim.Adam(model.parameters(), lr=1e-2)

for _ in range(3):
    optimizer.zero_grad()
    error = model(x).squeeze(1) - y
    loss = (error**2).mean()
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
