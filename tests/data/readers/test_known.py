"""MNIST, Fashion-MNIST and CIFAR-10: where their files are found, what is given, what is said of bad ones."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.data import CIFAR10, MNIST, DataLoader, FashionMNIST, ImageArrays
from autograd_core.data.readers import cifar, known
from autograd_core.data.readers.known import FILES
from autograd_core.errors import DTypeError, FormatError, ShapeError
from tests.data.readers.servers import serving
from tests.data.readers.test_idx import idx_bytes

REAL = Path(__file__).parents[4] / "shared" / "data"
RNG = np.random.default_rng(0)
DIGITS = [RNG.integers(0, 10, shape, dtype=np.uint8) for shape in [(6, 28, 28), (6,), (2, 28, 28), (2,)]]
RECORDS = RNG.integers(0, 10, (12, cifar.RECORD), dtype=np.uint8)  # two for each of six files


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mnist").mkdir()
    for name, array in zip(FILES, DIGITS):
        content = idx_bytes(array)
        zipped = "images" in name
        path = tmp_path / "mnist" / (f"{name}.gz" if zipped else name)
        path.write_bytes(gzip.compress(content) if zipped else content)
    return tmp_path


def archive_of(records, folder="cifar-10-batches-bin"):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for i, name in enumerate((*cifar.TRAIN, *cifar.TEST)):
            member = tarfile.TarInfo(f"{folder}/{name}")
            two = records[2 * i : 2 * i + 2].tobytes()
            member.size = len(two)
            archive.addfile(member, io.BytesIO(two))
    return content.getvalue()


def test_samples_and_whole_batches(folder):
    digits = MNIST(folder)
    assert digits.images.shape == (6, 1, 28, 28) and digits.images.dtype == np.uint8
    assert digits.labels.dtype == np.int64 and digits.classes == list("0123456789")
    image, label = digits[4]
    assert image.dtype == ag.float32 and tuple(image.shape) == (1, 28, 28) and type(label) is int
    np.testing.assert_array_equal(image.numpy()[0], DIGITS[0][4] / np.float32(255))
    x, y = next(iter(DataLoader(digits, 6)))
    assert y.tolist() == DIGITS[1].tolist() == [digits[i][1] for i in range(6)]
    np.testing.assert_array_equal(x.numpy(), np.stack([image.numpy() for image, _ in digits]))
    assert digits.data.dtype == ag.uint8 and digits.targets.dtype == ag.int64  # torchvision's names
    np.testing.assert_array_equal(digits.data.numpy(), DIGITS[0])
    assert digits.targets.tolist() == DIGITS[1].tolist()
    assert len(MNIST(folder, train=False)) == 2
    assert FashionMNIST(folder / "mnist").classes[9] == "Ankle boot"


def test_transforms_of_images_and_labels(folder):
    changed = MNIST(folder, transform=lambda x: -x, target_transform=lambda y: y + 100)
    assert float(changed[0][0].max()) <= 0 and changed[0][1] >= 100
    x, y = next(iter(DataLoader(changed, 4)))
    assert x.max() <= 0 and y.min() >= 100
    calls = []

    def dark(images):
        calls.append(tuple(images.shape))
        return images / 2

    dark.batches = True  # as the transforms of ag.data.transforms say that they know batches
    x, _ = next(iter(DataLoader(MNIST(folder, transform=dark), 4)))
    assert x.max() <= 0.5 and calls == [(4, 1, 28, 28)]


def test_where_files_are_looked_for(folder, monkeypatch):
    for name in FILES:
        for path in (folder / "mnist").glob(f"{name}*"):
            path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    assert len(MNIST(folder)) == len(MNIST(folder / "mnist")) == 6
    (folder / "MNIST").mkdir()
    (folder / "mnist").rename(folder / "MNIST" / "raw")
    monkeypatch.setenv("AUTOGRAD_DATA", str(folder))
    assert len(MNIST()) == 6
    monkeypatch.delenv("AUTOGRAD_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    with pytest.raises(FileNotFoundError, match=r"no file .*; there is no folder .*cache/autograd_core\. Download it"):
        MNIST()


def test_a_missing_file_is_named_with_its_address(folder):
    (folder / "mnist" / FILES[1]).unlink()
    with pytest.raises(FileNotFoundError, match=r"MNIST: no file train-labels-.* in .*mnist; the folder holds") as e:
        MNIST(folder)
    assert "Download it with MNIST(root, download=True), or fetch https://" in str(e.value)
    assert len(MNIST(folder, train=False)) == 2


def test_images_and_labels_that_do_not_fit(folder):
    (folder / "mnist" / FILES[1]).write_bytes(idx_bytes(np.zeros(5, np.uint8)))
    with pytest.raises(FormatError, match=r"train images are uint8 of shape \(6, 28, 28\), the labels of shape \(5,\)"):
        MNIST(folder)
    (folder / "mnist" / FILES[1]).write_bytes(idx_bytes(np.full(6, 10, np.uint8)))
    with pytest.raises(ShapeError, match="MNIST: labels run from 10 to 10; wanted 0 to 9, for 10 classes"):
        MNIST(folder)


@pytest.mark.parametrize("there", ["nothing", "some"])
def test_what_is_missing_is_downloaded(folder, monkeypatch, there):
    pytest.importorskip("pooch")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    path = folder / "mnist" / f"{FILES[2]}.gz"
    content = path.read_bytes()
    with serving(content) as served:
        monkeypatch.setattr(MNIST, "url", f"{served.url}/")
        monkeypatch.setattr(MNIST, "sums", ("", "", hashlib.sha256(content).hexdigest(), "0" * 64))
        if there == "some":
            path.unlink()
            assert len(MNIST(folder, train=False, download=True)) == 2
            assert path.read_bytes() == content and served.asked == 1
        else:
            with pytest.raises(FormatError, match=r"MNIST: what came from .*t10k-labels-idx1-ubyte.gz is not the file"):
                MNIST(folder / "new", train=False, download=True)
            assert os.listdir(folder / "new" / "mnist") == [path.name]  # the images, whose sum was right


# ---- CIFAR-10 ----


@pytest.mark.parametrize("form", ["files", "files in a folder", "archive", "npz"])
def test_the_forms_of_cifar(tmp_path, monkeypatch, form):
    monkeypatch.setattr(cifar, "WHOLE", 2 * cifar.RECORD)
    if form.startswith("files"):
        place = tmp_path / ("cifar-10-batches-bin" if "folder" in form else ".")
        place.mkdir(exist_ok=True)
        for i, name in enumerate((*cifar.TRAIN, *cifar.TEST)):
            (place / name).write_bytes(RECORDS[2 * i : 2 * i + 2].tobytes())
    elif form == "archive":
        (tmp_path / "cifar10").mkdir()
        (tmp_path / "cifar10" / cifar.ARCHIVE).write_bytes(archive_of(RECORDS))
    else:
        x, y = RECORDS[:, 1:].reshape(-1, 3, 32, 32), RECORDS[:, 0]
        np.savez(tmp_path / "cifar10_small.npz", x_train=x[:10], y_train=y[:10], x_test=x[10:], y_test=y[10:])
    train, test = CIFAR10(tmp_path), CIFAR10(tmp_path, train=False)
    assert (len(train), len(test), train.classes[0]) == (10, 2, "airplane")
    np.testing.assert_array_equal(train.images.reshape(10, -1), RECORDS[:10, 1:])
    assert test.labels.tolist() == RECORDS[10:, 0].tolist()
    assert tuple(train[0][0].shape) == (3, 32, 32)


def test_an_archive_is_downloaded_and_nothing_unpacked(tmp_path, monkeypatch):
    pytest.importorskip("pooch")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(cifar, "WHOLE", 2 * cifar.RECORD)
    content = archive_of(RECORDS)
    with serving(content) as served:
        remote = known.Remote(cifar.ARCHIVE, served.url, f"md5:{hashlib.md5(content).hexdigest()}")
        monkeypatch.setattr(CIFAR10, "archive", remote)
        served.most = len(content) // 2
        with pytest.raises(ConnectionError, match=r"CIFAR10: http://127.* did not arrive"):
            CIFAR10(tmp_path, download=True)
        served.most = len(content)
        assert len(CIFAR10(tmp_path, download=True)) == 10
    assert os.listdir(tmp_path / "cifar10") == [cifar.ARCHIVE]
    assert len(CIFAR10(tmp_path)) == 10


def test_archives_that_are_damaged_or_made_to_harm(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar, "WHOLE", 2 * cifar.RECORD)
    path = tmp_path / cifar.ARCHIVE
    path.write_bytes(archive_of(RECORDS)[:5000])
    with pytest.raises(FormatError, match=r"truncated or damaged: .*Delete it and download again"):
        CIFAR10(tmp_path)
    path.write_bytes(archive_of(RECORDS, "../../etc"))
    with pytest.raises(FormatError, match=r"holds no file cifar-10-batches-bin/data_batch_1\.bin of 6146 bytes"):
        CIFAR10(tmp_path)
    with tarfile.open(path, "w:gz") as archive:
        for name in (*cifar.TRAIN, *cifar.TEST):
            link = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(link)
    with pytest.raises(FormatError, match="holds no file"):
        CIFAR10(tmp_path)
    assert os.listdir(tmp_path) == [cifar.ARCHIVE]


def test_cifar_files_that_are_damaged_or_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"CIFAR10: no file cifar-10-.* in .*; the folder is empty"):
        CIFAR10(tmp_path)
    path = tmp_path / "test_batch.bin"
    for content, message in (
        (b"", "has 0 bytes; wanted records of 3073"),
        (RECORDS.tobytes()[:-1], "has 36875 bytes"),
        (b"\x0b" + RECORDS.tobytes()[1:], "has label 11 in record 0; wanted 0 to 9"),
    ):
        path.write_bytes(content)
        with pytest.raises(FormatError, match=message):
            CIFAR10(tmp_path, train=False)
    (tmp_path / "data_batch_2.bin").write_bytes(RECORDS.tobytes())
    with pytest.raises(FormatError, match=r"lacks data_batch_1\.bin, data_batch_3\.bin"):
        CIFAR10(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    np.savez(other / "cifar10.npz", x_train=np.zeros((2, 3, 32, 32)), y_train=np.zeros(2, np.uint8))
    with pytest.raises(FormatError, match=r"x_train is float64 of shape \(2, 3, 32, 32\)"):
        CIFAR10(other)
    with pytest.raises(FormatError, match="holds x_train, y_train; wanted x_test and y_test"):
        CIFAR10(other, train=False)


# ---- arrays of one's own, and the real files ----


def test_arrays_of_ones_own():
    images = RNG.integers(0, 256, (5, 4, 4), dtype=np.uint8)
    own = ImageArrays(images, [0, 1, 2, 1, 0])
    assert own.classes == ["0", "1", "2"] and own.class_to_idx == {"0": 0, "1": 1, "2": 2}
    assert tuple(own[-1][0].shape) == (1, 4, 4)
    with pytest.raises(IndexError):
        own[5]
    for wrong, labels, classes, error, message in (
        (images / 255, [0] * 5, None, DTypeError, "images are float64; wanted uint8"),
        (images[0], [0] * 4, None, ShapeError, r"images have shape \(4, 4\); wanted \(N, C, H, W\)"),
        (images, [0.5] * 5, None, DTypeError, "labels are float64; wanted integers"),
        (images, [0] * 4, None, ShapeError, r"labels have shape \(4,\); wanted \(5,\)"),
        (images, [0, 1, 2, 3, 0], ["a", "b"], ShapeError, "labels run from 0 to 3; wanted 0 to 1, for 2 classes"),
        (images, [0, -1, 2, 3, 0], None, ShapeError, "labels run from -1"),
    ):
        with pytest.raises(error, match=f"ImageArrays: {message}"):
            ImageArrays(wrong, labels, classes)


def test_a_subclass_with_samples_of_its_own():
    class Negative(ImageArrays):
        def __getitem__(self, index):
            image, label = super().__getitem__(index)
            return 1 - image, label

    x, _ = next(iter(DataLoader(Negative(np.zeros((2, 1, 3, 3), np.uint8), [0, 1]), 2)))
    assert x.min() == 1


@pytest.mark.parametrize(("kind", "mean"), [(MNIST, 0.1325), (FashionMNIST, 0.2868)])
def test_the_real_files(kind, mean):
    if not any((REAL / kind.folder).glob("*idx3*")):
        pytest.skip(f"no real files in {REAL / kind.folder}")
    test = kind(REAL, train=False)
    assert test.images.shape == (10000, 1, 28, 28) and set(test.labels.tolist()) == set(range(10))
    assert test.images.mean() / 255 == pytest.approx(mean, abs=5e-5)
    sums = dict(zip(FILES, kind.sums))
    for name in FILES[2:]:
        assert hashlib.sha256((REAL / kind.folder / f"{name}.gz").read_bytes()).hexdigest() == sums[name]


def test_the_real_sample_of_cifar():
    if not (REAL / "cifar10-sample").is_dir():
        pytest.skip(f"no real files in {REAL / 'cifar10-sample'}")
    test = CIFAR10(REAL / "cifar10-sample", train=False)
    assert test.images.shape == (2000, 3, 32, 32) and np.bincount(test.labels)[0] == 196
