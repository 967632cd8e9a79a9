"""Sub-pixel convolution: orthogonal weights with a gain, ``PixelShuffle``, the score in decibels."""

from math import log10

import autograd_core as torch
import autograd_core.nn as nn
import autograd_core.nn.init as init
import autograd_core.optim as optim
from tests.programs.alike import figures, redraw, uniform


class Net(nn.Module):
    def __init__(self, upscale_factor):
        super(Net, self).__init__()
        self.relu = nn.ReLU()
        self.conv1 = nn.Conv2d(1, 8, (5, 5), (1, 1), (2, 2))
        self.conv2 = nn.Conv2d(8, 6, (3, 3), (1, 1), (1, 1))
        self.conv3 = nn.Conv2d(6, upscale_factor**2, (3, 3), (1, 1), (1, 1))
        self.pixel_shuffle = nn.PixelShuffle(upscale_factor)
        self._initialize_weights()

    def forward(self, x):
        x = self.relu(self.conv1(x))
        x = self.relu(self.conv2(x))
        return self.pixel_shuffle(self.conv3(x))

    def _initialize_weights(self):
        init.orthogonal_(self.conv1.weight, init.calculate_gain("relu"))
        init.orthogonal_(self.conv2.weight, init.calculate_gain("relu"))
        init.orthogonal_(self.conv3.weight)


def images(seed, count):
    """Return pairs of a coarse image, the means of 2 x 2 pixels, and the fine one."""
    for target in torch.from_numpy(uniform(seed, count, 2, 1, 8, 8)):
        yield nn.AvgPool2d(2)(target), target


def main():
    model = Net(upscale_factor=2)
    weight = model.conv2.weight.detach().flatten(1)
    gain = (weight @ weight.t()).diagonal()  # orthogonal rows, whichever were drawn
    redraw(model)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    criterion = nn.MSELoss()
    training_data_loader = list(images(1, 3))
    testing_data_loader = list(images(2, 2))
    found = gain.tolist()
    for _ in range(2):
        epoch_loss = 0
        for batch in training_data_loader:
            input, target = batch[0], batch[1]
            optimizer.zero_grad()
            loss = criterion(model(input), target)
            epoch_loss += loss.item()
            loss.backward()
            optimizer.step()
        found.append(epoch_loss / len(training_data_loader))
        with torch.no_grad():
            mses = [criterion(model(input), target).item() for input, target in testing_data_loader]
        found.append(sum(10 * log10(1 / mse) for mse in mses) / len(testing_data_loader))
    return found + figures(model)
