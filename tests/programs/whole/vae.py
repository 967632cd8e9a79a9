"""A variational autoencoder: the reparameterisation trick, and a loss summed from two parts."""

import autograd_core as torch
from autograd_core import nn, optim
from autograd_core.nn import functional as F
from tests.programs.alike import figures, normal, redraw, uniform


class VAE(nn.Module):
    def __init__(self):
        super(VAE, self).__init__()
        self.fc1 = nn.Linear(36, 16)
        self.fc21 = nn.Linear(16, 3)
        self.fc22 = nn.Linear(16, 3)
        self.fc3 = nn.Linear(3, 16)
        self.fc4 = nn.Linear(16, 36)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar, eps):
        std = torch.exp(0.5 * logvar)
        return mu + eps.expand_as(std) * std

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def forward(self, x, eps):
        mu, logvar = self.encode(x.view(-1, 36))
        return self.decode(self.reparameterize(mu, logvar, eps)), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x.view(-1, 36), reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD


def main():
    images = torch.from_numpy(uniform(1, 20, 1, 6, 6))
    train_loader = images.split(8)
    model = redraw(VAE())
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    found = []
    for epoch in range(3):
        model.train()
        train_loss = 0
        for batch_idx, data in enumerate(train_loader):
            eps = torch.from_numpy(normal(10 * epoch + batch_idx, len(data), 3))
            optimizer.zero_grad()
            recon_batch, mu, logvar = model(data, eps)
            loss = loss_function(recon_batch, data, mu, logvar)
            loss.backward()
            train_loss += loss.item()
            optimizer.step()
        found.append(train_loss / len(images))
    with torch.no_grad():
        sample = model.decode(torch.from_numpy(normal(99, 2, 3))).cpu()
    return [*found, *sample.view(2, 1, 6, 6).sum(dim=(2, 3)).flatten().tolist(), *figures(model)]
