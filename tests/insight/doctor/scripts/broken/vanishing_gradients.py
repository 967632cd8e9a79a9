"""Ten layers of sigmoids."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(16, 16) for _ in range(10))
        self.output = nn.Linear(16, 2)

    def forward(self, x):
        for layer in self.layers:
            x = ag.sigmoid(layer(x))  # fault
        return self.output(x)


x = ag.randn(64, 16)
y = (x[:, 0] > 0).long()
model = Deep()
optimizer = optim.Adam(model.parameters(), lr=1e-3)

for _ in range(3):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
