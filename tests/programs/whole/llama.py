"""A LLaMA: RMS norm, rotary positions in complex and in real numbers, grouped heads, a gated MLP, a cache, LoRA."""

import math
from dataclasses import dataclass
from typing import Optional, Tuple

import autograd_core as torch
import autograd_core.nn.functional as F
from autograd_core import nn
from tests.programs.alike import figures, integers, redraw


@dataclass
class ModelArgs:
    dim: int = 12
    n_layers: int = 2
    n_heads: int = 3
    n_kv_heads: Optional[int] = 1
    vocab_size: int = 11
    multiple_of: int = 4
    norm_eps: float = 1e-5
    max_seq_len: int = 8


class RMSNorm(torch.nn.Module):
    def __init__(self, dim: int, eps: float):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))

    def _norm(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)

    def forward(self, x):
        return self._norm(x.float()).type_as(x) * self.weight


def precompute_freqs_cis(dim: int, end: int, theta: float = 10000.0):
    freqs = 1.0 / (theta ** (torch.arange(0, dim, 2)[: (dim // 2)].float() / dim))
    t = torch.arange(end, device=freqs.device)
    freqs = torch.outer(t, freqs).float()
    return torch.polar(torch.ones_like(freqs), freqs)


def reshape_for_broadcast(freqs_cis: torch.Tensor, x: torch.Tensor):
    assert freqs_cis.shape == (x.shape[1], x.shape[-1])
    shape = [d if i == 1 or i == x.ndim - 1 else 1 for i, d in enumerate(x.shape)]
    return freqs_cis.view(shape)


def complex_rotary(xq: torch.Tensor, xk: torch.Tensor, freqs_cis: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    xq_ = torch.view_as_complex(xq.float().reshape(*xq.shape[:-1], -1, 2))
    xk_ = torch.view_as_complex(xk.float().reshape(*xk.shape[:-1], -1, 2))
    freqs_cis = reshape_for_broadcast(freqs_cis, xq_)
    return tuple(torch.view_as_real(x * freqs_cis).flatten(3).type_as(xq) for x in (xq_, xk_))


def real_rotary(xq, xk, freqs_cis):
    cos, sin = (reshape_for_broadcast(f, xq[..., ::2]) for f in (freqs_cis.real, freqs_cis.imag))
    out = []
    for x in (xq, xk):
        r, i = x.float().reshape(x.shape[:-1] + (-1, 2)).unbind(-1)
        out.append(torch.stack([r * cos - i * sin, r * sin + i * cos], dim=-1).flatten(3).type_as(x))
    return out


def repeat_kv(x: torch.Tensor, n_rep: int) -> torch.Tensor:
    bs, slen, n_kv_heads, head_dim = x.shape
    if n_rep == 1:
        return x
    return (
        x[:, :, :, None, :]
        .expand(bs, slen, n_kv_heads, n_rep, head_dim)
        .reshape(bs, slen, n_kv_heads * n_rep, head_dim)
    )


class Attention(nn.Module):
    def __init__(self, args, rotary):
        super().__init__()
        self.n_heads, self.n_kv_heads, self.rotary = args.n_heads, args.n_kv_heads or args.n_heads, rotary
        self.head_dim = args.dim // args.n_heads
        self.wq = nn.Linear(args.dim, args.n_heads * self.head_dim, bias=False)
        self.wk = nn.Linear(args.dim, self.n_kv_heads * self.head_dim, bias=False)
        self.wv = nn.Linear(args.dim, self.n_kv_heads * self.head_dim, bias=False)
        self.wo = nn.Linear(args.n_heads * self.head_dim, args.dim, bias=False)
        self.cache = None

    def forward(self, x, freqs_cis, mask, use_cache=False):
        bsz, seqlen, _ = x.shape
        xq = self.wq(x).view(bsz, seqlen, self.n_heads, self.head_dim)
        xk, xv = (w(x).view(bsz, seqlen, self.n_kv_heads, self.head_dim) for w in (self.wk, self.wv))
        xq, xk = self.rotary(xq, xk, freqs_cis)
        if use_cache:
            if self.cache is not None:
                xk, xv = torch.cat([self.cache[0], xk], 1), torch.cat([self.cache[1], xv], 1)
            self.cache = xk, xv
        xk, xv = (repeat_kv(t, self.n_heads // self.n_kv_heads) for t in (xk, xv))
        xq, xk, xv = (t.transpose(1, 2) for t in (xq, xk, xv))
        scores = torch.matmul(xq, xk.transpose(2, 3)) / math.sqrt(self.head_dim)
        if mask is not None:
            scores = scores + mask
        scores = F.softmax(scores.float(), dim=-1).type_as(xq)
        output = torch.matmul(scores, xv).transpose(1, 2).contiguous().view(bsz, seqlen, -1)
        return self.wo(output)


class FeedForward(nn.Module):
    def __init__(self, args):
        super().__init__()
        hidden_dim = int(2 * 4 * args.dim / 3)
        hidden_dim = args.multiple_of * ((hidden_dim + args.multiple_of - 1) // args.multiple_of)
        self.w1 = nn.Linear(args.dim, hidden_dim, bias=False)
        self.w2 = nn.Linear(hidden_dim, args.dim, bias=False)
        self.w3 = nn.Linear(args.dim, hidden_dim, bias=False)

    def forward(self, x):
        return self.w2(F.silu(self.w1(x)) * self.w3(x))


class TransformerBlock(nn.Module):
    def __init__(self, layer_id, args, rotary):
        super().__init__()
        self.layer_id = layer_id
        self.attention, self.feed_forward = Attention(args, rotary), FeedForward(args)
        self.attention_norm, self.ffn_norm = RMSNorm(args.dim, args.norm_eps), nn.RMSNorm(args.dim, eps=args.norm_eps)

    def forward(self, x, freqs_cis, mask, use_cache=False):
        h = x + self.attention.forward(self.attention_norm(x), freqs_cis, mask, use_cache)
        return h + self.feed_forward.forward(self.ffn_norm(h))


class Transformer(nn.Module):
    last_loss: Optional[torch.Tensor]

    def __init__(self, params: ModelArgs, rotary=complex_rotary):
        super().__init__()
        self.params = params
        self.tok_embeddings = nn.Embedding(params.vocab_size, params.dim)
        self.layers = torch.nn.ModuleList()
        for layer_id in range(params.n_layers):
            self.layers.append(TransformerBlock(layer_id, params, rotary))
        self.norm = RMSNorm(params.dim, eps=params.norm_eps)
        self.output = nn.Linear(params.dim, params.vocab_size, bias=False)
        self.tok_embeddings.weight = self.output.weight
        freqs_cis = precompute_freqs_cis(params.dim // params.n_heads, params.max_seq_len)
        self.register_buffer("freqs_cis", freqs_cis, persistent=False)
        self.last_loss = None

    def forward(self, tokens, targets=None, start=0, use_cache=False):
        seqlen = tokens.shape[1]
        h, freqs_cis = self.tok_embeddings(tokens), self.freqs_cis[start : start + seqlen]
        mask = None
        if seqlen > 1:
            mask = torch.full((1, 1, seqlen, seqlen), float("-inf"))
            mask = torch.triu(mask, diagonal=1)
        for layer in self.layers:
            h = layer(h, freqs_cis, mask, use_cache)
        logits = self.output(self.norm(h))
        if targets is not None:
            self.last_loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)
        return logits

    @torch.inference_mode()
    def generate(self, idx, max_new_tokens):
        """Greedy decoding: once with the keys and values kept, which must say what the whole forward says."""
        cached = self(idx, use_cache=True)[:, -1, :]
        for _ in range(max_new_tokens):
            assert torch.allclose(cached, self(idx)[:, -1, :], atol=1e-4)
            _, idx_next = torch.topk(cached, k=1, dim=-1)
            idx = torch.cat((idx, idx_next), dim=1)
            cached = self(idx_next, start=idx.size(1) - 1, use_cache=True)[:, -1, :]
        return idx


class LoRALinear(nn.Linear):
    def __init__(self, base: nn.Linear, r: int):
        super().__init__(base.in_features, base.out_features, bias=base.bias is not None)
        self.load_state_dict(base.state_dict())
        self.weight.requires_grad_(False)
        self.lora_A, self.lora_B = (
            nn.Parameter(torch.randn(r, base.in_features)),
            nn.Parameter(torch.zeros(base.out_features, r)),
        )

    def forward(self, x):
        return super().forward(x) + x @ self.lora_A.T @ self.lora_B.T


def main():
    found = []
    for rotary in (complex_rotary, real_rotary):
        model = redraw(Transformer(ModelArgs(), rotary))
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, betas=(0.9, 0.95))
        for i in range(4):
            tokens = torch.from_numpy(integers(i, 11, 2, 7))
            model(tokens[:, :-1], tokens[:, 1:].contiguous())
            optimizer.zero_grad(set_to_none=True)
            model.last_loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            found.append(model.last_loss.item())
        model.eval()
        found += [*model.generate(tokens[:1, :2], 4)[0].tolist(), *figures(model)]
    for parameter in model.parameters():
        parameter.requires_grad = False
    for name, child in list(model.named_modules()):
        if name.endswith(("wq", "wv")):
            parent = model.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], LoRALinear(child, 2))
    redraw(model, 8)
    trainable = [p for p in model.parameters() if p.requires_grad]
    model(tokens[:, :-1], tokens[:, 1:].contiguous())
    grads = torch.autograd.grad(model.last_loss, trainable)
    return [*found, len(trainable), *(g.abs().sum().item() for g in grads)]
