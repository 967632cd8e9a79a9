"""The loss applies the sigmoid a second time."""

import autograd_core as ag
import nn
import optim

ag.manual_seed(0)

x = ag.randn(64, 8)
y = (x.sum(1, keepdim=True) > 0).float()
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = optim.Adam(model.parameters(), lr=1e-2)
criterion = nn.BCEWithLogitsLoss()

for _ in range(3):
    optimizer.zero_grad()
    p = ag.sigmoid(model(x))  # fault
    loss = criterion(p, y)
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
