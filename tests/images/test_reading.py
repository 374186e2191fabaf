import io
import os
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from jppnet_tf import InputError
from jppnet_tf.images import reading
from jppnet_tf.images.reading import (
    decode_image,
    read_ids,
    read_image,
    read_size,
    to_rgb,
)


@pytest.fixture
def photo(make_photo):
    return make_photo(24, 17)


def test_jpeg_is_decoded_by_tensorflow(tmp_path, photo):
    path = tmp_path / "a.jpg"
    Image.fromarray(photo).save(path)
    read = read_image(path)
    assert (read.dtype, read.shape) == (np.uint8, (24, 17, 3))
    np.testing.assert_array_equal(read, tf.io.decode_jpeg(path.read_bytes(), channels=3))
    assert np.any(read != np.asarray(Image.open(path)))  # or this test could not fail


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "webp", "gif"])
def test_lossless_formats_give_their_pixels(tmp_path, photo, suffix):
    path = tmp_path / f"a.{suffix}"
    colours = photo // 128 * 128  # few enough for GIF's palette
    image = Image.fromarray(colours)
    image.save(path, **({"lossless": True} if suffix == "webp" else {}))
    np.testing.assert_array_equal(read_image(path), colours)


def test_the_content_decides_not_the_suffix(tmp_path, photo):
    Image.fromarray(photo).save(tmp_path / "a.jpg", format="png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.jpg"), photo)


def test_grey_palette_and_one_bit(tmp_path, photo):
    for mode in ("L", "P", "1"):
        image = Image.fromarray(photo).convert(mode)
        image.save(tmp_path / "a.png")
        np.testing.assert_array_equal(
            read_image(tmp_path / "a.png"), np.asarray(image.convert("RGB"))
        )


def test_sixteen_bits_keep_their_upper_byte(tmp_path):
    grey = np.arange(0, 65536, 1111, dtype=np.uint16)[None]
    Image.fromarray(grey).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png")[..., 1], grey >> 8)
    rgb16 = np.repeat(grey[..., None], 3, axis=2)
    (tmp_path / "b.png").write_bytes(tf.io.encode_png(rgb16).numpy())
    np.testing.assert_array_equal(read_image(tmp_path / "b.png")[..., 2], grey >> 8)


def test_transparency_shows_white_paper(tmp_path):
    rgba = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 128]]], np.uint8)
    Image.fromarray(rgba).save(tmp_path / "a.png")
    np.testing.assert_array_equal(
        read_image(tmp_path / "a.png"), [[[10, 20, 30], [255] * 3, [127] * 3]]
    )
    palette = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    palette.putpalette([9, 9, 9, 7, 7, 7])
    palette.save(tmp_path / "b.png", transparency=1)
    np.testing.assert_array_equal(read_image(tmp_path / "b.png"), [[[9] * 3, [255] * 3]])


def test_pixels_of_32_bits_are_refused(tmp_path):
    for dtype in (np.float32, np.int32):
        Image.fromarray(np.ones((4, 4), dtype)).save(tmp_path / "a.tif")
        with pytest.raises(InputError, match="a.tif: cannot be read: 32 bits per pixel"):
            read_image(tmp_path / "a.tif")


