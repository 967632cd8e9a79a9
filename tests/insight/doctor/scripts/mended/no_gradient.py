"""All layers are used."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(8, 16)
        self.second = nn.Linear(16, 16)
        self.output = nn.Linear(16, 2)

    def forward(self, x):
        x = F.relu(self.first(x))
        x = F.relu(self.second(x))
        return self.output(x)


x = ag.randn(64, 8)
y = (x[:, 0] > 0).long()
model = Classifier()
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

for _ in range(3):
    loss = F.cross_entropy(model(x), y)
    report = ag.doctor(model, loss, optimizer)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
