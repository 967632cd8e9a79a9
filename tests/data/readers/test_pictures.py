"""Images in files: every kind that Pillow reads as what it shows; writing; refusals."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import optional
from autograd_core.data import make_grid, read_image, write_image, write_images
from autograd_core.errors import DTypeError, FormatError, ShapeError

Image = pytest.importorskip("PIL.Image")
RNG = np.random.default_rng(0)
COLOURS = RNG.integers(0, 256, (6, 8, 3), dtype=np.uint8)  # (H, W, C)


def saved(tmp_path, image, name="a.png", **options):
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(tmp_path / name, **options)
    return tmp_path / name


def test_colours_as_floats_and_bytes(tmp_path):
    path = saved(tmp_path, COLOURS)
    floats, whole = read_image(path), read_image(str(path), dtype=ag.uint8)
    assert floats.dtype == ag.float32 and whole.dtype == ag.uint8 and floats.is_contiguous()
    np.testing.assert_array_equal(whole.numpy(), COLOURS.transpose(2, 0, 1))
    np.testing.assert_array_equal(floats.numpy(), COLOURS.transpose(2, 0, 1) / np.float32(255))
    assert tuple(read_image(path, mode="L").shape) == (1, 6, 8)
    assert tuple(read_image(path, mode="RGBA").shape) == (4, 6, 8)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photograph_stands_upright(tmp_path, orientation):
    stored = {
        1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: a.transpose(1, 0, 2),
        6: np.rot90, 7: lambda a: np.rot90(a, 2).transpose(1, 0, 2), 8: lambda a: np.rot90(a, 3),
    }[orientation](COLOURS)  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, np.ascontiguousarray(stored), exif=exif)
    np.testing.assert_array_equal(read_image(path, dtype="uint8").numpy(), COLOURS.transpose(2, 0, 1))


def test_damaged_exif_data_do_no_harm(tmp_path):
    path = saved(tmp_path, COLOURS, "a.jpg", exif=b"Exif\0\0MM\0*nonsense")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert tuple(read_image(path).shape) == (3, 6, 8)


def test_palettes_greys_and_single_bits(tmp_path):
    palette = Image.fromarray(COLOURS).quantize(8)
    wanted = np.asarray(palette.convert("RGB")).transpose(2, 0, 1)
    np.testing.assert_array_equal(read_image(saved(tmp_path, palette, "p.gif"), dtype="uint8").numpy(), wanted)
    bits = saved(tmp_path, Image.fromarray(COLOURS[..., 0] > 99), "b.png")
    np.testing.assert_array_equal(read_image(bits).numpy()[1], COLOURS[..., 0] > 99)
    assert tuple(read_image(saved(tmp_path, Image.fromarray(COLOURS).convert("CMYK"), "c.jpg")).shape) == (3, 6, 8)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_lies_on_white(tmp_path, mode):
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 0))  # black below what cannot be seen
    image.putpixel((0, 0), (0, 0, 0, 255))
    path = saved(tmp_path, image.quantize(4) if mode == "P" else image.convert(mode))
    got = read_image(path).numpy()
    assert got[:, 0, 0].tolist() == [0, 0, 0] and got[:, 3, 3].tolist() == [1, 1, 1]
    assert read_image(path, mode="RGBA").numpy()[3, 3, 3] == 0


def test_sixteen_bits(tmp_path):
    wide = RNG.integers(0, 65536, (5, 7)).astype(np.uint16)
    for path in (saved(tmp_path, wide), saved(tmp_path, wide, "a.tif")):
        np.testing.assert_allclose(read_image(path, mode="F").numpy()[0], wide / 65535, atol=1e-7)
        np.testing.assert_allclose(read_image(path).numpy()[2], wide / 65535, atol=0.5 / 255 + 1e-6)
    floats = saved(tmp_path, (wide / 65535).astype(np.float32), "f.tif")
    np.testing.assert_allclose(read_image(floats, mode="F").numpy()[0], wide / 65535, atol=1e-7)
    with pytest.raises(FormatError, match=r"its pixels run from 0\.0 to 2\.0; wanted 0 to 1, for Pillow's mode 'F'"):
        read_image(saved(tmp_path, np.array([[0, 2]], np.float32), "g.tif"))
    eight = read_image(saved(tmp_path, COLOURS), mode="F", dtype="uint8")
    np.testing.assert_array_equal(eight.numpy(), read_image(saved(tmp_path, COLOURS), mode="L", dtype="uint8").numpy())


def test_sizes_and_fits(tmp_path):
    halves = np.zeros((20, 60), np.uint8)
    halves[:, 20:40] = 255  # black, white, black: three squares
    path = saved(tmp_path, halves)
    for fit, wanted in (("stretch", [0, 1, 0]), ("crop", [1, 1, 1]), ("pad", [0, 1, 0])):
        got = read_image(path, 10, "L", fit=fit).numpy()
        assert got.shape == (1, 10, 10)
        assert got[0, 5, [1, 5, 8]].round().tolist() == wanted
    assert read_image(path, 10, "L", fit="pad").numpy()[0, [0, 9]].max() == 0
    assert tuple(read_image(path, (5, 9)).shape) == (3, 5, 9)


def test_a_large_photograph_is_decoded_small(tmp_path):
    row, column = np.mgrid[:400, :600]
    path = saved(tmp_path, (row // 4 + column // 8).astype(np.uint8), "a.jpg", quality=95)
    whole = Image.open(path)
    with whole:
        wanted = np.asarray(whole.resize((30, 20), Image.Resampling.BILINEAR)) / 255
    np.testing.assert_allclose(read_image(path, (20, 30), "L").numpy()[0], wanted, atol=0.02)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, "size is 0; wanted a side or"), ({"size": (3, 4, 5)}, "size is"), ({"size": True}, "size is"),
        ({"size": (3, 2.5)}, "size is"), ({"mode": "CMYK"}, "mode is 'CMYK'; wanted one of 'L', 'LA', 'RGB'"),
        ({"fit": "squeeze"}, "fit is 'squeeze'; wanted one of 'stretch'"), ({"dtype": "int8"}, "dtype is .*int8"),
    ],
)  # fmt: skip
def test_bad_arguments(tmp_path, options, message):
    with pytest.raises((ValueError, DTypeError), match=f"read_image: {message}"):
        read_image(tmp_path / "none.png", **options)


def test_files_that_are_no_images(tmp_path):
    with pytest.raises(FileNotFoundError, match="none"):
        read_image(tmp_path / "none.png")
    (tmp_path / "a.png").write_text("hello")
    with pytest.raises(FormatError, match=r"read_image: .*a\.png: it is damaged, or no image of a kind"):
        read_image(tmp_path / "a.png")
    path = saved(tmp_path, RNG.integers(0, 256, (50, 50, 3), dtype=np.uint8), "b.jpg")
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(FormatError, match=r"b\.jpg: it is damaged: .*truncated"):
        read_image(path)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("most", [40, 4])  # Pillow itself refuses what is larger than twice as many
def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch, most):
    path = saved(tmp_path, COLOURS)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
    with pytest.raises(FormatError, match=r"raise PIL\.Image\.MAX_IMAGE_PIXELS"):
        read_image(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert tuple(read_image(path).shape) == (3, 6, 8)


@pytest.mark.parametrize("ending", [".png", ".tif", ".bmp", ".jpg", ".webp", ".gif"])
def test_what_is_written_comes_back(tmp_path, ending):
    smooth = ag.linspace(0, 1, 64).reshape(1, 8, 8).expand(3, 8, 8)
    write_image(smooth, tmp_path / f"a{ending}")
    exact = ending in (".png", ".tif", ".bmp")
    assert (read_image(tmp_path / f"a{ending}") - smooth).abs().max() <= (0.5 / 255 + 1e-6 if exact else 0.05)


def test_channels_dtypes_and_ranges(tmp_path):
    path = tmp_path / "a.png"
    for channels, mode in ((1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")):
        image = ag.randint(256, (channels, 4, 5)).to(ag.uint8)
        write_image(image, path)
        assert read_image(path, mode=mode, dtype="uint8").tolist() == image.tolist()
    write_image(ag.tensor([[-1.0, 2.0]]), path)
    assert read_image(path, mode="L").flatten().tolist() == [0, 1]
    write_image(np.array([[3.0, 4.0, 5.0]]), path, normalize=True)
    assert read_image(path, mode="L", dtype="uint8").flatten().tolist() == [0, 128, 255]
    write_image(ag.ones(2, 2, requires_grad=True), path)
    write_image(ag.ones(2, 2), path, normalize=True)


@pytest.mark.parametrize(
    ("image", "name", "message"),
    [
        (ag.ones(5, 4, 4), "a.png", r"image has shape \(5, 4, 4\); wanted \(C, H, W\)"),
        (ag.ones(2, 3, 4, 4), "a.png", "image has shape"),
        (ag.ones(3, 0, 4), "a.png", "image has shape"),
        (ag.ones(3, 4, 4).long(), "a.png", "image is int64; wanted floats in 0..1 or uint8"),
        (ag.tensor([[1.0, float("nan")]]), "a.png", "image has 1 values that are NaN or infinite"),
        (ag.ones(4, 4), "a.xcf", r"ends in '\.xcf'; wanted one of \.png"),
        (ag.ones(4, 4, 4), "a.jpg", r"\.jpg holds no transparency; image has 4 channels"),
    ],
)
def test_what_cannot_be_written(tmp_path, image, name, message):
    with pytest.raises((ShapeError, DTypeError, ValueError), match=message):
        write_image(image, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_file_is_replaced_whole(tmp_path, monkeypatch):
    write_image(ag.ones(4, 4), tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_image(ag.zeros(4, 4), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == before and len(list(tmp_path.iterdir())) == 1
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        write_image(ag.ones(4, 4), tmp_path / "none" / "a.png")


def test_batches_of_files(tmp_path):
    paths = write_images(ag.rand(3, 1, 4, 4), tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["0000.png", "0001.png", "0002.png"]
    assert all(tuple(read_image(path, mode="L").shape) == (1, 4, 4) for path in paths)
    write_images([ag.rand(3, 4, 4), ag.rand(3, 5, 5)], tmp_path, ["x.jpg", "y.png"])
    assert (tmp_path / "x.jpg").is_file() and (tmp_path / "y.png").is_file()
    with pytest.raises(ValueError, match="got 1 names for 2 images"):
        write_images(ag.rand(2, 4, 4), tmp_path, ["x.jpg"])


def test_a_sheet_of_images():
    images = ag.arange(5.0).reshape(5, 1, 1, 1).expand(5, 1, 2, 3) / 10
    sheet = make_grid(images, nrow=2, padding=1, pad_value=1.0)
    assert tuple(sheet.shape) == (1, 3 * 3 + 1, 2 * 4 + 1)
    assert sheet[0, [1, 1, 4, 4, 7], [1, 5, 1, 5, 1]].tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert float(sheet[0, 0].min()) == float(sheet[0, 7, 5]) == 1
    assert tuple(make_grid([ag.ones(3, 4, 4)]).shape) == (3, 8, 8)
    for wrong in ([], [ag.ones(3, 4, 4), ag.ones(3, 4, 5)]):
        with pytest.raises(ShapeError, match="make_grid: got images of shapes"):
            make_grid(wrong)
    with pytest.raises(ValueError, match="make_grid: nrow is 0"):
        make_grid(images, 0)


def test_without_pillow(tmp_path, monkeypatch):
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(optional.importlib, "import_module", absent)
    with pytest.raises(ImportError, match=r"reading and writing images needs Pillow, .*; pip install pillow"):
        read_image(tmp_path / "a.png")
