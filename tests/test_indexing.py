"""Reading and writing at keys: every form that NumPy and PyTorch take, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.errors import DTypeError, IndexRangeError, ShapeError

SHAPE = (3, 4, 2)
ROW, J, K = np.array([2, 0, 2]), np.array([[0, -1], [1, 1]]), np.array([1, 0, 1])
MASK = np.arange(24).reshape(SHAPE) % 3 == 0
KEPT = np.array([True, False, True])

KEYS: dict[str, Any] = {
    "int": 1, "negative": -1, "slice": slice(1, 3), "step": slice(None, None, 2), "ellipsis": Ellipsis, "none": None,
    "pair": (1, 2), "triple": (1, 2, 1), "slices": (slice(1), slice(1, 4, 2)), "ellipsis int": (Ellipsis, 1),
    "int ellipsis": (0, Ellipsis, 1), "none in the middle": (slice(None), None, 1), "several none": (None, 0, None),
    "empty slice": slice(2, 1), "far slice": slice(-100, 100), "empty tuple": (), "list": [2, 0],
    "list of lists": [[0, 1], [2, 0]], "array": ROW, "array of two": J, "array and slice": (ROW, slice(1, 3)),
    "slice and array": (slice(None), K), "two arrays": (ROW, K), "arrays apart": (ROW, slice(None), K),
    "arrays and int": (ROW, 1), "int between": (ROW, 0, K), "broadcast arrays": (J, K[:2]),
    "column and row": (ROW[:, None], K), "array last": (Ellipsis, K), "none and array": (None, ROW), "mask": MASK,
    "mask of rows": KEPT, "mask and slice": (KEPT, slice(1, 2)), "mask and int": (KEPT, 1),
    "mask of two dims": MASK[:, :, 0], "mask later": (slice(None), MASK[0]), "all false": np.zeros(3, bool),
    "empty list": [], "empty array": np.zeros(0, int), "int32": ROW.astype(np.int32), "true": True, "false": False,
    "0-d array": np.array(1), "list in tuple": ([0, 2], [1, 3]), "repeated": np.array([1, 1, 1, 1]),
}  # fmt: skip


def key_for(lib: Any, key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(key_for(lib, k) for k in key)
    return lib.tensor(key) if isinstance(key, np.ndarray) else key


def array() -> Any:
    return np.arange(24.0).reshape(SHAPE)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
@pytest.mark.parametrize("how", ["arrays", "tensors"])
def test_reading_is_numpys_with_its_gradient(key: Any, how: str) -> None:
    host = array()
    x = ag.tensor(host, requires_grad=True)
    key = [] if isinstance(key, list) and not key else key
    numpy_key = np.zeros(0, int) if isinstance(key, list) and not key else key
    y = x[key_for(ag, key) if how == "tensors" else key]
    np.testing.assert_array_equal(y.detach().numpy(), host[numpy_key])
    weights = np.arange(1.0, y.numel() + 1).reshape(y.shape)
    y.backward(ag.tensor(weights))
    wanted = np.zeros(SHAPE)
    np.add.at(wanted, numpy_key, weights)
    np.testing.assert_array_equal(x.grad.numpy(), wanted)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
@pytest.mark.parametrize("value", [-1.0, np.array([5.0]), "full"], ids=["number", "broadcast", "full"])
def test_writing_is_numpys_with_its_gradients(key: Any, value: Any) -> None:
    host = array()
    numpy_key = np.zeros(0, int) if isinstance(key, list) and not key else key
    region = host[numpy_key]
    if isinstance(value, str):
        value = np.full(region.shape, 7.0)
    elif isinstance(value, np.ndarray) and region.ndim == 0:
        value = value[0]
    x = ag.tensor(host, requires_grad=True)
    v = ag.tensor(value, requires_grad=True) if isinstance(value, np.ndarray) else float(value)
    h = x * 1
    h[key_for(ag, key)] = v
    host[numpy_key] = value
    np.testing.assert_array_equal(h.detach().numpy(), host)
    weights = np.arange(1.0, 25).reshape(SHAPE)
    (h * ag.tensor(weights)).sum().backward()
    kept = weights.copy()
    kept[numpy_key] = 0
    np.testing.assert_array_equal(x.grad.numpy(), kept)
    if isinstance(v, ag.Tensor) and not has_duplicates(numpy_key):
        taken = np.broadcast_to(weights[numpy_key], region.shape)
        np.testing.assert_array_equal(v.grad.numpy().sum(), taken.sum())


def has_duplicates(key: Any) -> bool:
    count = np.zeros(SHAPE, int)
    np.add.at(count, key, 1)
    return bool((count > 1).any())


# PyTorch warns of nested lists, and gives no gradient where False picks nothing
OWN_WAY = {"list of lists", "false"}


@pytest.mark.parametrize("name", sorted(KEYS.keys() - OWN_WAY))
def test_reading_and_writing_are_pytorchs(torch: Any, name: str) -> None:
    key = KEYS[name]

    def program(lib: Any) -> list[Any]:
        x = lib.tensor(array(), requires_grad=True)
        v = lib.tensor(3.0, dtype=lib.float64, requires_grad=True)
        y = x[key_for(lib, key)]
        h = x * 1
        h[key_for(lib, key)] = v
        ((y * y).sum() + (h * h).sum()).backward()
        return [y.detach(), h.detach(), x.grad, v.grad]

    for ours, theirs in zip(program(ag), program(torch), strict=True):
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs))


BASIC = [name for name,
    key in KEYS.items() if not any(isinstance(k, np.ndarray | list | bool) for k in (key if isinstance(key,
    tuple) else (key,)))]


@pytest.mark.parametrize("name", BASIC)
def test_basic_keys_are_views_and_others_copies(name: str) -> None:
    x = ag.tensor(array())
    y = x[KEYS[name]]
    assert y.numel() == 0 or (np.shares_memory(y._array, x._array) and y._base is x)
    y.fill_(-5.0)
    assert (x == -5.0).sum().item() == y.numel() and x._version == 1


def test_negative_steps_are_numpys() -> None:
    x = ag.arange(4.0).requires_grad_()
    y = x[::-1]
    assert y.tolist() == [3, 2, 1, 0]
    (y * ag.arange(4.0)).sum().backward()
    assert x.grad.tolist() == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("key", "error", "match"),
    [
        (3, IndexRangeError, r"^getitem: index 3 is out of bounds for axis 0 with size 3; got x float64\[3, 4, 2\]"),
        (-4, IndexRangeError, "^getitem: index -4 is out of bounds"),
        ((0, 0, 0, 0), IndexRangeError, "^getitem: too many indices"),
        (np.array([0, 7]), IndexRangeError, "^getitem: index 7 is out of bounds"),
        (np.array([[0, -4]]), IndexRangeError, "^getitem: index -4 is out of bounds"),
        (np.ones(2, bool), IndexRangeError, "^getitem: boolean index did not match"),
        ((ROW, K[:2]), IndexRangeError, "^getitem: shape mismatch: indexing arrays could not be broadcast"),
        (1.5, DTypeError, "^getitem: an index is a float; tensors used as indices must be long, int, byte or bool"),
        (np.array([0.5]), DTypeError, "^getitem: an index is a float64 array"),
        ("text", DTypeError, "^getitem: an index is a str"),
        ((0, "a"), DTypeError, "^getitem: an index is a str"),
        (slice(0, 2, 0), ShapeError, "^getitem: slice step cannot be zero"),
        ((Ellipsis, Ellipsis), IndexRangeError, "^getitem: an index can only have a single ellipsis"),
    ],
)  # fmt: skip
def test_bad_keys_are_named(key: Any, error: type[Exception], match: str) -> None:
    x = ag.tensor(array())
    with pytest.raises(error, match=match) as raised:
        x[key_for(ag, key)]
    assert isinstance(raised.value, RuntimeError)
    with pytest.raises((IndexError, TypeError, ValueError)) as written:
        x[key_for(ag, key)] = 1.0
    assert (isinstance(written.value,
        RuntimeError) and "setitem" in str(written.value)) or "getitem" in str(written.value)
    np.testing.assert_array_equal(x.numpy(), array())


def test_of_repeated_indices_written_the_last_wins_and_added_all_do() -> None:
    x = ag.zeros(3)
    x[ag.tensor([1, 1])] = ag.tensor([5.0, 6.0])
    assert x[1].item() in (5, 6)
    x = ag.zeros(3).index_add(0, ag.tensor([1, 1]), ag.tensor([5.0, 6.0]))
    assert x.tolist() == [0, 11, 0]


def test_dtypes_of_written_values_follow_the_target() -> None:
    x = ag.zeros(3, dtype=ag.int64)
    x[0] = 2.7
    x[1] = ag.tensor(3.9)
    x[2] = True
    assert x.tolist() == [2, 3, 1] and x.dtype is ag.int64
    y = ag.zeros(2)
    y[0] = ag.tensor(1.5, dtype=ag.float64)
    y[1] = 7
    assert y.tolist() == [1.5, 7] and y.dtype is ag.float32
    v = ag.tensor(2.0, dtype=ag.float64, requires_grad=True)
    y[0] = v
    y.sum().backward()
    assert v.grad.dtype is ag.float64 and v.grad.item() == 1


def test_a_python_loop_over_rows_writes_them() -> None:
    rows = ag.zeros(3, 2)
    w = ag.tensor(2.0, requires_grad=True)
    for i, row in enumerate(rows):
        row += w * i
    rows.sum().backward()
    assert rows.tolist() == [[0, 0], [2, 2], [4, 4]] and w.grad.item() == 6


def test_masks_and_selections() -> None:
    x = ag.tensor([[1.0, -2.0], [-3.0, 4.0]], requires_grad=True)
    assert x[x > 0].tolist() == [1, 4] and x.masked_select(x < 0).tolist() == [-2, -3]
    x[x > 0].sum().backward()
    assert x.grad.tolist() == [[1, 0], [0, 1]]
    assert (x > 0).nonzero().tolist() == [[0, 0], [1, 1]]
    assert [i.tolist() for i in ag.where(x > 0)] == [[0, 1], [0, 1]]
    assert [i.tolist() for i in (x > 0).nonzero(as_tuple=True)] == [[0, 1], [0, 1]]
    assert ag.nonzero(ag.tensor(3)).shape == (1, 0) and ag.nonzero(ag.zeros(2)).shape == (0, 1)
    h = x * 1
    h[h < 0] *= 10
    assert h.tolist() == [[1, -20], [-30, 4]]


def test_on_the_device(cuda: Any) -> None:
    x = ag.tensor(array(), device="cuda", requires_grad=True)
    for name, key in KEYS.items():
        if name in ("true", "false"):
            continue
        y = x[key_for(ag, key)]
        host_key = np.zeros(0, int) if isinstance(key, list) and not key else key
        assert type(y._array) is cuda.ndarray, name
        np.testing.assert_array_equal(y.detach().cpu().numpy(), array()[host_key], err_msg=name)
        (g,) = ag.autograd.grad(y.sum(), x)
        wanted = np.zeros(SHAPE)
        np.add.at(wanted, host_key, 1)
        np.testing.assert_array_equal(g.cpu().numpy(), wanted, err_msg=name)
