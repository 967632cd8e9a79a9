"""A log at 0."""

import autograd_core as ag
import nn
import optim

ag.manual_seed(0)

x = ag.randn(64, 8)
y = (x[:, 0] > 0).float()
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1), nn.ReLU())
optimizer = optim.Adam(model.parameters(), lr=1e-3)

for _ in range(3):
    optimizer.zero_grad()
    p = model(x).squeeze(1)
    loss = -(y * ag.log(p)).mean()  # fault
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
