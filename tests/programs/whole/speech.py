"""Speech in the style of Deep Speech 2: convolutions over frames, masked lengths, GRUs both ways, CTC."""

from collections import OrderedDict

import autograd_core as torch
import autograd_core.nn as nn
import autograd_core.nn.functional as F
import autograd_core.optim as optim
from tests.programs.alike import figures, integers, normal, redraw


class CNNLayerNorm(nn.Module):
    def __init__(self, n_feats):
        super(CNNLayerNorm, self).__init__()
        self.layer_norm = nn.LayerNorm(n_feats)

    def forward(self, x):
        x = x.transpose(2, 3).contiguous()
        return self.layer_norm(x).transpose(2, 3).contiguous()


class SequenceWise(nn.Module):
    """Collapses a sequence of length T and a batch of N into T * N, for a module that knows no time."""

    def __init__(self, module):
        super(SequenceWise, self).__init__()
        self.module = module

    def forward(self, x):
        t, n = x.size(0), x.size(1)
        return self.module(x.view(t * n, -1)).view(t, n, -1)


class BatchRNN(nn.Module):
    def __init__(self, input_size, hidden_size, batch_norm=True):
        super(BatchRNN, self).__init__()
        self.hidden_size = hidden_size
        self.batch_norm = SequenceWise(nn.BatchNorm1d(input_size)) if batch_norm else None
        self.rnn = nn.GRU(input_size=input_size, hidden_size=hidden_size, bidirectional=True, bias=True)

    def forward(self, x, output_lengths):
        if self.batch_norm is not None:
            x = self.batch_norm(x)
        x = nn.utils.rnn.pack_padded_sequence(x, output_lengths)
        x, _ = self.rnn(x)
        x, _ = nn.utils.rnn.pad_packed_sequence(x)
        return x.view(x.size(0), x.size(1), 2, -1).sum(2).view(x.size(0), x.size(1), -1)


class SpeechRecognitionModel(nn.Module):
    def __init__(self, n_class):
        super(SpeechRecognitionModel, self).__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 3, kernel_size=(5, 3), stride=(2, 1), padding=(2, 1)),
            nn.BatchNorm2d(3),
            nn.Hardtanh(0, 20, inplace=True),
        )
        self.cnn_norm = CNNLayerNorm(4)
        rnns = [("0", BatchRNN(12, 5, batch_norm=False)), ("1", BatchRNN(5, 5))]
        self.rnns = nn.Sequential(OrderedDict(rnns))
        fully_connected = nn.Sequential(nn.BatchNorm1d(5), nn.Linear(5, n_class, bias=False))
        self.fc = nn.Sequential(SequenceWise(fully_connected))

    def forward(self, x, lengths):
        x = self.cnn_norm(self.conv(x))
        sizes = x.size()
        x = x.view(sizes[0], sizes[1] * sizes[2], sizes[3])
        x = x.transpose(1, 2).transpose(0, 1).contiguous()
        for rnn in self.rnns:
            x = rnn(x, lengths)
        return self.fc(x)


def greedy(output, lengths, blank=0):
    decodes = []
    for args, n in zip(torch.argmax(output, dim=2).transpose(0, 1), lengths):
        merged = torch.unique_consecutive(args[:n])
        decodes.append(merged[merged != blank].tolist())
    return decodes


def main():
    model = redraw(SpeechRecognitionModel(6))
    spectrograms = torch.from_numpy(normal(1, 3, 1, 8, 14))
    labels, input_lengths = torch.from_numpy(integers(2, 5, 3, 4)) + 1, torch.tensor([14, 12, 9])
    label_lengths = torch.tensor([4, 3, 2])
    optimizer = optim.AdamW(model.parameters(), 5e-3, eps=1e-3)
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=5e-3, total_steps=6, anneal_strategy="linear")
    criterion = nn.CTCLoss(blank=0, zero_infinity=True)
    found = []
    for _ in range(5):
        optimizer.zero_grad()
        output = F.log_softmax(model(spectrograms, input_lengths), dim=2)
        loss = criterion(output, labels, input_lengths, label_lengths)
        loss.backward()
        optimizer.step()
        scheduler.step()
        found += [loss.item(), *scheduler.get_last_lr()]
    model.eval()
    with torch.no_grad():
        decoded = greedy(model(spectrograms, input_lengths), input_lengths.tolist())
    return [*found, *(float(v) for words in decoded for v in [len(words), *words]), *figures(model)]
