"""The head is replaced after the optimiser is made."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)

x = ag.randn(64, 8)
y = x[:, :5].argmax(1)
model = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 3))
optimizer = optim.Adam(model.parameters(), lr=1e-3)
model[2] = nn.Linear(32, 5)

for _ in range(3):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)  # fault
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
