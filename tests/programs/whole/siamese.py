"""Pairs of images: one tower for both, its weights by Xavier's rule, a contrastive and a triplet loss beside BCE."""

import autograd_core as torch
import autograd_core.nn as nn
import autograd_core.optim as optim
from tests.programs.alike import figures, integers, normal, redraw


class SiameseNetwork(nn.Module):
    def __init__(self):
        super(SiameseNetwork, self).__init__()
        self.tower = nn.Sequential()
        self.tower.add_module("conv", nn.Conv2d(1, 4, kernel_size=3, stride=1, padding=1, bias=False))
        self.tower.add_module("norm", nn.GroupNorm(2, 4))
        self.tower.add_module("act", nn.PReLU(4))
        self.tower.add_module("pool", nn.AdaptiveMaxPool2d((2, 2)))
        self.fc_in_features = 16
        self.fc = nn.Sequential(
            nn.Linear(self.fc_in_features * 2, 16),
            nn.ReLU(inplace=True),
            nn.Linear(16, 1),
        )
        self.sigmoid = nn.Sigmoid()
        self.tower.apply(self.init_weights)
        self.fc.apply(self.init_weights)

    def init_weights(self, m):
        if isinstance(m, nn.Linear):
            torch.nn.init.xavier_uniform_(m.weight)
            m.bias.data.fill_(0.01)

    def forward_once(self, x):
        output = self.tower(x)
        return output.view(output.size()[0], -1)

    def forward(self, input1, input2):
        output1, output2 = self.forward_once(input1), self.forward_once(input2)
        output = torch.cat((output1, output2), 1)
        return self.sigmoid(self.fc(output)), output1, output2


def main():
    model = redraw(SiameseNetwork())
    optimizer = optim.Adadelta(model.parameters(), lr=1.0, weight_decay=1e-4)
    criterion, contrast = nn.BCELoss(), nn.CosineEmbeddingLoss(margin=0.2)
    triplet = nn.TripletMarginLoss(margin=1.0, p=2, swap=True)
    images = torch.from_numpy(normal(1, 18, 1, 6, 6))
    same = torch.from_numpy(integers(2, 2, 6)).float()
    found = []
    for _ in range(5):
        anchor, positive, negative = images.chunk(3)
        optimizer.zero_grad()
        output, a, p = model(anchor, positive)
        n = model.forward_once(negative)
        loss = criterion(output.squeeze(), same) + contrast(a, p, 2 * same - 1) + 0.1 * triplet(a, p, n)
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    pred = torch.where(output > 0.5, 1, 0)
    return [*found, pred.eq(same.view_as(pred)).sum().item(), *figures(model)]
