"""A recurrence with an orthogonal matrix."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter = nn.Linear(4, 16)
        self.again = nn.Linear(16, 16, bias=False)
        self.output = nn.Linear(16, 1)
        nn.init.orthogonal_(self.again.weight)

    def forward(self, x):
        h = self.enter(x[:, 0])
        for t in range(1, 20):
            h = self.again(h) + self.enter(x[:, t])
        return self.output(h)


x = ag.randn(32, 20, 4)
y = x[:, 0].sum(1, keepdim=True)
model = Recurrent()
optimizer = optim.Adam(model.parameters(), lr=1e-3)

for _ in range(3):
    optimizer.zero_grad()
    loss = F.smooth_l1_loss(model(x), y)
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
