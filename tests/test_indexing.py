"""Reading and writing at keys: every form that NumPy and PyTorch take, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.errors import DTypeError, IndexRangeError, IndexTypeError, ShapeError

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
        (1.5, IndexTypeError, "^getitem: an index is a float; tensors used as indices must be long, int, byte or bool"),
        (np.array([0.5]), IndexTypeError, "^getitem: an index is a float64 array"),
        (np.array([1], np.int16), IndexTypeError, "^getitem: an index is a int16 array"),
        (slice(0, 1.5), DTypeError, "^getitem: slice indices must be integers or None"),
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


# ---- where NumPy and PyTorch differ, PyTorch's way ----

CUBE = np.arange(24.0).reshape(2, 3, 4)
APART: list[Any] = [
    (0, slice(None), np.array([1, 2])), (np.array(0), slice(None), np.array([1, 2])),
    (slice(None), np.array([1, 2]), None, 0), (0, slice(None), True), (np.array([1, 0]), slice(None), -1),
    (slice(None), np.array([0, 1]), Ellipsis, np.array([1, 2])), (0, Ellipsis, np.array([[1, 2], [0, 3]])),
    (None, 1, slice(1, 3), np.array([True, False, True, True])), (0, None, np.array([1]), None, np.array([2, 3])),
]  # fmt: skip


@pytest.mark.parametrize("key", APART, ids=range(len(APART)))
def test_an_int_apart_from_the_arrays_is_taken_first(torch: Any, key: Any) -> None:
    agree_in_everything(torch, CUBE, key, full=True)


def test_ints_are_taken_first_on_the_device_too(cuda: Any) -> None:
    for key in APART:
        x, there = ag.tensor(CUBE), ag.tensor(CUBE, device="cuda")
        device_key = tuple(ag.tensor(k, device="cuda") if isinstance(k, np.ndarray) else k for k in key)
        wanted = x[key_for(ag, key)]
        np.testing.assert_array_equal(there[device_key].cpu().numpy(), wanted.numpy())
        x[key_for(ag, key)] = wanted + 100
        there[device_key] = there[device_key] + 100
        np.testing.assert_array_equal(there.cpu().numpy(), x.numpy())


def test_bytes_are_masks_and_other_short_integers_no_index(torch: Any) -> None:
    x, key = ag.arange(6.0).reshape(2, 3), ag.tensor([1, 0], dtype=ag.uint8)
    with pytest.warns(UserWarning, match="uint8"):
        theirs = torch.arange(6.0).reshape(2, 3)[torch.tensor([1, 0], dtype=torch.uint8)]
    assert x[key].tolist() == theirs.tolist()
    x[key] = -1.0
    assert x.tolist() == [[-1, -1, -1], [3, 4, 5]]
    with pytest.raises(IndexError, match="int16 array"):
        x[ag.tensor([1, 0], dtype=ag.int16)] = 0.0


def test_ranges_and_lists_of_tensors() -> None:
    x = ag.arange(6.0).reshape(2, 3)
    assert x[range(1, 2)].tolist() == [[3, 4, 5]] and x[range(2), range(2)].tolist() == [0, 4]
    assert x[[ag.tensor(1), 0]].tolist() == [[3, 4, 5], [0, 1, 2]]
    assert x[[ag.tensor([1, 0]), ag.tensor([2, 0])]].tolist() == [5, 0]  # a list of more than numbers is a tuple
    assert x[[slice(None), 1]].tolist() == [1, 4] and x[ag.tensor(0) : ag.tensor(1)].tolist() == [[0, 1, 2]]


# ---- what is written ----


@pytest.mark.parametrize(
    ("dtype", "key", "value", "error", "match"),
    [
        (ag.float32, 0, 1j, DTypeError, "^setitem: value cannot be converted to type ag.float32 .*overflow; got 1j"),
        (ag.float32, 0, ag.tensor([1j, 2, 3]), DTypeError, "^setitem: value cannot be converted .*got ag.complex64"),
        (ag.int8, 0, 300, DTypeError, "^setitem: value cannot be converted to type ag.int8 without overflow; got 300"),
        (ag.int64, 0, float("nan"), DTypeError, "^setitem: value cannot be converted to type ag.int64.*got nan"),
        (ag.float16, 0, 1e9, DTypeError, "^setitem: value cannot be converted to type ag.float16"),
        (ag.float32, 0, ag.ones(2), ShapeError, r"^setitem: shape mismatch: value of shape \(2,\) .*of shape \(3,\)"),
        (ag.float32, [0, 1], ag.ones(3, 2, 3), ShapeError, "^setitem: shape mismatch: value of shape"),
        (ag.float32, MASK[0, :2], ag.ones(3, 3), IndexRangeError, "^setitem: boolean index did not match"),
        (ag.float32, MASK[0, :0], 2, IndexRangeError, r"^setitem: The shape of the mask \[0, 2\] at index 0 does"),
        (ag.float32, 0, "text", DTypeError, "could not infer dtype of str"),
    ],
)  # fmt: skip
def test_bad_values_are_named(dtype: Any, key: Any, value: Any, error: Any, match: str) -> None:
    x = ag.ones(2, 3).to(dtype)
    with pytest.raises(error, match=match):
        x[key_for(ag, key)] = value
    assert (x == 1).all() and x._version == 0


def test_values_may_have_more_dimensions_of_length_1_than_the_region() -> None:
    v = ag.ones(1, 1, 3, requires_grad=True)
    for key in (0, [0, 1], (ag.tensor([True, False]),)):
        h = ag.zeros(2, 3)
        h[key] = v
        assert h[0].tolist() == [1, 1, 1]
        (g,) = ag.autograd.grad(h.sum(), v)
        assert g.shape == (1, 1, 3)


def test_a_write_at_an_int_apart_from_an_array_goes_through_its_view() -> None:
    x, v = ag.zeros(2, 3, 4, requires_grad=True), ag.ones(3, 2, requires_grad=True)
    h = x * 1
    row = h[0]
    h[0, :, [1, 2]] = v * 2
    assert row[:, 1].tolist() == [2, 2, 2] and h[1].sum().item() == 0
    (h * h).sum().backward()
    assert v.grad.tolist() == [[8, 8]] * 3 and x.grad[0, 0].tolist() == [0, 0, 0, 0]


# ---- any key at all, against NumPy and PyTorch ----

KINDS = ["int", "slice", "slice", "array", "array", "mask", "none", "bool", "dots", "stop"]
many = settings(max_examples=4 * settings().max_examples)


@st.composite
def keys(draw: Any, shape: tuple[int, ...], backwards: bool) -> tuple[Any, ...]:
    """Draw a key of everything that indexes, in any order; some are out of range, too long, or do not fit together."""
    sizes = draw(st.sampled_from([[(2,)], [(2,), (1,)], [(2, 1), (1,), (2,)], [(), (3,)], [(0,), (1,)], [(2,), (3,)]]))
    key: list[Any] = []
    dim = 0
    while dim < len(shape):
        n = shape[dim]
        low, high = draw(st.sampled_from([(-n, n - 1)] * 9 + [(-n - 1, n)]))
        kind = draw(st.sampled_from(KINDS))
        dim += kind in ("int", "slice", "array", "mask")
        if kind == "stop":
            break
        if kind == "int" and low <= high:
            key.append(draw(st.integers(low, high)))
        elif kind == "slice":
            part = draw(st.slices(n))
            key.append(part if backwards else slice(part.start, part.stop, min(abs(part.step or 1), 4)))
        elif kind == "array" and low <= high:
            size = draw(st.sampled_from(sizes))
            key.append(np.array([draw(st.integers(low, high)) for _ in range(int(np.prod(size)))], int).reshape(size))
        elif kind == "mask":
            both = draw(st.booleans()) and dim < len(shape)
            size, dim = shape[dim - 1 : dim + both], dim + both
            key.append(np.array([draw(st.booleans()) for _ in range(int(np.prod(size)))], bool).reshape(size))
        elif kind == "dots" and not any(k is Ellipsis for k in key):
            key.append(Ellipsis)
        else:
            key.append(draw(st.sampled_from([None, None, True, False])))
    return tuple(key)


def cubes() -> Any:
    shapes = st.lists(st.integers(0, 3), min_size=0, max_size=3).map(tuple)
    return shapes.map(lambda shape: np.arange(float(np.prod(shape))).reshape(shape))


def together(key: tuple[Any, ...]) -> bool:
    """Whether no slice, None or Ellipsis parts an int from the arrays: else NumPy's result has other dimensions."""
    kinds = ["int" if type(k) is int or (isinstance(k, np.ndarray) and not k.ndim) else
             "array" if isinstance(k, np.ndarray | bool) else "slice" for k in key]  # fmt: skip
    run = "".join(" " if k == "slice" else "." for k in kinds).strip()
    return not ("array" in kinds and " " in run and ("int" in kinds or any(k is Ellipsis for k in key)))


