"""Digits read row by row: an LSTM, batch norm, Adadelta, a stepped rate, accuracy by ``argmax``."""

import autograd_core as torch
import autograd_core.nn as nn
import autograd_core.nn.functional as F
import autograd_core.optim as optim
from autograd_core.optim.lr_scheduler import StepLR
from tests.programs.alike import figures, integers, redraw, uniform


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.rnn = nn.LSTM(input_size=7, hidden_size=12, batch_first=True)
        self.batchnorm = nn.BatchNorm1d(12)
        self.dropout1 = nn.Dropout2d(0.0)
        self.dropout2 = nn.Dropout2d(0.5)
        self.fc1 = nn.Linear(12, 8)
        self.fc2 = nn.Linear(8, 10)

    def forward(self, input):
        input = input.reshape(-1, 7, 7)
        output, hidden = self.rnn(input)
        output = output[:, -1, :]
        output = self.batchnorm(output)
        output = self.dropout1(output[..., None, None]).flatten(1)
        output = F.relu(self.fc1(output))
        if not self.training:
            output = self.dropout2(output[..., None, None]).squeeze()
        return F.log_softmax(self.fc2(output), dim=1)


def train(model, device, loader, optimizer):
    model.train()
    losses = []
    for data, target in loader:
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test(model, device, loader):
    model.eval()
    test_loss, correct = 0, 0
    with torch.no_grad():
        for data, target in loader:
            output = model(data.to(device))
            test_loss += F.nll_loss(output, target, reduction="sum").item()
            pred = output.argmax(dim=1, keepdim=True)
            correct += pred.eq(target.view_as(pred)).sum().item()
    return [test_loss, correct]


def main():
    device = torch.device("cpu")
    x, y = torch.from_numpy(uniform(1, 30, 1, 7, 7)), torch.from_numpy(integers(2, 10, 30))
    loader = list(zip(x.split(10), y.split(10)))
    model = redraw(Net().to(device))
    optimizer = optim.Adadelta(model.parameters(), lr=0.5)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.7)
    found = []
    for _ in range(3):
        found += train(model, device, loader, optimizer) + test(model, device, loader)
        scheduler.step()
        found.append(optimizer.param_groups[0]["lr"])
    return found + figures(model)
