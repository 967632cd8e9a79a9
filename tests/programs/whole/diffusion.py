"""Denoising diffusion: its schedule in buffers, sinusoids of time, group norm, averaged weights, the steps back."""

import copy
import math

import autograd_core as torch
import autograd_core.nn as nn
import autograd_core.nn.functional as F
from tests.programs.alike import figures, integers, normal, redraw


class SinusoidalPosEmb(nn.Module):
    def __init__(self, dim, theta=10000):
        super().__init__()
        self.dim, self.theta = dim, theta

    def forward(self, x):
        half_dim = self.dim // 2
        emb = math.log(self.theta) / (half_dim - 1)
        emb = torch.exp(torch.arange(half_dim, device=x.device) * -emb)
        emb = x[:, None] * emb[None, :]
        return torch.cat((emb.sin(), emb.cos()), dim=-1)


class WeightStandardizedConv2d(nn.Conv2d):
    """https://arxiv.org/abs/1903.10520"""

    def forward(self, x):
        eps = 1e-5 if x.dtype == torch.float32 else 1e-3
        mean = self.weight.mean(dim=(1, 2, 3), keepdim=True)
        var = self.weight.var(dim=(1, 2, 3), unbiased=False, keepdim=True)
        normalized = (self.weight - mean) * (var + eps).rsqrt()
        return F.conv2d(x, normalized, self.bias, self.stride, self.padding, self.dilation, self.groups)


class ResnetBlock(nn.Module):
    def __init__(self, dim, dim_out, *, time_emb_dim, groups=2):
        super().__init__()
        self.mlp = nn.Sequential(nn.SiLU(), nn.Linear(time_emb_dim, dim_out * 2))
        self.proj = WeightStandardizedConv2d(dim, dim_out, 3, padding=1)
        self.norm, self.act = nn.GroupNorm(groups, dim_out), nn.SiLU()
        self.res_conv = nn.Conv2d(dim, dim_out, 1) if dim != dim_out else nn.Identity()

    def forward(self, x, time_emb):
        scale, shift = self.mlp(time_emb)[:, :, None, None].chunk(2, dim=1)
        h = self.norm(self.proj(x))
        return self.act(h * (scale + 1) + shift) + self.res_conv(x)


class Attention(nn.Module):
    def __init__(self, dim, heads=2, dim_head=4):
        super().__init__()
        self.scale, self.heads = dim_head**-0.5, heads
        self.norm = nn.GroupNorm(1, dim)
        self.to_qkv = nn.Conv2d(dim, dim_head * heads * 3, 1, bias=False)
        self.to_out = nn.Conv2d(dim_head * heads, dim, 1)

    def forward(self, x):
        b, c, h, w = x.shape
        qkv = self.to_qkv(self.norm(x)).chunk(3, dim=1)
        q, k, v = map(lambda t: t.reshape(b, self.heads, -1, h * w), qkv)
        sim = torch.einsum("b h d i, b h d j -> b h i j", q * self.scale, k)
        out = torch.einsum("b h i j, b h d j -> b h i d", sim.softmax(dim=-1), v)
        return self.to_out(out.permute(0, 1, 3, 2).reshape(b, -1, h, w)) + x


class Unet(nn.Module):
    def __init__(self, dim=4):
        super().__init__()
        self.time_mlp = nn.Sequential(SinusoidalPosEmb(dim), nn.Linear(dim, dim * 4), nn.GELU())
        self.init_conv = nn.Conv2d(1, dim, 7, padding=3)
        self.downs = nn.ModuleList([
            nn.ModuleList([ResnetBlock(dim, dim, time_emb_dim=dim * 4), nn.Conv2d(dim, dim * 2, 4, 2, 1)])
        ])  # fmt: skip
        self.mid, self.attend = ResnetBlock(dim * 2, dim * 2, time_emb_dim=dim * 4), Attention(dim * 2)
        self.up = nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(dim * 2, dim, 3, padding=1))
        self.final, self.out = ResnetBlock(dim * 2, dim, time_emb_dim=dim * 4), nn.Conv2d(dim, 1, 1)

    def forward(self, x, time):
        t, x = self.time_mlp(time), self.init_conv(x)
        h = []
        for block, downsample in self.downs:
            x = block(x, t)
            h.append(x)
            x = downsample(x)
        x = self.up(self.attend(self.mid(x, t)))
        return self.out(self.final(torch.cat((x, h.pop()), dim=1), t))


