"""News by ``nn.EmbeddingBag`` and offsets; sentences by convolutions; reviews by a bidirectional LSTM."""

import autograd_core as torch
import autograd_core.nn.functional as F
from autograd_core import nn
from tests.programs.alike import figures, integers, redraw


class TextClassificationModel(nn.Module):
    def __init__(self, vocab_size, embed_dim, num_class, mode):
        super(TextClassificationModel, self).__init__()
        self.embedding = nn.EmbeddingBag(vocab_size, embed_dim, sparse=False, mode=mode)
        self.fc = nn.Linear(embed_dim, num_class)
        self.init_weights()

    def init_weights(self):
        initrange = 0.5
        self.embedding.weight.data.uniform_(-initrange, initrange)
        self.fc.weight.data.uniform_(-initrange, initrange)
        self.fc.bias.data.zero_()

    def forward(self, text, offsets):
        return self.fc(self.embedding(text, offsets))


def collate_batch(batch, device):
    label_list, text_list, offsets = [], [], [0]
    for label, text in batch:
        label_list.append(label)
        processed_text = torch.tensor(text, dtype=torch.int64)
        text_list.append(processed_text)
        offsets.append(processed_text.size(0))
    label_list = torch.tensor(label_list, dtype=torch.int64)
    offsets = torch.tensor(offsets[:-1]).cumsum(dim=0)
    return label_list.to(device), torch.cat(text_list).to(device), offsets.to(device)


def news(mode):
    lengths, labels = integers(1, 6, 12) + 1, integers(2, 4, 12)
    dataset = [(int(y), integers(i, 15, n).tolist()) for i, (n, y) in enumerate(zip(lengths, labels))]
    model = redraw(TextClassificationModel(15, 6, 4, mode))
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=2.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1.0, gamma=0.1)
    found, total_accu = [], None
    for _ in range(3):
        model.train()
        correct = 0
        for i in range(0, 12, 4):
            label, text, offsets = collate_batch(dataset[i : i + 4], "cpu")
            optimizer.zero_grad()
            predicted_label = model(text, offsets)
            loss = criterion(predicted_label, label)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            optimizer.step()
            correct += (predicted_label.argmax(1) == label).sum().item()
            found.append(loss.item())
        if total_accu is not None and total_accu > correct:
            scheduler.step()
        else:
            total_accu = correct
        found.append(correct)
    return found + figures(model)


class TextCNN(nn.Module):
    def __init__(self, vocab_size, embedding_size, filter_sizes, num_filters, num_classes):
        super(TextCNN, self).__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size, padding_idx=0, max_norm=1.0)
        self.convs = nn.ModuleList([nn.Conv2d(1, num_filters, (k, embedding_size)) for k in filter_sizes])
        self.fc = nn.Linear(len(filter_sizes) * num_filters, num_classes)

    def forward(self, x):
        x = self.embedding(x).unsqueeze(1)
        x = [F.relu(conv(x)).squeeze(3) for conv in self.convs]
        x = [F.max_pool1d(i, i.size(2)).squeeze(2) for i in x]
        return self.fc(torch.cat(x, 1))


class BiLSTM_Attention(nn.Module):
    def __init__(self):
        super(BiLSTM_Attention, self).__init__()
        self.embedding = nn.Embedding(15, 5)
        self.lstm = nn.LSTM(5, 4, bidirectional=True)
        self.out = nn.Linear(4 * 2, 3)

    def attention_net(self, lstm_output, final_state):
        hidden = final_state.view(-1, 4 * 2, 1)
        attn_weights = torch.bmm(lstm_output, hidden).squeeze(2)
        soft_attn_weights = F.softmax(attn_weights, 1)
        context = torch.bmm(lstm_output.transpose(1, 2), soft_attn_weights.unsqueeze(2)).squeeze(2)
        return context, soft_attn_weights.data.numpy()

    def forward(self, X):
        input = self.embedding(X).permute(1, 0, 2)
        hidden_state, cell_state = torch.zeros(1 * 2, len(X), 4), torch.zeros(1 * 2, len(X), 4)
        output, (final_hidden_state, _) = self.lstm(input, (hidden_state, cell_state))
        attn_output, _ = self.attention_net(output.permute(1, 0, 2), final_hidden_state)
        return self.out(attn_output)


def main():
    found = news("mean") + news("sum") + news("max")
    x, y = torch.LongTensor(integers(5, 15, 4, 6)), torch.LongTensor(integers(6, 3, 4))
    for model in (redraw(TextCNN(15, 5, (2, 3), 3, 3), 1), redraw(BiLSTM_Attention(), 2)):
        optimizer = torch.optim.Adamax(model.parameters(), lr=0.01)
        for _ in range(4):
            loss = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 0.5]))(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        found += model(x).data.max(1, keepdim=True)[1].squeeze().tolist() + figures(model)
    return found
