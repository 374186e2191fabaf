"""tools/export.py as its user runs it, mostly in this process."""

from jppnet_tf.export import TARGETS
from tests.programs import start_program


def test_a_network_is_exported_and_compared(run_tool, small_file, tmp_path):
    output = tmp_path / "small net.tflite"
    arguments = (
        "--weights",
        small_file,
        "--format",
        "tflite",
        "--size",
        "48,64",
        "--output",
        output,
    )
    status, text, errors = start_program("export.py", *arguments)
    assert status == 0, errors
    assert "network  48 x 64, scales (1.0,), mirror image False" in text
    assert f"wrote    {output}: 1 files, {output.stat().st_size:,} bytes" in text
    assert "checked  parsing: largest difference " in text
    assert "checked  pose: largest difference " in text
    status, text, errors = run_tool("export.py", *arguments)
    assert (status, text, errors.count("\n")) == (2, "", 1) and "--overwrite" in errors


def test_bad_input_is_one_line_and_status_2(run_tool, small_file, tmp_path):
    for wrong, message in (
        (("--format", "caffe"), f"<{'|'.join(TARGETS)}>"),
        (("--format", "tflite", "--weights", tmp_path / "none.safetensors"), "none.safetensors"),
        (("--format", "tflite", "--size", "48"), "height,width"),
        (("--format", "tflite", "--image", small_file), small_file.name),
        (("--format", "onnx"), "onnx is a .onnx file"),
    ):
        given = ("--weights", small_file, "--output", tmp_path / "a.tflite", *wrong)
        status, text, errors = run_tool("export.py", *given)
        assert (status, text, errors.count("\n")) == (2, "", 1), errors
        assert errors.startswith("error: ") and message in errors
    assert list(tmp_path.glob("*a*")) == []
