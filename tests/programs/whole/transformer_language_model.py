"""A language model on ``nn.TransformerEncoder``: positions in a buffer, a triangular mask, a stepped rate."""

import math

import autograd_core as torch
from autograd_core import nn
from autograd_core.nn import TransformerEncoder, TransformerEncoderLayer
from tests.programs.alike import figures, integers, redraw


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, dropout=0.1, max_len=50):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(max_len, 1, d_model)
        pe[:, 0, 0::2] = torch.sin(position * div_term)
        pe[:, 0, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return self.dropout(x + self.pe[: x.size(0)])


class TransformerModel(nn.Module):
    def __init__(self, ntoken, d_model, nhead, d_hid, nlayers, dropout=0.5):
        super().__init__()
        self.model_type = "Transformer"
        self.pos_encoder = PositionalEncoding(d_model, dropout)
        encoder_layers = TransformerEncoderLayer(d_model, nhead, d_hid, dropout)
        self.transformer_encoder = TransformerEncoder(encoder_layers, nlayers)
        self.embedding = nn.Embedding(ntoken, d_model)
        self.d_model = d_model
        self.linear = nn.Linear(d_model, ntoken)
        self.init_weights()

    def init_weights(self):
        self.embedding.weight.data.uniform_(-0.1, 0.1)
        self.linear.bias.data.zero_()
        self.linear.weight.data.uniform_(-0.1, 0.1)

    def forward(self, src, src_mask=None):
        src = self.pos_encoder(self.embedding(src) * math.sqrt(self.d_model))
        if src_mask is None:
            src_mask = nn.Transformer.generate_square_subsequent_mask(len(src)).to(src.device)
        return self.linear(self.transformer_encoder(src, src_mask))


class Seq2SeqTransformer(nn.Transformer):
    """The examples' other form: a subclass of ``nn.Transformer`` that adds its own ends."""

    def __init__(self, ntoken, d_model):
        super().__init__(d_model, 2, 1, 1, dim_feedforward=16, dropout=0.0, activation="gelu", batch_first=True)
        self.embed = nn.Embedding(ntoken, d_model, padding_idx=0)
        self.out = nn.Linear(d_model, ntoken, bias=False)

    def forward(self, src, tgt):
        mask = self.generate_square_subsequent_mask(tgt.size(1))
        padding = src == 0
        out = super().forward(
            self.embed(src), self.embed(tgt), tgt_mask=mask, tgt_is_causal=True,
            src_key_padding_mask=padding, memory_key_padding_mask=padding,
        )  # fmt: skip
        return self.out(out)


def language_model(text):
    model = redraw(TransformerModel(11, 8, 2, 16, 2, dropout=0.0))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1.0, gamma=0.95)
    model.train()
    found = []
    for _ in range(3):
        for i in range(0, text.size(0) - 1, 7):
            data, targets = text[i : i + 7], text[i + 1 : i + 8].reshape(-1)
            output = model(data[: len(targets) // text.size(1)])
            loss = criterion(output.view(-1, 11), targets)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            found.append(loss.item())
        found.append(scheduler.get_last_lr()[0])
        scheduler.step()
    model.eval()  # inference takes PyTorch's fused path
    with torch.no_grad():
        found.append(criterion(model(text[:7]).view(-1, 11), text[1:8].reshape(-1)).item())
    return found + figures(model)


def translation():
    model = redraw(Seq2SeqTransformer(9, 8), 3)
    src, tgt = torch.from_numpy(integers(4, 8, 3, 5)) + 1, torch.from_numpy(integers(5, 8, 3, 6)) + 1
    src[0, 3:] = 0
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    loss_fn = nn.CrossEntropyLoss(ignore_index=0, label_smoothing=0.1)
    losses = []
    for _ in range(5):
        logits = model(src, tgt[:, :-1])
        loss = loss_fn(logits.reshape(-1, logits.shape[-1]), tgt[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses + figures(model)


def main():
    text = torch.from_numpy(integers(2, 11, 3 * 22)).view(3, -1).t().contiguous()
    return language_model(text) + translation()
