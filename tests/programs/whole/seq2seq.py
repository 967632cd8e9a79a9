"""Translation with attention over packed sequences: teacher forcing, masked losses, a beam of one."""

import autograd_core as torch
import autograd_core.nn as nn
import autograd_core.nn.functional as F
from autograd_core import optim
from autograd_core.nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence, pad_sequence
from tests.programs.alike import figures, integers, normal, redraw

SOS_token, EOS_token = 0, 1


class EncoderRNN(nn.Module):
    def __init__(self, input_size, hidden_size):
        super(EncoderRNN, self).__init__()
        self.hidden_size = hidden_size
        self.embedding = nn.Embedding(input_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, num_layers=2, bidirectional=True)

    def forward(self, input_seq, input_lengths, hidden=None):
        packed = pack_padded_sequence(self.embedding(input_seq), input_lengths, enforce_sorted=False)
        outputs, hidden = self.gru(packed, hidden)
        outputs, lengths = pad_packed_sequence(outputs, total_length=input_seq.size(0))
        assert torch.equal(lengths, input_lengths)
        return outputs[:, :, : self.hidden_size] + outputs[:, :, self.hidden_size :], hidden


class Attn(nn.Module):
    def __init__(self, method, hidden_size):
        super(Attn, self).__init__()
        if method not in ["dot", "general", "concat"]:
            raise ValueError(method, "is not an appropriate attention method.")
        self.method = method
        if method == "general":
            self.attn = nn.Linear(hidden_size, hidden_size)
        elif method == "concat":
            self.attn = nn.Linear(hidden_size * 2, hidden_size)
            self.v = nn.Parameter(torch.FloatTensor(hidden_size).normal_())

    def forward(self, hidden, encoder_outputs, mask):
        if self.method == "dot":
            energies = torch.sum(hidden * encoder_outputs, dim=2)
        elif self.method == "general":
            energies = torch.sum(hidden * self.attn(encoder_outputs), dim=2)
        else:
            both = torch.cat((hidden.expand(encoder_outputs.size(0), -1, -1), encoder_outputs), 2)
            energies = torch.sum(self.v * self.attn(both).tanh(), dim=2)
        energies = energies.t().masked_fill(~mask, float("-inf"))
        return F.softmax(energies, dim=1).unsqueeze(1)


class LuongAttnDecoderRNN(nn.Module):
    def __init__(self, attn_model, hidden_size, output_size):
        super(LuongAttnDecoderRNN, self).__init__()
        self.embedding = nn.Embedding(output_size, hidden_size)
        self.embedding_dropout = nn.Dropout(0.0)
        self.gru = nn.GRU(hidden_size, hidden_size, 2, dropout=0.0)
        self.concat = nn.Linear(hidden_size * 2, hidden_size)
        self.out = nn.Linear(hidden_size, output_size)
        self.attn = Attn(attn_model, hidden_size)

    def forward(self, input_step, last_hidden, encoder_outputs, mask):
        embedded = self.embedding_dropout(self.embedding(input_step))
        rnn_output, hidden = self.gru(embedded, last_hidden)
        attn_weights = self.attn(rnn_output, encoder_outputs, mask)
        context = attn_weights.bmm(encoder_outputs.transpose(0, 1)).squeeze(1)
        concat_output = torch.tanh(self.concat(torch.cat((rnn_output.squeeze(0), context), 1)))
        return F.softmax(self.out(concat_output), dim=1), hidden


def maskNLLLoss(inp, target, mask):
    nTotal = mask.sum()
    crossEntropy = -torch.log(torch.gather(inp, 1, target.view(-1, 1)).squeeze(1))
    return crossEntropy.masked_select(mask).mean(), nTotal.item()


def translate(method):
    encoder, decoder = redraw(EncoderRNN(9, 5), 1), redraw(LuongAttnDecoderRNN(method, 5, 7), 2)
    encoder_optimizer = optim.Adam(encoder.parameters(), lr=0.01)
    decoder_optimizer = optim.Adam(decoder.parameters(), lr=0.05, eps=1e-3, amsgrad=True)
    lengths = torch.tensor([3, 5, 1, 4])
    source = pad_sequence([torch.from_numpy(integers(i, 9, int(n))) for i, n in enumerate(lengths)])
    target = torch.from_numpy(integers(9, 5, 4, 4)) + 2
    target_mask = torch.arange(4).unsqueeze(1) < torch.tensor([4, 2, 3, 1])
    source_mask = torch.arange(5).unsqueeze(0) < lengths.unsqueeze(1)
    found = []
    for _ in range(3):
        encoder_optimizer.zero_grad(), decoder_optimizer.zero_grad()
        encoder_outputs, encoder_hidden = encoder(source, lengths)
        decoder_input = torch.LongTensor([[SOS_token for _ in range(4)]])
        decoder_hidden, loss, losses = encoder_hidden[:2], 0, []
        for t in range(4):
            decoder_output, decoder_hidden = decoder(decoder_input, decoder_hidden, encoder_outputs, source_mask)
            if t % 2:
                _, topi = decoder_output.topk(1)
                decoder_input = torch.LongTensor([[topi[i][0] for i in range(4)]])
            else:
                decoder_input = target[t].view(1, -1)
            mask_loss, nTotal = maskNLLLoss(decoder_output, target[t], target_mask[t])
            loss += mask_loss
            losses.append(mask_loss.item() * nTotal)
        loss.backward()
        for model in (encoder, decoder):
            nn.utils.clip_grad_norm_(model.parameters(), 50.0)
        encoder_optimizer.step(), decoder_optimizer.step()
        found.append(sum(losses))
    return found + figures(encoder) + figures(decoder)


def packed_lstm():
    """What a packed sequence is: its fields, a map over its data, an LSTM with a projection."""
    sequences = [torch.from_numpy(normal(i, n, 3)) for i, n in enumerate((4, 3, 1))]
    packed = pack_sequence(sequences)
    lstm = redraw(nn.LSTM(3, 6, proj_size=2, batch_first=True), 3)
    out, (h, c) = lstm(packed._replace(data=packed.data * 2))
    padded, lengths = pad_packed_sequence(out, batch_first=True, padding_value=-1.0)
    (padded.sum() + h.pow(2).sum() + c.abs().sum()).backward()
    grads = [p.grad.abs().sum().item() for p in lstm.parameters()]
    return [*packed.batch_sizes.tolist(), *lengths.tolist(), *padded.detach().flatten().tolist(), *grads]


def main():
    return translate("dot") + translate("general") + translate("concat") + packed_lstm()
