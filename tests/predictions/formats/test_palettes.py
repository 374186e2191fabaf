import io
import json
import os

import numpy as np
import pytest
from PIL import Image

from jppnet_tf import InputError
from jppnet_tf.labels import LIP
from jppnet_tf.predictions import formats
from jppnet_tf.predictions.formats import palettes

COLOURS = tuple((i, 2 * i, 255 - i) for i in range(20))


def save(path, content):
    if isinstance(content, Image.Image):
        content.save(path)
    else:
        path.write_text(content)
    return path


def make_image(colours):
    image = Image.fromarray(np.arange(20, dtype=np.uint8)[None])  # else GIFs lose colours
    image.putpalette(np.uint8(colours).tobytes())
    return image


WORDS = {
    "spaces.txt": "\n".join(f"{r} {g} {b} class {i}" for i, (r, g, b) in enumerate(COLOURS)),
    "commas.csv": "\n\n".join(f"{r}, {g},{b}" for r, g, b in COLOURS),
    "hex.txt": "\n".join("#{:02x}{:02X}{:02x}".format(*colour) for colour in COLOURS),
    "list.json": json.dumps(COLOURS),
    "hex.json": json.dumps(["#{:02x}{:02x}{:02x}".format(*colour) for colour in COLOURS]),
    "image.png": make_image(COLOURS),
    "image.gif": make_image(COLOURS),
}


@pytest.mark.parametrize("name", WORDS)
def test_colours_in_files_of_all_kinds(name, tmp_path, prediction):
    path = save(tmp_path / name, WORDS[name])
    assert palettes.read_palette(path)[:20] == COLOURS
    (chosen,) = formats.choose_formats(["palette"], palette=path)
    formats.check_network([chosen], LIP, True)
    ((place, content),) = chosen.files("sub/a", None, prediction, None).items()
    image = Image.open(io.BytesIO(content))
    assert (place, image.mode, image.size) == ("palette/sub/a.png", "P", (30, 40))
    np.testing.assert_array_equal(image, prediction.parsing)
    np.testing.assert_array_equal(image.convert("RGB"), np.array(COLOURS)[prediction.parsing])


def test_colours_of_some_classes(tmp_path, prediction):
    path = save(tmp_path / "some.json", '{"jumpsuits": "#010203", "right-shoe": [9, 8, 7]}')
    (chosen,) = formats.choose_formats(["palette"], palette=path)
    (content,) = chosen.files("a", None, prediction, None).values()
    colours = np.array(Image.open(io.BytesIO(content)).convert("RGB"))
    assert colours[12, 2].tolist() == [1, 2, 3] and colours[39, 29].tolist() == [9, 8, 7]
    assert tuple(colours[0, 0]) == LIP.palette[0]
    other = save(tmp_path / "other.json", '{"trousers": "#010203"}')
    (chosen,) = formats.choose_formats(["palette"], palette=other)
    with pytest.raises(InputError, match="names trousers, which is not a class"):
        formats.check_network([chosen], LIP, True)


@pytest.mark.parametrize("classes, count", [("acgpn", 14), ("hrviton", 13), (None, 20)])
def test_few_colours_still_take_a_byte_a_pixel(classes, count, prediction):
    (chosen,) = formats.choose_formats(["palette"], classes)
    (content,) = chosen.files("a", None, prediction, None).values()
    assert content[24] == 8  # bits, in a PNG's header
    assert np.array(Image.open(io.BytesIO(content))).max() < count


def test_too_few_colours_for_the_classes(tmp_path):
    path = save(tmp_path / "few.json", json.dumps(COLOURS[:14]))
    (chosen,) = formats.choose_formats(["palette"], palette=path)
    with pytest.raises(InputError, match="has 14 colours, and there are 20 classes"):
        formats.check_network([chosen], LIP, True)
    (chosen,) = formats.choose_formats(["palette"], classes="acgpn", palette=path)
    formats.check_network([chosen], LIP, True)


@pytest.mark.parametrize("name, content, told", [
    ("a.txt", "1 2 3\n4 5", "a.txt, line 2: not a colour"),
    ("a.txt", "1 2 256", "a.txt, line 1: not a colour"),
    ("a.txt", "1 2 3.5", "a.txt, line 1: not a colour"),
    ("a.txt", "#12345", "a.txt, line 1: not a colour"),
    ("a.txt", "", "a.txt: 0 colours"),
    ("a.txt", "1 2 3\n" * 257, "a.txt: 257 colours; a palette has 1 to 256"),
    ("a.txt", "x" * (1 << 21), "too large"),
    ("a.json", "[[1, 2, 3]", "cannot be read"),
    ("a.json", "[" * 100_000, "cannot be read"),
    ("a.json", "[[1, 2, true]]", "entry 0: not a colour"),
    ("a.json", '{"face": [1, 2]}', "a.json, face: not a colour"),
    ("a.png", Image.new("RGB", (2, 2)), "has no palette"),
])  # fmt: skip
def test_what_is_not_a_palette(name, content, told, tmp_path):
    with pytest.raises(InputError, match=told):
        palettes.read_palette(save(tmp_path / name, content))


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    os.mkfifo(tmp_path / "pipe")
    for name, told in (
        ("missing", "not a file"), ("", "not a file"), ("pipe", "not a file"),
        ("bytes", "cannot be read"), ("cut.png", "cannot be read"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=told):
            palettes.read_palette(tmp_path / name)


def test_colours_that_no_format_has_a_use_for(tmp_path):
    path = save(tmp_path / "a.json", json.dumps(COLOURS))
    with pytest.raises(InputError, match="for the format palette, which is not asked for"):
        formats.choose_formats(["lip"], palette=path)


def test_settings_tell_classes_and_colours(tmp_path):
    """They come back from JSON equal, since runs compare them, and whatever the file is called."""
    listed = save(tmp_path / "list.json", json.dumps(COLOURS))
    settings = formats.choice_settings("acgpn", listed)
    assert settings["label_classes"] == "acgpn" and settings["palette"][1] == "#0102fe"
    assert json.loads(json.dumps(settings)) == settings
    assert formats.choice_settings("acgpn", save(tmp_path / "a.txt", WORDS["hex.txt"])) == settings
    some = formats.choice_settings(palette=save(tmp_path / "b.json", '{"face": [1, 2, 255]}'))
    assert some == {"label_classes": None, "palette": {"face": "#0102ff"}}
    assert formats.choice_settings() == {"label_classes": None, "palette": None}
