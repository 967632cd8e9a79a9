"""Pixels go in as they come, from 0 to 255."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)

images = ag.randint(0, 256, (64, 1, 8, 8)).float()
labels = (images.mean((1, 2, 3)) > 127).long()
x, y = images, labels
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 2))
optimizer = optim.Adam(model.parameters(), lr=1e-4)

for _ in range(3):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)  # fault
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
