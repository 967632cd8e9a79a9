"""Transforms in data sets and loaders, with workers and seeds; test-time augmentation; pictures to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.data import DataLoader, ImageArrays, IterableDataset, Subset, TensorDataset, Transformed
from autograd_core.data import transforms as T
from autograd_core.data.datasets import gatherer_of

IMAGES = ag.from_numpy(np.random.default_rng(0).random((24, 3, 8, 8)).astype("float32"))
DATA = TensorDataset(IMAGES, ag.arange(24))
AUGMENT = T.Compose([T.RandomCrop(8, 2), T.RandomHorizontalFlip(), T.RandomRotation(10, "bilinear")])


class Example(NamedTuple):
    image: Any
    label: int


def batches(data: Any, seed: int = 1, **options: Any) -> list[Any]:
    ag.manual_seed(seed)
    return [(x.numpy(), y.tolist()) for x, y in DataLoader(data, 6, **options)]


def same(some: list[Any], others: list[Any]) -> bool:
    return all(np.array_equal(a[0], b[0]) and a[1] == b[1] for a, b in zip(some, others, strict=True))


WORKERS = [{}, {"num_workers": 2}, {"num_workers": 2, "worker_type": "thread"}]


@pytest.mark.parametrize("options", WORKERS, ids=["in process", "processes", "threads"])
def test_a_seed_gives_the_same_batches_with_any_kind_of_worker(options: dict[str, Any]) -> None:
    data = Transformed(DATA, AUGMENT)
    first = batches(data, **options, shuffle=True)
    assert same(first, batches(data, **options, shuffle=True))
    assert not same(first, batches(data, seed=2, **options, shuffle=True))


def test_workers_that_are_threads_draw_what_processes_draw() -> None:
    data = Transformed(DATA, AUGMENT)
    assert same(batches(data, **WORKERS[1]), batches(data, **WORKERS[2]))


@pytest.mark.parametrize("options", WORKERS[1:], ids=["processes", "threads"])
def test_workers_differ_from_each_other_and_epochs_too(options: dict[str, Any]) -> None:
    alike = TensorDataset(IMAGES[:1].expand(12, 3, 8, 8), ag.zeros(12))
    loader = DataLoader(Transformed(alike, T.GaussianNoise()), 6, **options)
    (first, second), (third, fourth) = ([x.numpy() for x, _ in loader] for _ in range(2))
    for one, other in ((first, second), (first, third), (second, fourth)):
        assert not np.array_equal(one, other)


def test_what_takes_batches_is_given_batches() -> None:
    assert gatherer_of(Transformed(DATA, AUGMENT)) is not None
    assert gatherer_of(Transformed(Subset(DATA, [1, 2]), AUGMENT, T.Lambda(lambda y: y + 1, batches=True))) is not None
    for single in (T.Compose([AUGMENT, lambda image: image]), T.RandomRotation(9, expand=True), T.FiveCrop(3)):
        assert gatherer_of(Transformed(DATA, single)) is None
    assert gatherer_of(Transformed(DATA, AUGMENT, lambda label: label)) is None
    assert gatherer_of(Transformed([1, 2], AUGMENT)) is None
    plain, quick = (T.Lambda(lambda image: image * 2, batches=batches) for batches in (False, True))
    assert same(batches(Transformed(DATA, plain)), batches(Transformed(DATA, quick)))


def test_samples_of_any_kind() -> None:
    double = T.Lambda(lambda image: image * 2)
    assert Transformed([1, 2], double)[1] == 4 and len(Transformed([1, 2], double)) == 2
    assert Transformed([(1, 2)], double, str)[0] == (2, "2")
    assert Transformed([[1, 2]], None, str)[0] == [1, "2"]
    assert Transformed([Example(3, 4)], double)[0] == Example(6, 4)
    assert Transformed([5])[0] == 5
    with pytest.raises(TypeError, match="Transformed: target_transform is int; wanted a callable, or None"):
        Transformed([1], None, 3)
    with pytest.raises(TypeError, match="Transformed: dataset is IterableDataset, a stream; transform what it yields"):
        Transformed(IterableDataset(), double)


def test_images_of_bytes_with_torchvisions_program() -> None:
    data = ImageArrays(np.zeros((4, 3, 8, 8), np.uint8), np.arange(4), transform=T.Compose([T.ToTensor(), AUGMENT]))
    x, y = next(iter(DataLoader(data, 4)))
    assert x.shape == (4, 3, 8, 8) and x.dtype is ag.float32 and y.tolist() == [0, 1, 2, 3]


def test_the_room_is_loaded_when_it_is_asked_for() -> None:
    assert ag.data.transforms is T and ag.data.Transformed is Transformed
    assert sorted(T.__all__) == T.__all__ and all(hasattr(T, name) for name in T.__all__)
    assert all(hasattr(T.functional, name) for name in T.functional.__all__)
    with pytest.raises(AttributeError, match=r"module 'autograd_core.data' has no attribute 'transform'"):
        _ = ag.data.transform


# ---- at prediction ----


class Sums(nn.Module):
    """Logits: the first pixel of each channel, and whether it trains."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.9)
        self.frozen = nn.Dropout(0.9)
        self.modes: list[bool] = []

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        self.modes.append(self.training)
        return self.dropout(x[:, :, 0, 0]) * 3


