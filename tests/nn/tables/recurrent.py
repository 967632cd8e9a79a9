"""Recurrent layers and cells."""

from __future__ import annotations

from tests.nn.tables import layer

LAYERS = {
    "rnncell": layer(lambda nn: nn.RNNCell(3, 2), (4, 3), (4, 2)),
    "rnncell-relu": layer(lambda nn: nn.RNNCell(3, 2, False, "relu"), (4, 3)),
    "rnncell-1d": layer(lambda nn: nn.RNNCell(3, 2), (3,), (2,)),
    "lstmcell": layer(lambda nn: nn.LSTMCell(3, 2), (4, 3)),
    "lstmcell-1d": layer(lambda nn: nn.LSTMCell(3, 2, bias=False), (3,)),
    "grucell": layer(lambda nn: nn.GRUCell(3, 2), (4, 3), (4, 2)),
    "grucell-1d": layer(lambda nn: nn.GRUCell(3, 2, bias=False), (3,)),
    "rnn": layer(lambda nn: nn.RNN(3, 2), (4, 2, 3), (1, 2, 2)),
    "rnn-relu": layer(lambda nn: nn.RNN(3, 2, 2, "relu", False, True), (2, 4, 3)),
    "rnn-unbatched": layer(lambda nn: nn.RNN(3, 2, bidirectional=True), (4, 3), (2, 2)),
    "lstm": layer(lambda nn: nn.LSTM(3, 2), (4, 2, 3)),
    "lstm-deep": layer(lambda nn: nn.LSTM(3, 2, num_layers=2, bidirectional=True, batch_first=True), (2, 3, 3)),
    "lstm-projected": layer(lambda nn: nn.LSTM(3, 4, 2, bidirectional=True, proj_size=2), (3, 2, 3)),
    "lstm-projected-plain": layer(lambda nn: nn.LSTM(3, 4, bias=False, proj_size=1), (3, 2, 3)),
    "lstm-unbatched": layer(lambda nn: nn.LSTM(3, 2, batch_first=True), (4, 3)),
    "lstm-dropout": layer(lambda nn: nn.LSTM(3, 2, 2, dropout=0.4), (4, 2, 3), random=True),
    "gru": layer(lambda nn: nn.GRU(3, 2), (4, 2, 3), (1, 2, 2)),
    "gru-deep": layer(lambda nn: nn.GRU(3, 2, 2, bias=False, batch_first=True, bidirectional=True), (2, 3, 3)),
    "gru-unbatched": layer(lambda nn: nn.GRU(3, 2), (1, 3)),
}
