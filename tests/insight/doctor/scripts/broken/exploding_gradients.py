"""A network of sines whose weights are far too large."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)


class Sines(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(16, 16) for _ in range(8))
        self.output = nn.Linear(16, 1)
        for layer in self.layers:
            nn.init.normal_(layer.weight, std=5.0)

    def forward(self, x):
        for layer in self.layers:
            x = ag.sin(layer(x))  # fault
        return self.output(x)


x = ag.randn(64, 16)
y = x[:, :1] + x[:, 1:2]
model = Sines()
optimizer = optim.Adam(model.parameters(), lr=1e-3)

for _ in range(3):
    optimizer.zero_grad()
    loss = F.mse_loss(model(x), y)
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