def test_predictions_are_averaged_over_changed_images() -> None:
    model, flip = Sums(), T.RandomHorizontalFlip()
    model.frozen.eval()
    found = T.test_time(model, IMAGES, flip, samples=400)
    left, right = (3 * IMAGES[:, :, 0, column] for column in (0, -1))
    assert np.allclose(found.numpy(), ((left.softmax(-1) + right.softmax(-1)) / 2).numpy(), atol=0.05)
    assert np.allclose(found.sum(1).numpy(), 1, atol=1e-5) and not found.requires_grad
    assert model.modes == [False] * 400
    assert model.training and model.dropout.training and not model.frozen.training


def test_crops_and_functions_of_one_image_do_as_well() -> None:
    def model(x: Any) -> Any:
        return x.mean((2, 3))

    crops = T.TenCrop(5)(IMAGES)
    wanted = sum(model(crop).softmax(-1) for crop in crops) / 10
    assert np.allclose(T.test_time(model, IMAGES, T.TenCrop(5), samples=1).numpy(), wanted.numpy(), atol=1e-6)
    single = T.test_time(model, IMAGES, lambda image: image, samples=2)
    assert np.allclose(single.numpy(), model(IMAGES).softmax(-1).numpy(), atol=1e-6)


def test_the_mode_is_restored_when_the_model_fails() -> None:
    model = Sums()
    with pytest.raises(ValueError, match="no"):
        T.test_time(model, IMAGES, lambda image: (_ for _ in ()).throw(ValueError("no")))
    assert model.training and model.dropout.training


def test_images_on_another_device_are_changed_on_the_cpu(cuda: Any) -> None:
    found = T.test_time(lambda x: x.mean((2, 3)), IMAGES.to("cuda"), AUGMENT, samples=2)
    assert str(found.device) == "cuda:0" and found.shape == (24, 3)


def test_refusals_of_test_time() -> None:
    with pytest.raises(ValueError, match=r"test_time: x has shape \(3, 8, 8\); wanted a batch"):
        T.test_time(Sums(), IMAGES[0], AUGMENT)
    with pytest.raises(ValueError, match="test_time: samples is 0; wanted at least 1"):
        T.test_time(Sums(), IMAGES, AUGMENT, samples=0)


# ---- pictures ----


def test_examples_are_saved_as_files_and_as_a_sheet(tmp_path: Path) -> None:
    library = pytest.importorskip("PIL.Image")
    before = ag.get_rng_state()
    sheet = T.save_examples(DATA, AUGMENT, tmp_path / "look", count=2, samples=3)
    names = sorted(path.name for path in (tmp_path / "look").iterdir())
    assert names == ["000_0.png", "000_1.png", "000_2.png", "000_original.png", "001_0.png", "001_1.png", "001_2.png",
                     "001_original.png", "sheet.png"]  # fmt: skip
    with library.open(tmp_path / "look" / "000_original.png") as original:
        wanted = np.rint(IMAGES[0].numpy() * 255).transpose(1, 2, 0)
        assert np.array_equal(np.asarray(original), wanted)
    with library.open(sheet) as whole:
        assert whole.mode == "RGB" and whole.size == (4 * 76 + 4, 2 * 76 + 4)
    assert not ag.equal(before, ag.get_rng_state())


def test_standardised_images_bytes_and_pil_images_can_be_looked_at(tmp_path: Path) -> None:
    pytest.importorskip("PIL.Image")
    for examples, change in (
        (IMAGES * 6 - 3, T.CenterCrop(5)),
        ((IMAGES * 255).to(ag.uint8)[:, :1], T.Pad(3)),
        ([T.ToPILImage()(image) for image in IMAGES[:2]], T.Grayscale()),
        (ag.full((2, 1, 90, 20), 7.0), T.RandomVerticalFlip()),
    ):
        assert T.save_examples(examples, change, tmp_path, count=2, samples=2).exists()
    with pytest.raises(ValueError, match="save_examples: examples are empty"):
        T.save_examples(IMAGES[:0], AUGMENT, tmp_path)


def test_a_sheet_has_every_image_in_the_middle_of_its_cell() -> None:
    sheet = T.contact_sheet([[ag.zeros(1, 4, 4), ag.full((3, 2, 4), 0.5)]], cell=9)
    assert sheet.shape == (3, 8 + 8, 16 + 12)
    assert sheet[:, :4].min() == 1 and sheet[0, 4:12, 4:12].max() == 0
    assert sheet[0, 4:12, 20].tolist() == [1, 1, 0.5, 0.5, 0.5, 0.5, 1, 1]
