"""The hidden biases start at zero."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.output = nn.Linear(8, 32), nn.Linear(32, 2)
        nn.init.constant_(self.hidden.bias, 0.0)

    def forward(self, x):
        return self.output(F.relu(self.hidden(x)))


x = ag.randn(64, 8)
y = (x[:, 0] > 0).long()
model = Net()
optimizer = optim.SGD(model.parameters(), lr=0.1)

for _ in range(3):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
