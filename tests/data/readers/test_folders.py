"""Folders of images: what is found, how it is given, and what is done with images that cannot be read."""

from __future__ import annotations

import os
import pickle
import warnings
from pathlib import Path

import pytest

import autograd_core as ag
from autograd_core.data import DataLoader, ImageFolder, random_split, write_image
from autograd_core.errors import FormatError

pytest.importorskip("PIL")
SHADES = {"bird": 0.2, "cat": 0.4, "dog": 0.6}


@pytest.fixture
def root(tmp_path):
    """Three classes of four images, each of one shade of grey, of several sizes and kinds."""
    for name, shade in SHADES.items():
        (tmp_path / name).mkdir()
        for i, ending in enumerate((".png", ".jpg", ".PNG", ".webp")):
            write_image(ag.full((3, 8 + i, 9), shade), tmp_path / name / f"{i}{ending}")
    return tmp_path


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def test_classes_samples_and_targets(root):
    (root / "cat" / "deeper").mkdir()
    write_image(ag.zeros(4, 4), root / "cat" / "deeper" / "x.png")
    for name in ("notes.txt", ".hidden.png", "cat/._0.png", "cat/Thumbs.db"):
        (root / name).write_text("no image")
    (root / ".git").mkdir()
    folder = ImageFolder(root)
    assert folder.classes == ["bird", "cat", "dog"] and folder.class_to_idx == {"bird": 0, "cat": 1, "dog": 2}
    assert len(folder) == 13 and folder.targets == [0] * 4 + [1] * 5 + [2] * 4
    assert folder.samples[0] == (str(root / "bird" / "0.png"), 0)
    assert [Path(path).name for path, label in folder.samples if label == 1][-1] == "x.png"


def test_samples_are_tensors_with_labels(root):
    image, label = ImageFolder(root, transform=lambda x: x * 2, target_transform=str)[-1]
    assert tuple(image.shape) == (3, 11, 9) and image.dtype == ag.float32 and label == "2"
    assert float(image.mean()) == pytest.approx(1.2, abs=0.03)
    image, label = ImageFolder(root, 6, mode="L")[4]
    assert tuple(image.shape) == (1, 6, 6) and label == 1
    assert tuple(ImageFolder(root, (5, 6), mode="F", fit="crop")[4][0].shape) == (1, 5, 6)


@pytest.mark.parametrize("options", [{}, {"num_workers": 2, "worker_type": "thread"}, {"num_workers": 1}])
def test_batches(root, options):
    for folder in (ImageFolder(root, 6), ImageFolder(root, 6, transform=lambda x: x)):  # in one go, and one by one
        x, y = next(iter(DataLoader(folder, 12, **options)))
        assert tuple(x.shape) == (12, 3, 6, 6) and x.dtype == ag.float32
        assert y.dtype == ag.int64 and y.tolist() == folder.targets
        shades = ag.tensor([0.2] * 4 + [0.4] * 4 + [0.6] * 4)
        assert (x.mean((1, 2, 3)) - shades).abs().max() < 0.03


def test_transforms_that_know_batches_are_asked_once(root):
    class Doubling:
        batches = True
        calls = 0

        def __call__(self, images):
            Doubling.calls += 1
            return images * 2

    (x, _y), *_ = DataLoader(ImageFolder(root, 6, Doubling()), 12)
    assert Doubling.calls == 1
    assert x.max() > 1.1


def test_images_of_different_sizes_make_no_batch(root):
    with pytest.raises(ValueError, match="stack expects each tensor to be equal size"):
        next(iter(DataLoader(ImageFolder(root), 12)))


def test_links_that_lead_back_end(root):
    os.symlink(root / "cat", root / "cat" / "again")
    os.symlink(root / "dog", root / "wolf")
    folder = ImageFolder(root)
    assert len(folder) == 16 and folder.classes[-1] == "wolf"


