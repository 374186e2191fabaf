"""What a benchmark must say about the machine it ran on."""

import os
import pathlib
import platform
import re
import resource


def describe_machine():
    """Processor, cores this process may use, Python and library versions: dict of str."""
    import keras
    import tensorflow as tf

    cpuinfo = pathlib.Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.exists() else ""
    model = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    flags = re.search(r"^flags\s*: (.+)$", text, re.MULTILINE)
    wanted = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
    found = [flag for flag in wanted if flags and flag in flags.group(1).split()]
    devices = tf.config.list_physical_devices("GPU")
    return {
        "processor": (model.group(1) if model else platform.processor()) + f" ({' '.join(found)})",
        "cores": str(len(os.sched_getaffinity(0))),
        "gpus": str(len(devices)),
        "software": f"Python {platform.python_version()}, TensorFlow {tf.__version__}, "
        f"Keras {keras.__version__}",
    }


def peak_memory():
    """The most memory this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000  # Linux counts kilobytes
