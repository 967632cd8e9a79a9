"""Recurrent language models trained by truncated backpropagation through time, and SGD written out."""

import math

import autograd_core as torch
import autograd_core.nn as nn
import autograd_core.nn.functional as F
from tests.programs.alike import figures, integers, redraw


class RNNModel(nn.Module):
    def __init__(self, rnn_type, ntoken, ninp, nhid, nlayers, dropout=0.5, tie_weights=False):
        super(RNNModel, self).__init__()
        self.ntoken = ntoken
        self.drop = nn.Dropout(dropout)
        self.encoder = nn.Embedding(ntoken, ninp)
        if rnn_type in ["LSTM", "GRU"]:
            self.rnn = getattr(nn, rnn_type)(ninp, nhid, nlayers, dropout=dropout)
        else:
            nonlinearity = {"RNN_TANH": "tanh", "RNN_RELU": "relu"}[rnn_type]
            self.rnn = nn.RNN(ninp, nhid, nlayers, nonlinearity=nonlinearity, dropout=dropout)
        self.decoder = nn.Linear(nhid, ntoken)
        if tie_weights:
            self.decoder.weight = self.encoder.weight
        self.init_weights()
        self.rnn_type, self.nhid, self.nlayers = rnn_type, nhid, nlayers

    def init_weights(self):
        initrange = 0.1
        nn.init.uniform_(self.encoder.weight, -initrange, initrange)
        self.decoder.bias.data.zero_()
        self.decoder.weight.data.uniform_(-initrange, initrange)

    def forward(self, input, hidden):
        emb = self.drop(self.encoder(input))
        output, hidden = self.rnn(emb, hidden)
        decoded = self.decoder(self.drop(output))
        return F.log_softmax(decoded.view(-1, self.ntoken), dim=1), hidden

    def init_hidden(self, bsz):
        weight = next(self.parameters())
        if self.rnn_type == "LSTM":
            return tuple(weight.new_zeros(self.nlayers, bsz, self.nhid) for _ in range(2))
        return weight.new_zeros(self.nlayers, bsz, self.nhid)


def repackage_hidden(h):
    """Cut the states off the history that made them."""
    if isinstance(h, torch.Tensor):
        return h.detach()
    return tuple(repackage_hidden(v) for v in h)


def batchify(data, bsz):
    nbatch = data.size(0) // bsz
    return data.narrow(0, 0, nbatch * bsz).view(bsz, -1).t().contiguous()


def get_batch(source, i, bptt):
    seq_len = min(bptt, len(source) - 1 - i)
    return source[i : i + seq_len], source[i + 1 : i + 1 + seq_len].view(-1)


def run(kind, corpus, ntokens):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = RNNModel(kind, ntokens, 8, 8, 2, dropout=0.0, tie_weights=kind == "LSTM").to(device)
    redraw(model)
    criterion = nn.NLLLoss()
    train_data, val_data, lr, best, found = corpus[:100], corpus[100:], 0.5, None, []
    train_data, val_data = batchify(train_data, 4).to(device), batchify(val_data, 2).to(device)
    for epoch in range(2):
        model.train()
        hidden, total_loss = model.init_hidden(4), 0.0
        for i in range(0, train_data.size(0) - 1, 6):
            data, targets = get_batch(train_data, i, 6)
            model.zero_grad()
            hidden = repackage_hidden(hidden)
            output, hidden = model(data, hidden)
            loss = criterion(output, targets)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
            for p in model.parameters():
                p.data.add_(p.grad, alpha=-lr)
            total_loss += loss.item()
        model.eval()
        with torch.no_grad():
            data, targets = get_batch(val_data, 0, 10)
            val_loss = criterion(model(data, model.init_hidden(2))[0], targets).item()
        if best is None or val_loss < best:
            best = val_loss
        else:
            lr /= 4.0
        found += [total_loss, math.exp(val_loss), lr]
    return found + figures(model)


def main():
    corpus = torch.from_numpy(integers(1, 12, 130))
    found = [run(kind, corpus, 12) for kind in ("LSTM", "GRU", "RNN_TANH", "RNN_RELU")]
    return sum(found, [])
