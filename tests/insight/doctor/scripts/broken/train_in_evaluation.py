"""The evaluation runs with dropout."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.output = nn.Linear(8, 32), nn.Linear(32, 2)
        self.drop = nn.Dropout(0.5)  # fault

    def forward(self, x):
        return self.output(self.drop(F.relu(self.hidden(x))))


x = ag.randn(64, 8)
y = (x[:, 0] > 0).long()
model = Net()
optimizer = optim.Adam(model.parameters(), lr=1e-2)

for _ in range(3):
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()

with ag.no_grad():
    loss = F.cross_entropy(model(x), y)
report = ag.doctor(model, loss)
