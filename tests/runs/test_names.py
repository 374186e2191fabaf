import os

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jppnet_tf.predictions import formats
from jppnet_tf.runs.names import OUTSIDE, result_names


def name_slowly(files, root):
    """The same from all paths of all results: where two are one, or one is another's folder."""
    full = [os.path.relpath(file, root) for file in files]
    names = [os.path.splitext(path)[0] for path in full]
    while True:
        owners, folders = {}, {}
        for index, name in enumerate(names):
            for path in formats.all_paths(name):
                owners.setdefault(path, set()).add(index)
                while "/" in (path := path.rpartition("/")[0]):
                    folders.setdefault(path, set()).add(index)
        groups = [group for group in owners.values() if len(group) > 1]
        groups += [group | folders[path] for path, group in owners.items() if path in folders]
        clashing = {i for i in set().union(*groups) if names[i] != full[i]}
        if not clashing:
            return names
        for i in clashing:
            names[i] = full[i]


stems = st.sampled_from(
    ["a", "a_vis", "a_vis_vis", "a.png", "hat", "hat.png", "a.json", "a_keypoints", "a.mp4", ".."]
)
paths = st.builds(
    lambda folders, stem, suffix: "/".join([*folders, stem + suffix]),
    st.lists(st.sampled_from(["a", "a.png", "a_vis", "hat.png", "a.json", "a.txt"]), max_size=2),
    stems,
    st.sampled_from([".jpg", ".png", ".json.png", ".txt.jpg"]),
)


@settings(max_examples=300)
@given(st.lists(paths, min_size=1, max_size=6, unique=True))
@example(["a.jpg", "a/hat.png/b.jpg"])
@example(["a.jpg", "a_vis.jpg", "b/a_vis.png", "b/a.png"])
def test_names_are_those_that_all_paths_give(files):
    files = [f"/photos/{file}" for file in files]
    assert result_names(files, "/photos") == name_slowly(files, "/photos")


@settings(max_examples=200)
@given(st.lists(st.text("._/a-\\\n ", min_size=1, max_size=12), min_size=1, max_size=4))
@example(["...jpg"])
@example([".jpg"])
def test_no_result_leaves_its_formats_folder(names):
    files = [os.path.normpath(f"/photos/x{name}/{name}") for name in names]
    files = [file for file in files if file != "/"]  # which is not an image's
    for file, name in zip(files, result_names(files, "/photos"), strict=True):
        for each in formats.FORMATS.values():
            for path in each.all_paths(name):
                assert os.path.normpath(path) == path, file
                assert path.split("/")[0] in each.folders and "/" in path


def test_images_outside_the_root_have_names_that_say_so():
    files = ["/photos/a.jpg", "/photos/sub/b.jpg", "/elsewhere/c.jpg", "//photos2/a.jpg"]
    assert result_names(files, "/photos") == [
        "a", "sub/b", f"{OUTSIDE}/elsewhere/c", f"{OUTSIDE}/photos2/a",
    ]  # fmt: skip
    assert result_names(["/a.jpg", "/b/c.jpg"], "/") == ["a", "b/c"]


@pytest.mark.parametrize(
    "files, names",
    [
        (["a.jpg", "b.png"], ["a", "b"]),
        (["a.jpg", "a.png", "b.jpg"], ["a.jpg", "a.png", "b"]),
        (["x/a.jpg", "y/a.jpg"], ["x/a", "y/a"]),
        (["a.jpg", "a_vis.jpg"], ["a.jpg", "a_vis.jpg"]),
        (["a.jpg", "a.png", "a.jpg.png"], ["a.jpg", "a.png", "a.jpg.png"]),
        (["c/a.jpg", "c/a.png/b.png"], ["c/a.jpg", "c/a.png/b.png"]),
        (["c/a.jpg", "c/a.json/b.png"], ["c/a.jpg", "c/a.json/b.png"]),
        (["v1.2.jpg", "v1.3.jpg", "noext"], ["v1.2", "v1.3", "noext"]),
    ],
)
def test_no_two_images_write_one_file(files, names):
    assert result_names([f"/photos/{file}" for file in files], "/photos") == names
    written = [path for name in names for path in (f"{name}.png", f"{name}_vis.png")]
    assert len(set(written)) == len(written)
