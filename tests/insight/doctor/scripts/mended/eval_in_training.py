"""Each epoch begins with train()."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(8, 32)
        self.norm = nn.BatchNorm1d(32)
        self.output = nn.Linear(32, 2)

    def forward(self, x):
        return self.output(F.relu(self.norm(self.hidden(x))))


x = ag.randn(64, 8)
y = (x[:, 0] > 0).long()
model = Net()
optimizer = optim.Adam(model.parameters(), lr=1e-2)

for _ in range(3):
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
    model.eval()
    with ag.no_grad():
        accuracy = (model(x).argmax(1) == y).float().mean()
