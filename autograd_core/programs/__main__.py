"""A program's file from the command line: check it, show it, draw it, run it, differentiate it, count its cost."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import autograd_core as ag
from autograd_core.errors import FormatError, ProgramError
from autograd_core.insight.render import RenderingUnavailable
from autograd_core.programs.ir import Variable
from autograd_core.programs.program import Program
from autograd_core.transforms.trees import leaves_of


def arguments() -> argparse.ArgumentParser:
    """Return the reader of the command line."""
    parser = argparse.ArgumentParser(prog="python -m autograd_core.programs", description=__doc__)
    parser.add_argument("file", help="a program's text; values are read from FILE.safetensors where that is there")
    parser.add_argument("--draw", metavar="OUT", help="write a picture, .svg or .png")
    parser.add_argument(
        "--run", nargs="*", metavar="NAME=SHAPE",
        help="run on random inputs, and print the results; a shape, as x=64,784, must be that of the program",
    )  # fmt: skip
    parser.add_argument("--grad", action="store_true", help="take the gradient of the result by the parameters")
    parser.add_argument("--cost", action="store_true", help="print operations, bytes and memory, line by line")
    return parser


def main(given: Sequence[str] | None = None) -> int:
    """Do what the command line says; return 0, or 2 with a message where the file or a shape does not fit."""
    args = arguments().parse_args(given)
    try:
        perform(args)
    except (ProgramError, FormatError, OSError, RenderingUnavailable, ValueError) as error:
        print(f"{args.file}: {error}", file=sys.stderr)
        return 2
    return 0


def perform(args: argparse.Namespace) -> None:
    """Read the file and do what is asked; print the program where nothing is."""
    program = Program.load(args.file)
    if args.grad:
        program = program.grad()
    if args.draw:
        draw(program, args.draw)
    if args.cost:
        print(program.cost())
    if args.run is not None:
        run(program, args.run)
    if args.run is None and not args.cost and not args.draw:
        print(program, end="")


def draw(program: Program, path: str) -> None:
    """Write a picture in the format that the path ends with."""
    kind = path.rpartition(".")[2]
    if kind not in ("svg", "png", "pdf"):
        raise ProgramError(f"--draw: got {path}; wanted a path that ends with .svg or .png")
    program.draw().render(outfile=path, cleanup=True)


def run(program: Program, shapes: Sequence[str]) -> None:
    """Run on random inputs; print the type and the mean size of each result."""
    asked = dict(map(_shape, shapes))
    if unknown := asked.keys() - {v.name for v in program.inputs}:
        raise ProgramError(f"--run: {', '.join(sorted(unknown))}: wanted inputs, of {program.inputs}")
    ag.manual_seed(0)
    bound = [b.variable for b in program.listing.bound if b.variable.name not in program.values]
    program = program.bind({v.name: _random(v, v.shape) for v in bound})
    for v in bound:
        print(f"{v.name}: random, as the file has no values of it")
    result = program(*[_random(v, asked.get(v.name, v.shape)) for v in program.inputs])
    for i, value in enumerate(leaves_of(result)):
        print(f"result {i}: {_described(value)}")


def _shape(text: str) -> tuple[str, tuple[int, ...]]:
    name, equals, shape = text.partition("=")
    lengths = [n.strip() for n in shape.split(",") if n.strip()]
    if not equals or not all(n.isdecimal() for n in lengths):
        raise ProgramError(f"--run: got {text}; wanted NAME=SHAPE, as x=64,784")
    return name, tuple(map(int, lengths))


def _random(v: Variable, shape: tuple[int, ...]) -> Any:
    return ag.zeros(shape, dtype=v.dtype) if v.dtype.category < 2 else ag.randn(shape, dtype=v.dtype)


def _described(value: Any) -> str:
    if not isinstance(value, ag.Tensor):
        return repr(value)
    if value.numel() <= 8:
        return str(value)
    return f"{value.dtype}{list(value.shape)}, mean size {value.abs().double().mean().item():.6g}"


if __name__ == "__main__":
    sys.exit(main())
