"""The model returns probabilities, and the loss applies softmax again."""

import autograd_core as ag
import nn
import nn.functional as F
import optim

ag.manual_seed(0)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.output = nn.Linear(8, 32), nn.Linear(32, 3)

    def forward(self, x):
        return F.softmax(self.output(F.relu(self.hidden(x))), dim=1)  # fault


x = ag.randn(64, 8)
y = x[:, :3].argmax(1)
model = Classifier()
optimizer = optim.Adam(model.parameters(), lr=1e-2)

for _ in range(3):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    report = ag.doctor(model, loss, optimizer)
    loss.backward()
    optimizer.step()