@many
@given(host=cubes(), data=st.data())
def test_any_key_is_numpys(host: Any, data: Any) -> None:
    key = data.draw(keys(host.shape, backwards=True).filter(together))
    x = ag.tensor(host, requires_grad=True)
    try:
        wanted = host[key]
    except IndexError:
        with pytest.raises(IndexRangeError):
            x[key_for(ag, key)]
        return
    y = x[key_for(ag, key)]
    np.testing.assert_array_equal(y.detach().numpy(), wanted)
    weights = np.arange(1.0, y.numel() + 1).reshape(y.shape)
    y.backward(ag.tensor(weights))
    grad = np.zeros(host.shape)
    np.add.at(grad, key, weights)
    np.testing.assert_array_equal(x.grad.numpy(), grad)
    h = (x * 1).detach()
    h[key_for(ag, key)] = -1.0
    host[key] = -1.0
    np.testing.assert_array_equal(h.numpy(), host)


@many
@given(host=cubes(), data=st.data())
def test_any_key_is_pytorchs(host: Any, data: Any) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; it is the reference of this test")
    key = data.draw(keys(host.shape, backwards=False))
    agree_in_everything(torch, host, key, full=data.draw(st.booleans()))


def agree_in_everything(torch: Any, host: Any, key: Any, full: bool) -> None:
    """Read, write and differentiate at a key here and in PyTorch; ``full``: a value for each element of the region."""

    def program(lib: Any) -> list[Any]:
        x = lib.tensor(host, requires_grad=True)
        y = x[key_for(lib, key)]
        picks = np.arange(host.size).reshape(host.shape)
        count = lib.tensor(picks)[key_for(lib, key)]
        once = len(set(np.ravel(count.tolist()))) == np.size(count.tolist())
        shape = tuple(y.shape) if full and once else ()
        v = lib.tensor(np.arange(1.0, np.prod(shape) + 1).reshape(shape) * 10, requires_grad=True)
        h = x * 1
        h[key_for(lib, key)] = v
        weights = lib.tensor(np.cos(np.arange(y.numel())).reshape(tuple(y.shape)))
        loss = (y * y * weights).sum() + (h * h * h).sum()
        grads = lib.autograd.grad(loss, [x, v], allow_unused=True)
        return [y.detach(), h.detach(), *(np.zeros(t.shape) if g is None else g for t, g in zip((x, v), grads))]

    try:
        theirs = program(torch)
    except IndexError:
        with pytest.raises(IndexError):
            program(ag)
        return
    try:
        found = program(ag)
    except IndexRangeError:  # PyTorch looks at no index where there is nothing to pick
        assert not theirs[0].numel()
        return
    for ours, wanted in zip(found, theirs, strict=True):
        assert tuple(ours.shape) == tuple(wanted.shape)
        np.testing.assert_allclose(np.asarray(ours), np.asarray(wanted), rtol=1e-12)
