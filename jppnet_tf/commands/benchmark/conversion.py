"""How long converting weights takes."""

import pathlib
import time

from jppnet_tf.system.machine import peak_memory
from jppnet_tf.weights import conversion, loading


def benchmark_conversion(weights: str, folder: pathlib.Path) -> dict[str, float]:
    """Times converting weights to safetensors, and reading and writing as many bytes.

    Returns:
        Figures, which it prints too: seconds of both (`convert`, `plain`), and megabytes.
    """
    output = folder / "converted.safetensors"
    figures = {"imports_mb": peak_memory()}
    figures["convert"] = conversion.convert(weights, output).seconds
    figures |= {"peak_mb": peak_memory(), "kept_mb": output.stat().st_size / 1e6}
    source = loading.open_weights(weights).source
    assert source is not None  # weights that were opened come from a file
    begun = time.perf_counter()
    with open(source, "rb") as file:
        content = file.read(output.stat().st_size)
    (folder / "plain").write_bytes(content)
    figures["plain"] = time.perf_counter() - begun
    print(
        f"\nkept bytes            {figures['kept_mb']:8.0f} MB\n"
        f"convert               {figures['convert']:8.2f} s\n"
        f"plain read and write  {figures['plain']:8.2f} s\n"
        f"ratio                 {figures['convert'] / figures['plain']:8.2f}\n"
        f"peak memory           {figures['peak_mb']:8.0f} MB, "
        f"{figures['imports_mb']:.0f} of it before anything is read"
    )
    return figures
