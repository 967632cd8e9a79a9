"""Padding."""

from tests.nn.tables import layer

SHAPES = ((2, 3, 5), (2, 3, 4, 5), (1, 2, 4, 3, 5))
WIDTHS = ((1, 2), (1, 2, 0, 2), (2, 1, 0, 2, 1, 1))  # by the number of dimensions

LAYERS = {
    f"{kind}pad{n}d-{how}": layer(
        lambda nn, kind=kind, n=n, width=width: getattr(nn, f"{kind}Pad{n}d")(width), SHAPES[n - 1][dropped:]
    )
    for kind in ("Zero", "Reflection", "Replication", "Circular")
    for n in (1, 2, 3)
    for how, width, dropped in (("alike", 1, 0), ("apart", WIDTHS[n - 1], 1))
} | {
    "constantpad1d": layer(lambda nn: nn.ConstantPad1d(2, 3.5), (2, 3)),
    "constantpad2d": layer(lambda nn: nn.ConstantPad2d((1, 0, -1, 2), -1), (2, 3, 4)),
    "constantpad3d": layer(lambda nn: nn.ConstantPad3d(1, 0.5), (1, 2, 2, 2, 2)),
    "zeropad2d-cut": layer(lambda nn: nn.ZeroPad2d((-1, 1, 0, -1)), (1, 2, 3, 4)),
}
