"""What is fitted: scikit-learn's numbers, in one pass, applied and undone, saved and loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.data import DataLoader, TensorDataset
from autograd_core.data import transforms as T
from autograd_core.data.transforms.fitting import Moments

FITTED = [T.Standardize, T.MeanSubtraction, T.MinMax, T.PCAWhitening, T.ZCAWhitening]
each = pytest.mark.parametrize("kind", FITTED, ids=lambda kind: kind.__name__)


def table(rows: int = 200, columns: int = 5) -> Any:
    drawn = np.random.default_rng(0).standard_normal((rows, columns))
    return drawn @ np.random.default_rng(1).standard_normal((columns, columns)) + np.arange(columns)


@pytest.fixture
def sklearn() -> Any:
    return pytest.importorskip("sklearn", reason="scikit-learn is the reference of this test")


def test_standardize_is_scikit_learns(sklearn: Any) -> None:
    from sklearn.preprocessing import StandardScaler

    data = table()
    data[:, 2] = 0.1  # constant, but for rounding
    ours, theirs = T.Standardize().fit(data), StandardScaler().fit(data)
    for name in ("mean_", "var_", "scale_"):
        assert np.allclose(getattr(ours, name), getattr(theirs, name), atol=1e-12), name
    assert ours.scale_[2] == 1 and int(ours.n_samples_seen_) == theirs.n_samples_seen_
    assert np.allclose(ours.transform(data).numpy(), theirs.transform(data))
    assert np.allclose(ours.inverse(ours(data)).numpy(), data)
    centred = T.MeanSubtraction().fit(data)(data)
    assert np.allclose(centred.numpy(), StandardScaler(with_std=False).fit_transform(data))
    scaled = T.Standardize(with_mean=False).fit(data)(data)
    assert np.allclose(scaled.numpy(), StandardScaler(with_mean=False).fit_transform(data))


@pytest.mark.parametrize("clip", [False, True])
def test_min_max_is_scikit_learns(sklearn: Any, clip: bool) -> None:
    from sklearn.preprocessing import MinMaxScaler

    data = table()
    data[:, 1] = 3.0
    ours, theirs = T.MinMax((-1, 2), clip=clip).fit(data[:100]), MinMaxScaler((-1, 2), clip=clip).fit(data[:100])
    for name in ("data_min_", "data_max_", "scale_", "min_"):
        assert np.allclose(getattr(ours, name), getattr(theirs, name)), name
    assert np.allclose(ours(data).numpy(), theirs.transform(data))
    if not clip:
        assert np.allclose(ours.inverse(ours(data)).numpy(), data)


@pytest.mark.parametrize("components", [None, 3, 0.9])
def test_pca_is_scikit_learns(sklearn: Any, components: Any) -> None:
    from sklearn.decomposition import PCA

    data = table(300, 6)
    ours, theirs = T.PCAWhitening(components, eps=0).fit(data), PCA(components, whiten=True).fit(data)
    for name in ("mean_", "explained_variance_", "explained_variance_ratio_"):
        assert np.allclose(getattr(ours, name), getattr(theirs, name)), name
    signs = np.sign((ours.components_ * theirs.components_).sum(1))
    assert np.allclose(ours(data).numpy() * signs, theirs.transform(data))
    assert np.allclose(ours.inverse(ours(data)).numpy(), theirs.inverse_transform(theirs.transform(data)))


def test_whitened_data_have_the_identity_as_covariance() -> None:
    data = table(500, 6)
    for kind in (T.PCAWhitening, T.ZCAWhitening):
        white = kind(eps=0).fit(data)
        assert np.allclose(np.cov(white(data).numpy().T), np.eye(6), atol=1e-10)
        assert np.allclose(white.inverse(white(data)).numpy(), data)
    turned = T.ZCAWhitening(eps=0).fit(data)
    assert np.allclose(turned._there, turned._there.T)  # the symmetric square root of the inverse covariance
    assert np.allclose(turned._there @ turned._there, np.linalg.inv(np.cov(data.T)))


def test_eps_and_directions_without_variance() -> None:
    flat = np.concatenate([table(50, 3), np.ones((50, 2))], 1)
    for kind in (T.PCAWhitening, T.ZCAWhitening):
        plain = kind(eps=0).fit(flat)
        assert np.isfinite(plain(flat).numpy()).all()
        assert np.allclose(plain.inverse(plain(flat)).numpy(), flat)
        soft = kind(eps=1.0).fit(flat)(flat).numpy()
        assert np.isfinite(soft).all() and np.trace(np.cov(soft.T)) < 3
    images = ag.rand(40, 2, 3, 4)
    zca = T.ZCAWhitening().fit(images)
    assert zca(images).shape == images.shape and zca(images[0]).shape == (2, 3, 4)
    pca = T.PCAWhitening(5).fit(images)
    assert pca(images).shape == (40, 5) and pca(images[0]).shape == (5,)
    assert pca.inverse(pca(images)).shape == images.shape


@given(st.lists(st.integers(1, 7), min_size=1, max_size=5), st.floats(-1e6, 1e6))
def test_one_pass_in_batches_gives_what_all_at_once_gives(sizes: list[int], offset: float) -> None:
    data = np.random.default_rng(sum(sizes)).standard_normal((sum(sizes), 3)) + offset
    parts = [Moments.of(part) for part in np.split(data, np.cumsum(sizes)[:-1])]
    together = parts[0]
    for part in parts[1:]:
        together = together.joined(part)
    assert float(together.count) == len(data)
    assert np.allclose(together.mean, data.mean(0), rtol=1e-14)
    assert np.allclose(together.deviations, len(data) * data.var(0), rtol=1e-6, atol=1e-8)


@each
def test_data_may_be_an_array_a_tensor_a_data_set_or_batches(kind: Any) -> None:
    images = ag.rand(37, 2, 3, 4)
    whole = kind().fit(images)
    pairs = TensorDataset(images, ag.arange(37))
    for data in (images.numpy(), pairs, DataLoader(pairs, 8), iter([images[:20], images[20:]])):
        assert np.allclose(kind().fit(data)(images).numpy(), whole(images).numpy(), atol=1e-4)
    learned = kind().fit(images[:30]).partial_fit(images[30:])
    assert np.allclose(learned(images).numpy(), whole(images).numpy(), atol=1e-4)
    assert np.allclose(learned.fit(images)(images).numpy(), whole(images).numpy(), atol=1e-4)  # forgets
    assert np.allclose(whole(images[3]).numpy(), whole(images)[3].numpy(), atol=1e-5)


def test_statistics_per_feature_channel_and_pixel() -> None:
    images = np.random.default_rng(0).random((20, 3, 4, 5))
    kinds = ("feature", 0, (3, 4, 5)), ("channel", (0, 2, 3), (3, 1, 1)), ("pixel", (0, 1), (1, 4, 5))
    for per, axes, shape in kinds:
        fitted = T.Standardize(per).fit([images[:7], images[7:]])
        assert fitted.mean_.shape == shape
        assert np.allclose(fitted.mean_, images.mean(axes).reshape(shape))
        assert np.allclose(fitted.var_, images.var(axes).reshape(shape))
        found = fitted(ag.from_numpy(images)).numpy()
        assert np.allclose(found.mean(axes), 0) and np.allclose(found.std(axes), 1)
        ranged = T.MinMax(per=per).fit(images)(ag.from_numpy(images)).numpy()
        assert np.allclose(ranged.min(axes), 0) and np.allclose(ranged.max(axes), 1)
    assert T.Standardize("channel").fit(images)(ag.rand(3, 9, 9)).shape == (3, 9, 9)  # other sizes are as good


@each
def test_it_is_saved_beside_a_model(kind: Any, tmp_path: Path) -> None:
    images = ag.rand(30, 1, 3, 4)
    first = kind().fit(images)
    ag.save({"scaling": first.state_dict()}, tmp_path / "kept.pt")
    second = kind()
    second.load_state_dict(ag.load(tmp_path / "kept.pt")["scaling"])
    changed = first(images)
    assert ag.equal(changed, second(images)) and ag.equal(first.inverse(changed), second.inverse(changed))
    if kind in (T.PCAWhitening, T.ZCAWhitening):
        with pytest.raises(RuntimeError, match="Whitening: it was loaded, without the covariance"):
            second.partial_fit(images)
    else:
        both = kind().fit(images).partial_fit(images / 2)
        assert np.allclose(second.partial_fit(images / 2)(images).numpy(), both(images).numpy())


@each
def test_dtypes_read_only_input_and_gradients(kind: Any) -> None:
    images = ag.rand(30, 1, 3, 4)
    fitted = kind().fit(images)
    assert fitted(images.double()).dtype is ag.float64
    assert fitted((images * 255).to(ag.uint8)).dtype is ag.float32
    images._array.flags.writeable = False
    fitted(images)
    leaf = ag.rand(2, 1, 3, 4, requires_grad=True)
    fitted(leaf).sum().backward()
    assert leaf.grad is not None and leaf.grad.shape == leaf.shape


@each
def test_refusals(kind: Any) -> None:
    name = kind.__name__
    for use in (lambda fresh: fresh(ag.rand(2, 3)), lambda fresh: fresh.inverse(ag.rand(2, 3)), kind.state_dict):
        with pytest.raises(RuntimeError, match=rf"{name}: it has not been fitted; call fit\(training_data\) first"):
            use(kind())
    fitted = kind().fit(ag.rand(20, 3))
    assert repr(fitted).startswith(f"{name}(") and repr(kind()).endswith(", not fitted)")
    with pytest.raises(ValueError, match=f"{name}: data has shape"):
        fitted(ag.rand(2, 4))
    with pytest.raises(TypeError, match=f"{name}: got list; wanted a Tensor or an array"):
        fitted([1.0, 2.0])
    with pytest.raises(TypeError, match=f"{name}: data is int; wanted a Tensor, an array, or batches"):
        kind().fit(3)
    with pytest.raises(TypeError, match=f"{name}: a batch is int"):
        kind().fit([3])
    with pytest.raises(ValueError, match=f"{name}: fit got no samples"):
        kind().fit(ag.zeros(0, 3))
    with pytest.raises(ValueError, match=f"{name}: data has shape ()"):
        kind().fit(ag.tensor(1.0))
    with pytest.raises(ValueError, match=f"{name}: a batch has"):
        kind().fit([ag.rand(4, 3), ag.rand(4, 2)])
    state = fitted.state_dict()
    with pytest.raises(KeyError, match=f"{name}: state_dict has the entries"):
        fitted.load_state_dict({**state, "more": 1})
    changed = next(iter(kind._settings))
    with pytest.raises(ValueError, match=f"{name}: state_dict was learned with {changed}='other'"):
        fitted.load_state_dict({**state, changed: "other"})


def test_refusals_of_arguments() -> None:
    for make, words in (
        (lambda: T.Standardize("row"), "Standardize: per is 'row'; wanted one of feature, channel, pixel"),
        (lambda: T.MinMax((1, 0)), r"MinMax: feature_range is \(1, 0\); wanted two numbers"),
        (lambda: T.MinMax((1, 1)), r"MinMax: feature_range is \(1, 1\); wanted low < high"),
        (lambda: T.PCAWhitening(0), "PCAWhitening: n_components is 0; wanted a whole number"),
        (lambda: T.PCAWhitening(1.5), "PCAWhitening: n_components is 1.5"),
        (lambda: T.ZCAWhitening(eps=-1), "ZCAWhitening: eps is -1; wanted a number of at least 0"),
        (lambda: T.PCAWhitening(9).fit(ag.rand(5, 3)), "PCAWhitening: n_components is 9; the samples have 3 features"),
        (lambda: T.Standardize("channel").fit(ag.rand(5, 3)), r"Standardize: data has shape \(5, 3\); wanted images"),
    ):
        with pytest.raises(ValueError, match=words):
            make()


def test_normalize() -> None:
    image = ag.rand(2, 3, 4, 5)
    mean, std = (0.4, 0.5, 0.6), [0.1, 0.2, 0.3]
    wanted = (image.numpy() - np.array(mean)[:, None, None]) / np.array(std)[:, None, None]
    normalize = T.Normalize(mean, std)
    assert np.allclose(normalize(image).numpy(), wanted, atol=1e-6)
    assert np.allclose(normalize.inverse(normalize(image)).numpy(), image.numpy(), atol=1e-6)
    assert np.allclose(T.functional.normalize(image, ag.tensor(mean), std).numpy(), wanted, atol=1e-6)
    assert T.Normalize(0.5, 0.5)(image).shape == image.shape
    twin = image.clone()
    assert T.Normalize(mean, std, inplace=True)(twin) is twin and np.allclose(twin.numpy(), wanted, atol=1e-6)
    leaf = image.clone().requires_grad_()
    normalize(leaf).sum().backward()
    assert leaf.grad[0, :, 0, 0].tolist() == pytest.approx([10, 5, 10 / 3])


def test_scales_apply_on_another_device(cuda: Any) -> None:
    images = ag.rand(10, 2, 3, 3)
    for scale in (T.Normalize(0.5, 0.25), T.Standardize("channel").fit(images), T.PCAWhitening(4).fit(images)):
        found = scale(images.to("cuda"))
        assert str(found.device) == "cuda:0"
        assert np.allclose(found.cpu().numpy(), scale(images).numpy(), atol=1e-5)
        assert str(scale.inverse(found).device) == "cuda:0"


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: T.Normalize((0,), (0,)), ValueError, r"Normalize: std is \(0,\); it must not be 0"),
    (lambda: T.Normalize("a", 1), TypeError, "Normalize: mean is 'a'; wanted numbers"),
    (lambda: T.Normalize(0, 1)(ag.ones(1, 2, 2, dtype=ag.uint8)), TypeError, r"image is ag.uint8; .* put ToTensor\(\)"),
    (lambda: T.Normalize(0, 1)([1]), TypeError, "image is list; wanted a floating Tensor"),
    (lambda: T.Normalize((0, 0), 1)(ag.zeros(3, 2, 2)), ValueError, "mean has 2 numbers for an image of 3 channels"),
    (lambda: T.Normalize(0, 1)(ag.zeros(2, 2)), ValueError, r"image has shape \(2, 2\)"),
])  # fmt: skip
def test_normalize_refuses(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
