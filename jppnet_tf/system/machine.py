"""What this machine has: the only place that looks at the processor."""

import os
import pathlib
import platform
import re
import sys

try:
    import resource
except ImportError:  # on Windows
    resource = None  # type: ignore[assignment]


def describe_machine() -> dict[str, str]:
    """Processor, cores this process may use, Python and library versions: dict of str."""
    import keras
    import tensorflow as tf

    model = re.search(r"^model name\s*: (.+)$", read_cpuinfo(), re.MULTILINE)
    wanted = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "bf16")
    found = [feature for feature in wanted if feature in (processor_features() or ())]
    devices = tf.config.list_physical_devices("GPU")
    return {
        "processor": (model.group(1) if model else platform.processor()) + f" ({' '.join(found)})",
        "cores": str(count_cores()),
        "gpus": str(len(devices)),
        "software": f"Python {platform.python_version()}, TensorFlow {tf.__version__}, "
        f"Keras {keras.__version__}",
    }


def has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16; True where nothing is known of it."""
    features = processor_features()
    return features is None or not features.isdisjoint({"avx512_bf16", "amx_bf16", "bf16"})


def processor_features() -> set[str] | None:
    """What Linux calls the processor's features: set of str; None on other systems."""
    found = re.search(r"^(?:flags|Features)\s*: (.+)$", read_cpuinfo(), re.MULTILINE)
    return set(found.group(1).split()) if found else None


def read_cpuinfo() -> str:
    """What Linux says of the processor: str; empty on other systems."""
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    return cpuinfo.read_text() if cpuinfo.exists() else ""


def count_cores() -> int:
    """How many cores this process may use; on other systems than Linux, how many there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def held_memory() -> float:
    """The memory this process holds now, in MB; on other systems than Linux, `peak_memory`."""
    statm = pathlib.Path("/proc/self/statm")
    if resource is None or not statm.exists():
        return peak_memory()
    return int(statm.read_text().split()[1]) * resource.getpagesize() / 1e6


def peak_memory() -> float:
    """The most memory this process has held so far, in MB; nan where nobody tells (Windows)."""
    if resource is None:
        return float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1000)  # Linux counts kilobytes