def test_a_jpeg_with_a_second_picture_is_a_jpeg(tmp_path, photo):
    path = tmp_path / "a.jpg"
    Image.fromarray(photo).save(path, "MPO", save_all=True, append_images=[Image.fromarray(photo)])
    assert Image.open(path).format == "MPO"
    np.testing.assert_array_equal(
        read_image(path), tf.io.decode_jpeg(path.read_bytes(), channels=3)
    )


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_is_ignored(tmp_path, photo):
    path = tmp_path / "a.jpg"
    Image.fromarray(photo).save(path, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert read_image(path).shape == photo.shape


def test_cmyk_and_grey_jpeg(tmp_path, photo):
    Image.fromarray(photo).convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    difference = np.abs(read_image(tmp_path / "a.jpg").astype(int) - photo)
    assert np.median(difference) <= 8  # JPEG's loss; inverted colours would be off by about 100
    Image.fromarray(photo).convert("L").save(tmp_path / "b.jpg")
    read = read_image(tmp_path / "b.jpg")
    np.testing.assert_array_equal(read[..., 0], read[..., 2])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_exif_orientation_is_applied(tmp_path, orientation, suffix):
    from PIL import ImageOps

    marked = np.zeros((32, 16, 3), np.uint8)
    marked[:8, :8] = 255  # one bright corner tells all eight apart, with the shape
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(marked).save(path, exif=exif)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    read = read_image(path)
    assert read.shape == upright.shape and read_size(path) == upright.shape[:2]
    assert np.abs(read.astype(int) - upright).max() < 30  # JPEG decoders differ a little


@pytest.mark.parametrize(
    "content, reason",
    [(b"", "empty"), (b"no picture", "not an image"), (b"\xff\xd8\xff\xe0broken", "")],
)
def test_unreadable_files_are_named(tmp_path, content, reason):
    path = tmp_path / "foto ñ 写真.jpg"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"写真.jpg: .*{reason}"):
        read_image(path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp"])
def test_truncated_files_are_errors(tmp_path, make_photo, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(make_photo(200, 200)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(InputError, match=str(path)):
        read_image(path)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_image(tmp_path / "missing.jpg")
    with pytest.raises(InputError, match="is a folder"):
        read_image(tmp_path)
    os.mkfifo(tmp_path / "pipe.jpg")
    for read in (read_image, read_ids, read_size):
        with pytest.raises(InputError, match="pipe.jpg: is not a regular file"):
            read(tmp_path / "pipe.jpg")


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "tif", "webp", "gif"])
def test_large_images_are_refused_before_they_are_decoded(tmp_path, photo, suffix, monkeypatch):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(photo).save(path)
    assert read_image(path, max_pixels=24 * 17).shape == (24, 17, 3)
    for decode in ("_decode_jpeg", "_decode_other"):
        monkeypatch.setattr(reading, decode, None)
    with pytest.raises(InputError, match="too large: 17 x 24 pixels, .* 0.000407 .*--max_mega"):
        read_image(path, max_pixels=24 * 17 - 1)
    with pytest.raises(TypeError, match="not callable"):  # or this test could not fail
        read_image(path)


def test_the_limit_is_the_callers_and_not_pillows(tmp_path, photo, monkeypatch):
    Image.fromarray(photo).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # it refuses twice as many
    assert read_image(tmp_path / "a.png", 1000).shape == photo.shape
    # Never lowered again, nor lifted: other threads, and other programs' code, rely on it.
    assert Image.MAX_IMAGE_PIXELS == 1000
    read_image(tmp_path / "a.png", 500)
    assert Image.MAX_IMAGE_PIXELS == 1000


def png_header(width, height):
    """A PNG that claims to be of that size and holds nothing."""
    size = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    checksum = struct.pack(">I", zlib.crc32(b"IHDR" + size))
    header = struct.pack(">I", 13) + b"IHDR" + size + checksum
    return b"\x89PNG\r\n\x1a\n" + header + struct.pack(">I", 9) + b"IDAT"


def test_a_header_that_claims_a_billion_pixels(tmp_path, photo):
    (tmp_path / "a.png").write_bytes(png_header(60000, 60000))
    Image.fromarray(photo).save(tmp_path / "b.jpg")
    content = (tmp_path / "b.jpg").read_bytes()
    start = content.index(b"\xff\xc0") + 5  # where the frame's header has height and width
    (tmp_path / "b.jpg").write_bytes(
        content[:start] + struct.pack(">HH", 60000, 60000) + content[start + 4 :]
    )
    for name in ("a.png", "b.jpg"):
        for read in (read_image, read_ids, read_size):
            with pytest.raises(InputError, match=f"{name}: too large: 3600000000 .* 179 mega"):
                read(tmp_path / name)


def test_what_makes_pillow_start_a_program_is_no_image(tmp_path, photo):
    Image.fromarray(photo).save(tmp_path / "a.eps")
    (tmp_path / "a.eps").rename(tmp_path / "a.jpg")
    assert Image.open(tmp_path / "a.jpg").format == "EPS"
    with pytest.raises(InputError, match="a.jpg: not an image of a kind that is read"):
        read_image(tmp_path / "a.jpg")


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_every_usual_kind_of_image_gives_the_same_pixels(tmp_path, photo, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(photo).save(path)
    expected, data = read_image(path), path.read_bytes()
    with open(path, "rb") as file:
        kinds = [str(path), path, data, bytearray(data), io.BytesIO(data), file, expected]
        for kind in kinds:
            np.testing.assert_array_equal(to_rgb(kind), expected)
    np.testing.assert_array_equal(decode_image(data), expected)


def test_pillows_images_and_arrays_of_other_channels(photo):
    image = Image.fromarray(photo)
    np.testing.assert_array_equal(to_rgb(image), photo)
    grey = np.asarray(image.convert("L"))
    for kind in (grey, grey[..., None], image.convert("L")):
        np.testing.assert_array_equal(to_rgb(kind), np.repeat(grey[..., None], 3, axis=2))
    clear = np.dstack([photo, np.where(np.arange(17) < 5, 0, 255)[None].repeat(24, 0)])
    for kind in (clear.astype(np.uint8), Image.fromarray(clear.astype(np.uint8), "RGBA")):
        found = to_rgb(kind)
        assert (found[:, :5] == 255).all()
        np.testing.assert_array_equal(found[:, 5:], photo[:, 5:])
    exif = Image.Exif()
    exif[0x0112] = 6  # as a phone held upright stores it
    data = io.BytesIO()
    image.save(data, "PNG", exif=exif)
    np.testing.assert_array_equal(to_rgb(Image.open(data)), np.rot90(photo, -1))


@pytest.mark.parametrize(
    "image, message",
    [
        ("https://example.org/a.jpg", "is a URL: download it"),
        (io.StringIO("x"), "must be opened as a binary file"),
        (b"", "image: empty"),
        (b"hello", "image: not an image"),
        (None, "not NoneType"),
        ([[1, 2]], r"not int64 \[1, 2\]"),
        (np.zeros((3, 3, 2), np.uint8), r"not uint8 \[3, 3, 2\]"),
        (np.zeros((0, 3, 3), np.uint8), r"not uint8 \[0, 3, 3\]"),
        (np.zeros((3, 3, 3)), r"not float64 \[3, 3, 3\]"),
    ],
)
def test_what_cannot_be_an_image(image, message):
    with pytest.raises(InputError, match=message):
        to_rgb(image)


def test_a_jpeg_that_ends_too_early_is_told_in_our_words(tmp_path, photo):
    Image.fromarray(photo).save(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:-40])
    with pytest.raises(InputError, match="b.jpg: damaged: it ends too early; get it again"):
        read_image(tmp_path / "b.jpg")


@pytest.mark.parametrize("share", [0.3, 0.7, 1])
def test_a_jpeg_that_ends_too_early_is_read_as_far_as_it_goes(tmp_path, make_photo, caplog, share):
    path = tmp_path / "a.jpg"
    Image.fromarray(make_photo(200, 200)).save(path, quality=95)
    whole, data = read_image(path), path.read_bytes()
    path.write_bytes(data[: min(int(len(data) * share), len(data) - 2)])  # no end mark
    with pytest.raises(
        InputError, match="a.jpg: damaged: it ends too early; .*--damaged_images use"
    ):
        read_image(path)
    assert not caplog.records
    found = read_image(path, allow_truncated=True)
    assert [r.getMessage() for r in caplog.records] == [
        f"{path}: ends too early; what there is of it is used"
    ]
    assert found.shape == whole.shape
    rows = int(200 * share) // 16 * 16 - 48 * (share < 1)
    np.testing.assert_array_equal(found[:rows], whole[:rows])
    assert (share == 1) == np.array_equal(found, whole)


def test_what_is_no_jpeg_stays_damaged_whatever_is_allowed(tmp_path, make_photo):
    Image.fromarray(make_photo(50, 50)).save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()[:-200]
    for content in (data, b"\xff\xd8\xff\xe0broken"):
        with pytest.raises(InputError, match="image: "):
            reading.decode_image(content, allow_truncated=True)
