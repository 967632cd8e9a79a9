"""The price list of one small operation: it covers the engine as it is, and its lines add up."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd_core as ag
from benchmarks import prices


@pytest.fixture(scope="module")
def parts() -> list[prices.Part]:
    return prices.measure(rounds=3, repeat=100)


def test_every_part_has_a_price_and_lines_that_add_up_to_it(parts: list[prices.Part]) -> None:
    assert [part.name.partition(":")[0] for part in parts] == ["forward", "record", "backward", "accumulate"]
    for part in parts:
        assert part.lines and math.isfinite(part.whole)  # a difference of times: a busy machine may turn its sign
        assert sum(price for _, price in part.lines) == pytest.approx(part.whole, abs=1e-6)


def test_the_table_names_each_line_once_per_part(parts: list[prices.Part]) -> None:
    text = prices.table(parts)
    assert len(text.splitlines()) == 2 + sum(1 + len(part.lines) for part in parts)
    assert f"| **forward** | **{parts[0].whole:.0f}** |" in text


def test_the_main_program_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    prices.main(["--rounds", "1"])
    assert "NumPy's product" in capsys.readouterr().out


@pytest.mark.parametrize("pieces", [prices.FORWARD, prices.RECORD])
def test_variants_of_the_caller_still_multiply(pieces: tuple[prices.Piece, ...]) -> None:
    x, y = ag.tensor([2.0]).requires_grad_(), ag.tensor([3.0]).requires_grad_()
    for caller in prices.callers(pieces):
        product = caller(x, y)
        assert (product._array if isinstance(product, ag.Tensor) else product).tolist() == [6.0]


def test_variants_of_the_walk_still_find_the_gradient() -> None:
    for run in prices.walks(prices.BACKWARD):
        ends = prices.chain(ag.ones(8, 8).requires_grad_())
        prices.walk_back(run, np.ones((8, 8), np.float32), *ends)
        assert ends[1].grad is not None and ends[1].grad.tolist() == np.ones((8, 8)).tolist()
        assert ends[2].grad is not None and ends[2].grad.tolist() == np.full((8, 8), prices.LENGTH).tolist()


def test_a_line_that_the_engine_has_no_more_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"price of 'a stamp'.*has no 'stamped\(\)'"):
        prices.Piece("a stamp", (("stamped()", "0"),)).left_out("node.order = stamp()")