def test_folders_that_do_not_fit(tmp_path):
    with pytest.raises(FileNotFoundError, match="has no subfolder, one for each class; there is no folder"):
        ImageFolder(tmp_path / "none")
    write_image(ag.zeros(4, 4), tmp_path / "a.png")
    with pytest.raises(FileNotFoundError, match=r"has no subfolder, one for each class; the folder holds a\.png"):
        ImageFolder(tmp_path)
    (tmp_path / "cat").mkdir()
    with pytest.raises(FileNotFoundError, match=r"the class folder .*cat has no image \(\.jpg.*; the folder is empty"):
        ImageFolder(tmp_path)


def test_bad_arguments(root):
    with pytest.raises(ValueError, match="ImageFolder: size is -1"):
        ImageFolder(root, -1)
    with pytest.raises(ValueError, match="ImageFolder: on_error is 'ignore'; wanted 'raise' or 'skip'"):
        ImageFolder(root, on_error="ignore")


@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_image_raises_and_is_named(root, workers):
    damage(root / "cat" / "1.jpg")
    loader = DataLoader(ImageFolder(root, 6), 4, num_workers=workers, worker_type="thread")
    with pytest.raises(FormatError, match=r"read_image: .*cat/1\.jpg: it is damaged"):
        list(loader)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_image_is_replaced_by_the_next_of_its_class(root, workers):
    damage(root / "dog" / "2.PNG")
    damage(root / "dog" / "3.webp")
    folder = ImageFolder(root, 6, on_error="skip")
    loader = DataLoader(folder, 4, num_workers=workers, worker_type="thread")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            batches = list(loader)
    told = [str(warning.message) for warning in caught if "left out" in str(warning.message)]
    assert len(told) == 2  # one for each, and not again
    assert all(text.startswith("ImageFolder: an image is left out: read_image: ") for text in told)
    assert "2.PNG" in told[0] + told[1] and "3.webp" in told[0] + told[1]
    assert len(folder) == 12 and [len(y) for _, y in batches] == [4, 4, 4]
    assert batches[2][1].tolist() == [2] * 4
    assert (batches[2][0].mean((1, 2, 3)) - 0.6).abs().max() < 0.03


def test_check_finds_and_without_leaves_out_what_cannot_be_read(root):
    damage(root / "cat" / "0.png")
    (root / "bird" / "1.jpg").write_text("")
    folder = ImageFolder(root, 6)
    found = folder.check()
    assert sorted(found) == [str(root / "bird" / "1.jpg"), str(root / "cat" / "0.png")]
    assert "0.png: it is damaged" in found[str(root / "cat" / "0.png")]
    good = folder.without(found)
    assert len(folder) == 12 and len(good) == 10 and good.targets.count(1) == 3
    assert len(list(DataLoader(good, 1))) == 10
    assert good.check() == {} and len(folder.check()) == 2
    assert len(folder.without([root / "cat" / "0.png"])) == 11


def test_a_class_of_which_nothing_can_be_read(root):
    for path in (root / "cat").iterdir():
        damage(path)
    folder = ImageFolder(root, 6, on_error="skip")
    with pytest.raises(ValueError, match=r"ImageFolder\.without: no image of class 'cat' would be left"):
        folder.without(folder.check())
    with pytest.raises(ValueError, match=r"ImageFolder\.without: cat/0 is none of the images"):
        folder.without(["cat/0"])
    with pytest.raises(FormatError, match=r"no image of class 'cat' can be read; the first: read_image: .*0\.png"):
        folder[5]


def test_an_image_that_is_gone_is_skipped_too(root):
    folder = ImageFolder(root, 6, on_error="skip")
    (root / "dog" / "3.webp").unlink()
    with pytest.warns(UserWarning, match=r"an image is left out: .*3\.webp"):
        assert folder[11][1] == 2


def test_images_are_closed_and_not_held(root):
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("no /proc to count open files in")
    folder = ImageFolder(root, 6)
    before = len(os.listdir("/proc/self/fd"))
    kept = [folder[i] for i in range(12)]
    assert len(kept) == 12 and len(os.listdir("/proc/self/fd")) == before


def test_it_can_be_pickled_and_split(root):
    folder = pickle.loads(pickle.dumps(ImageFolder(root, 6)))
    train, test = random_split(folder, [8, 4])
    x, y = next(iter(DataLoader(train, 8)))
    assert len(x) == len(y) == 8 and len(test) == 4
