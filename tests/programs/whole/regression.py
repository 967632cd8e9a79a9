"""PyTorch's smallest programs: a polynomial by ``nn.Sequential``, by RMSprop, by a module of four scalars, by hand."""

import math
from itertools import count

import autograd_core as torch
import autograd_core.nn.functional as F
from autograd_core.autograd import Variable
from tests.programs.alike import normal, redraw


def polynomial_by_layers(optimizer_name):
    x = torch.linspace(-math.pi, math.pi, 200)
    y = torch.sin(x)
    p = torch.tensor([1, 2, 3])
    xx = x.unsqueeze(-1).pow(p)
    model = redraw(torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0, 1)))
    loss_fn = torch.nn.MSELoss(reduction="sum")
    if optimizer_name is None:
        for t in range(30):
            loss = loss_fn(model(xx), y)
            model.zero_grad()
            loss.backward()
            with torch.no_grad():
                for param in model.parameters():
                    param -= 1e-6 * param.grad
    else:
        optimizer = getattr(torch.optim, optimizer_name)(model.parameters(), lr=1e-3)
        for t in range(30):
            loss = loss_fn(model(xx), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    linear_layer = model[0]
    return [
        t,
        loss.item(),
        linear_layer.bias.item(),
        *linear_layer.weight[:, 0].tolist(),
        *linear_layer.weight[0, 1:].tolist(),
    ]


class DynamicNet(torch.nn.Module):
    def __init__(self, draws):
        super().__init__()
        self.a, self.b, self.c, self.d, self.e = (torch.nn.Parameter(torch.tensor(float(v))) for v in draws)
        self.steps = 0

    def forward(self, x):
        self.steps += 1
        y = self.a + self.b * x + self.c * x**2 + self.d * x**3
        for exp in range(4, 4 + self.steps % 3):
            y = y + self.e * x**exp
        return y

    def string(self):
        return f"y = {self.a.item():.4f} + {self.b.item():.4f} x + {self.c.item():.4f} x^2"


def dynamic_net():
    x = torch.linspace(-math.pi, math.pi, 100)
    model = DynamicNet(normal(1, 5) * 0.1)
    criterion = torch.nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-8, momentum=0.9)
    for _ in range(30):
        loss = criterion(model(x), torch.sin(x))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [loss.item(), float(model.string().split()[2]), *(p.item() for p in model.parameters())]


def regression():
    """A linear layer against a target polynomial until the loss is small, by writing to ``param.data``."""
    W_target, b_target = torch.from_numpy(normal(2, 4, 1)) * 2, torch.from_numpy(normal(3, 1)) * 2

    def make_features(x):
        x = x.unsqueeze(1)
        return torch.cat([x**i for i in range(1, 5)], 1)

    fc = redraw(torch.nn.Linear(W_target.size(0), 1))
    losses = []
    for batch_idx in count(1):
        x = make_features(torch.from_numpy(normal(batch_idx, 32)))
        batch_x, batch_y = Variable(x), Variable(x.mm(W_target) + b_target[0])
        fc.zero_grad()
        output = F.smooth_l1_loss(fc(batch_x), batch_y)
        loss = output.item()
        output.backward()
        for param in fc.parameters():
            param.data.add_(-0.1 * param.grad)
        losses.append(loss)
        if loss < 0.3 or batch_idx == 40:
            break
    return [batch_idx, *losses, *fc.weight.view(-1).tolist(), fc.bias[0].item()]


def main():
    return polynomial_by_layers(None) + polynomial_by_layers("RMSprop") + dynamic_net() + regression()
