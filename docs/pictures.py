"""Draw the pictures of the documentation: ``python docs/pictures.py`` writes docs/images/*.svg."""

from pathlib import Path

import autograd_core as ag
import nn
import nn.functional as F


class Perceptron(nn.Module):
    """Two linear layers with a tanh between."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(784, 100)
        self.output = nn.Linear(100, 10)

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        """Return the logits of a batch."""
        return self.output(ag.tanh(self.hidden(x)))


model = Perceptron()
loss = F.cross_entropy(model(ag.randn(64, 784)), ag.randint(0, 10, (64,)))
picture = ag.draw(loss, params=dict(model.named_parameters()), name="a two-layer perceptron", direction="LR")
root = Path(__file__).resolve().parent
svg = picture.pipe(format="svg", encoding="utf-8")
(root / "images" / "mlp.svg").write_text(svg.replace(f"{root.parent}/", ""))  # tooltips name files: not this machine's


class Rectifier(nn.Module):
    """The perceptron of docs/ten_minutes.md."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.output = nn.Linear(784, 100), nn.Linear(100, 10)

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        """Return the outputs of a batch."""
        return self.output(self.hidden(x).relu())


mlp = Rectifier()
program = ag.Program.trace(lambda x, target: ((mlp(x) - target) ** 2).mean(), name="loss", module=mlp)(
    ag.zeros(64, 784), ag.zeros(64, 10)
)
for name, shown in (("program", program), ("program_grad", program.grad().simplify())):
    (root / "images" / f"{name}.svg").write_text(shown.draw(direction="LR").pipe(format="svg", encoding="utf-8"))