def extract(a, t, x_shape):
    b, *_ = t.shape
    return a.gather(-1, t).reshape(b, *((1,) * (len(x_shape) - 1)))


class GaussianDiffusion(nn.Module):
    def __init__(self, model, timesteps=6):
        super().__init__()
        self.model, self.num_timesteps = model, timesteps
        x = torch.linspace(0, timesteps, timesteps + 1, dtype=torch.float64)
        alphas_cumprod = torch.cos(((x / timesteps) + 0.008) / 1.008 * math.pi * 0.5) ** 2
        alphas_cumprod = alphas_cumprod / alphas_cumprod[0]
        betas = torch.clip(1 - (alphas_cumprod[1:] / alphas_cumprod[:-1]), 0, 0.999)
        alphas_cumprod = torch.cumprod(1.0 - betas, dim=0)
        alphas_cumprod_prev = F.pad(alphas_cumprod[:-1], (1, 0), value=1.0)

        def register(name, val):
            self.register_buffer(name, val.to(torch.float32))

        register("betas", betas)
        register("sqrt_alphas_cumprod", torch.sqrt(alphas_cumprod))
        register("sqrt_one_minus_alphas_cumprod", torch.sqrt(1.0 - alphas_cumprod))
        register("sqrt_recip_alphas", torch.sqrt(1.0 / (1.0 - betas)))
        register("posterior_variance", betas * (1.0 - alphas_cumprod_prev) / (1.0 - alphas_cumprod))

    @torch.inference_mode()
    def p_sample_loop(self, img, noises):
        for t in reversed(range(self.num_timesteps)):
            times = torch.full((img.shape[0],), t, device=img.device, dtype=torch.long)
            noise = extract(self.sqrt_one_minus_alphas_cumprod, times, img.shape)
            mean = img - extract(self.betas, times, img.shape) * self.model(img, times) / noise
            mean = mean * extract(self.sqrt_recip_alphas, times, img.shape)
            img = mean + (extract(self.posterior_variance, times, img.shape).sqrt() * noises[t] if t > 0 else 0)
        return img.clamp(-1, 1)

    def forward(self, x_start, t, noise):
        signal = extract(self.sqrt_alphas_cumprod, t, x_start.shape) * x_start
        x = signal + extract(self.sqrt_one_minus_alphas_cumprod, t, x_start.shape) * noise
        return F.mse_loss(self.model(x, t), noise)


def main():
    diffusion = GaussianDiffusion(redraw(Unet()))
    optimizer = torch.optim.Adam(diffusion.parameters(), lr=1e-3, betas=(0.9, 0.99), eps=1e-4)
    averaged, found = copy.deepcopy(diffusion).eval().requires_grad_(False), []
    for i in range(3):
        x, noise = (torch.from_numpy(normal(10 * i + k, 2, 1, 8, 8)) for k in range(2))
        loss = diffusion(x, torch.from_numpy(integers(i, 6, 2)), noise)
        loss.backward()
        nn.utils.clip_grad_norm_(diffusion.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        for old, new in zip(averaged.parameters(), diffusion.parameters()):
            old.data = old.data * 0.9 + 0.1 * new.data
        found.append(loss.item())
    sample = averaged.p_sample_loop(noise, torch.from_numpy(normal(99, 6, 2, 1, 8, 8)))
    return [*found, *sample[:, 0, ::3, ::3].flatten().tolist(), *figures(diffusion), *figures(averaged)]
