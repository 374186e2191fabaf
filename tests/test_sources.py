import os
import pathlib

import pytest

from jppnet_tf import InputError
from jppnet_tf.sources import list_images, result_names


@pytest.fixture
def photos(tmp_path):
    """A folder as people have them."""
    names = [
        "b.jpg",
        "a.JPG",
        "notes.txt",
        ".hidden.jpg",
        "sub/c d.png",
        "sub/写真.webp",
        ".git/x.jpg",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def names_of(root, files):
    return result_names(files, root)


def test_a_folder_with_its_sub_folders(photos):
    root, files = list_images([photos])
    assert root == photos
    assert names_of(root, files) == ["a", "b", "sub/c d", "sub/写真"]


def test_results_inside_the_folder_are_not_taken_for_photographs(photos):
    (photos / "out/overlay").mkdir(parents=True)
    (photos / "out/overlay/a.jpg").write_bytes(b"")
    assert len(list_images([photos], exclude=photos / "out")[1]) == 4
    assert len(list_images([photos])[1]) == 5


def test_files_patterns_and_repetition(photos):
    root, files = list_images([photos / "b.jpg"])
    assert (root, names_of(root, files)) == (photos, ["b"])
    root, files = list_images([f"{photos}/**/*"])
    assert names_of(root, files) == ["a", "b", "sub/c d", "sub/写真"]
    root, files = list_images([photos / "sub/c d.png", photos / "b.jpg", f"{photos}/sub/*.png"])
    assert names_of(root, files) == ["sub/c d", "b"]


def test_a_name_with_brackets_is_a_file_before_it_is_a_pattern(photos):
    (photos / "[1].jpg").write_bytes(b"")
    assert names_of(*list_images([photos / "[1].jpg"])) == ["[1]"]


@pytest.mark.parametrize(
    "line, folder",
    [
        ("/images/b.jpg", "root"),
        ("images/b.jpg", "root"),
        ("b", "root/images"),
        ("sub/c d.png", "root/images"),
        ("missing", "root/images"),
    ],
)
def test_lists_of_the_original_and_of_lip(tmp_path, photos, line, folder):
    (tmp_path / "root").mkdir()
    os.symlink(photos, tmp_path / "root/images")
    (tmp_path / "list.txt").write_text(f"{line}\n\n")
    _, files = list_images([tmp_path / folder], tmp_path / "list.txt")
    assert len(files) == 1
    assert files[0].is_file() == (line != "missing")
    assert str(files[0]).startswith(str(tmp_path / "root/images"))


def test_a_list_alone_is_relative_to_itself(photos):
    (photos / "list.txt").write_text(f"b.jpg\n{photos}/sub/c d.png\n")
    root, files = list_images([], photos / "list.txt")
    assert (root, names_of(root, files)) == (photos, ["b", "sub/c d"])


def test_nothing_to_do_is_an_error(tmp_path, photos):
    (tmp_path / "empty").mkdir()
    (tmp_path / "list.txt").write_text("\n")
    for sources, list_file, reason in [
        ([tmp_path / "empty"], None, "no images found in .*empty"),
        ([], None, "no images found"),
        ([tmp_path / "missing.jpg"], None, "missing.jpg: no such file"),
        ([f"{tmp_path}/*.xyz"], None, "no file matches"),
        ([], tmp_path / "list.txt", "no images found in .*list.txt"),
        ([], tmp_path / "missing.txt", "the list cannot be read: No such file"),
        ([photos / "b.jpg"], tmp_path / "list.txt", "a list goes with one folder"),
    ]:
        with pytest.raises(InputError, match=reason):
            list_images(sources, list_file)


@pytest.mark.parametrize(
    "files, names",
    [
        (["a.jpg", "b.png"], ["a", "b"]),
        (["a.jpg", "a.png", "b.jpg"], ["a.jpg", "a.png", "b"]),
        (["x/a.jpg", "y/a.jpg"], ["x/a", "y/a"]),
        (["a.jpg", "a_vis.jpg"], ["a.jpg", "a_vis.jpg"]),
        (["a.jpg", "a.png", "a.jpg.png"], ["a.jpg", "a.png", "a.jpg.png"]),
        (["v1.2.jpg", "v1.3.jpg", "noext"], ["v1.2", "v1.3", "noext"]),
    ],
)
def test_no_two_images_write_one_file(files, names):
    root = pathlib.Path("/photos")
    assert result_names([root / file for file in files], root) == names
    written = [path for name in names for path in (f"{name}.png", f"{name}_vis.png")]
    assert len(set(written)) == len(written)
