"""nll_loss is given probabilities."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)

x = ag.randn(64, 8)
y = x[:, :3].argmax(1)
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = optim.Adam(model.parameters(), lr=1e-2)

for _ in range(3):
    optimizer.zero_grad()
    p = F.softmax(model(x), dim=1)
    loss = F.nll_loss(p, y)  # fault
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
