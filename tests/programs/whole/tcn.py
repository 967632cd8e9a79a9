"""A temporal convolutional network: weight norm on causal convolutions, the padding chomped off, residual blocks."""

import autograd_core as torch
import autograd_core.nn as nn
import autograd_core.nn.functional as F
import autograd_core.optim as optim
from autograd_core.nn.utils import weight_norm
from tests.programs.alike import figures, normal, redraw


class Chomp1d(nn.Module):
    def __init__(self, chomp_size):
        super(Chomp1d, self).__init__()
        self.chomp_size = chomp_size

    def forward(self, x):
        return x[:, :, : -self.chomp_size].contiguous()


class TemporalBlock(nn.Module):
    def __init__(self, n_inputs, n_outputs, kernel_size, stride, dilation, padding, dropout=0.2):
        super(TemporalBlock, self).__init__()
        self.conv1 = weight_norm(
            nn.Conv1d(n_inputs, n_outputs, kernel_size, stride=stride, padding=padding, dilation=dilation)
        )
        self.chomp1, self.relu1, self.dropout1 = Chomp1d(padding), nn.ReLU(), nn.Dropout(dropout)
        self.conv2 = weight_norm(
            nn.Conv1d(n_outputs, n_outputs, kernel_size, stride=stride, padding=padding, dilation=dilation)
        )
        self.chomp2, self.relu2, self.dropout2 = Chomp1d(padding), nn.ReLU(), nn.Dropout(dropout)
        self.net = nn.Sequential(self.conv1, self.chomp1, self.relu1, self.dropout1,
                                 self.conv2, self.chomp2, self.relu2, self.dropout2)  # fmt: skip
        self.downsample = nn.Conv1d(n_inputs, n_outputs, 1) if n_inputs != n_outputs else None
        self.relu = nn.ReLU()
        self.init_weights()

    def init_weights(self):
        self.conv1.weight.data.normal_(0, 0.01)
        self.conv2.weight.data.normal_(0, 0.01)
        if self.downsample is not None:
            self.downsample.weight.data.normal_(0, 0.01)

    def forward(self, x):
        out = self.net(x)
        res = x if self.downsample is None else self.downsample(x)
        return self.relu(out + res)


class TCN(nn.Module):
    def __init__(self, input_size, output_size, num_channels, kernel_size=2, dropout=0.0):
        super(TCN, self).__init__()
        layers = []
        for i, out_channels in enumerate(num_channels):
            dilation, in_channels = 2**i, input_size if i == 0 else num_channels[i - 1]
            layers += [TemporalBlock(in_channels, out_channels, kernel_size, stride=1, dilation=dilation,
                                     padding=(kernel_size - 1) * dilation, dropout=dropout)]  # fmt: skip
        self.network = nn.Sequential(*layers)
        self.linear = nn.Linear(num_channels[-1], output_size)

    def forward(self, inputs):
        return self.linear(self.network(inputs)[:, :, -1])


def main():
    model = redraw(TCN(2, 1, [4, 4, 5], kernel_size=3))
    optimizer = optim.Adam(model.parameters(), lr=4e-3)
    x = torch.from_numpy(normal(1, 8, 2, 20))
    y = (x[:, 0, :3] * x[:, 1, :3]).sum(1, keepdim=True)
    found = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.15)
        optimizer.step()
        found.append(loss.item())
    names = [name for name, _ in model.network[0].conv1.named_parameters()]
    assert names == ["bias", "weight_g", "weight_v"]
    removed = torch.nn.utils.remove_weight_norm(model.network[0].conv1)
    return [*found, removed.weight.abs().sum().item(), *figures(model)]
