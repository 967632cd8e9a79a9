"""Batch norm sees 16 images at a time."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)

images = ag.rand(48, 1, 8, 8)
labels = (images.mean((1, 2, 3)) > 0.5).long()
model = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)
)
optimizer = optim.SGD(model.parameters(), lr=0.05)
size = 16

for i in range(3):
    x, y = images[i * size : (i + 1) * size], labels[i * size : (i + 1) * size]
    optimizer.zero_grad()
    scores = model(x)
    loss = F.cross_entropy(scores, y)
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
