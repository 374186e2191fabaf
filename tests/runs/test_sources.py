import os

import pytest

from jppnet_tf import InputError
from jppnet_tf.runs.names import result_names
from jppnet_tf.runs.sources import list_images, list_videos


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


def names_of(found):
    return result_names(found.files, found.root)


def test_a_folder_with_its_sub_folders(photos):
    found = list_images([photos])
    assert found.root == str(photos) and found.unreadable == []
    assert names_of(found) == ["a", "b", "sub/c d", "sub/写真"]


@pytest.mark.parametrize("output", ["out", "."])
@pytest.mark.parametrize("pattern", ["", "/**/*"])
def test_results_are_not_taken_for_photographs(photos, output, pattern):
    for folder in ("parsing", "overlay/sub", "hf/a", "vitonhd/openpose_img"):
        (photos / output / folder).mkdir(parents=True)
        (photos / output / folder / "a.jpg").write_bytes(b"")
    source = f"{photos}{pattern}"
    assert len(list_images([source], output=photos / output).files) == 4
    assert len(list_images([source]).files) == 8


def test_files_patterns_and_repetition(photos):
    found = list_images([photos / "b.jpg"])
    assert (found.root, names_of(found)) == (str(photos), ["b"])
    assert names_of(list_images([f"{photos}/**/*"])) == ["a", "b", "sub/c d", "sub/写真"]
    found = list_images([photos / "sub/c d.png", photos / "b.jpg", f"{photos}/sub/*.png"])
    assert names_of(found) == ["sub/c d", "b"]


def test_a_name_with_brackets_is_a_file_before_it_is_a_pattern(photos):
    (photos / "[1].jpg").write_bytes(b"")
    assert names_of(list_images([photos / "[1].jpg"])) == ["[1]"]


def test_linked_folders_are_searched_once(photos, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "far.jpg").write_bytes(b"")
    os.symlink(elsewhere, photos / "link")
    os.symlink(photos, photos / "sub/circle")
    assert names_of(list_images([photos])) == ["a", "b", "link/far", "sub/c d", "sub/写真"]


def test_folders_that_cannot_be_read_are_told(photos, monkeypatch):
    scandir = os.scandir

    def deny(path):
        if os.fspath(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", deny)
    found = list_images([photos])
    assert names_of(found) == ["a", "b"]
    assert found.unreadable == [f"{photos}/sub: folder cannot be read: Permission denied"]


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
    (tmp_path / "list.txt").write_text(f"{line}\n\n", encoding="utf-8-sig")
    found = list_images([tmp_path / folder], tmp_path / "list.txt")
    (file,) = found.files
    assert os.path.isfile(file) == (line != "missing")
    assert file.startswith(str(tmp_path / "root/images"))
    assert found.root == str(tmp_path / folder)


def test_a_list_alone_is_relative_to_itself(photos):
    (photos / "list.txt").write_text(f"b.jpg\n{photos}/sub/c d.png\n")
    found = list_images([], photos / "list.txt")
    assert (found.root, names_of(found)) == (str(photos), ["b", "sub/c d"])


def test_nothing_to_do_is_an_error(tmp_path, photos):
    (tmp_path / "empty").mkdir()
    (tmp_path / "list.txt").write_text("\n")
    for sources, list_file, reason in [
        ([tmp_path / "empty"], None, "no images found in .*empty"),
        ([], None, "no images found"),
        ([tmp_path / "missing.jpg"], None, "missing.jpg: no such file"),
        ([f"{tmp_path}/*.xyz"], None, "no file matches"),
        ([], tmp_path / "list.txt", "no images found in .*list.txt"),
        ([], tmp_path / "missing.txt", "cannot be read: No such file"),
        ([photos / "b.jpg"], tmp_path / "list.txt", "a list goes with one folder"),
    ]:
        with pytest.raises(InputError, match=reason):
            list_images(sources, list_file)


def test_lines_too_long_for_a_name_are_images_that_are_not_there(tmp_path):
    (tmp_path / "list.txt").write_text("a" * 5000 + "\n")
    (file,) = list_images([], tmp_path / "list.txt").files
    assert os.path.basename(file) == "a" * 5000


def test_videos_are_files_and_patterns_and_a_camera_is_a_number(tmp_path):
    for name in ("b.mp4", "a.MOV", "c.avi"):
        (tmp_path / name).touch()
    found = list_videos([f"{tmp_path}/*.avi", f"{tmp_path}/a.MOV", f"{tmp_path}/c.avi"])
    assert found.files == [str(tmp_path / name) for name in ("c.avi", "a.MOV")]
    assert found.root == str(tmp_path)
    assert list_videos(["0"]) == 0 and list_videos(["12"]) == 12
    for images in ([], [str(tmp_path)], ["a.jpg", "*.png"]):
        assert list_videos(images) is None
    for mixed in (["0", "1"], ["0", "a.mp4"], ["a.mp4", "a.jpg"], ["a.jpg", "0"]):
        with pytest.raises(InputError, match="give videos alone, or one camera, or images"):
            list_videos(mixed)
    with pytest.raises(InputError, match="d.mp4: no such video"):
        list_videos([f"{tmp_path}/b.mp4", f"{tmp_path}/d.mp4"])


def test_a_number_may_be_a_file(tmp_path, monkeypatch):
    (tmp_path / "7").touch()
    monkeypatch.chdir(tmp_path)
    assert list_videos(["7"]) is None and list_videos(["8"]) == 8
