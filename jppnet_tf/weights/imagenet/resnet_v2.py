"""What TF-slim calls the variables of PersonLab's trunk, in its checkpoints of ResNet v2."""

import re

_PREFIX = "resnet_v2_{}"
_LEAVES = {"kernel": "weights", "bias": "biases"}
_HEADS = re.compile(r"(kp_maps|short_offsets|mid_offsets|long_offsets|seg_mask)")


def slim_name(name: str, depth: int) -> str:
    """`block1__unit_1__conv1/kernel` -> `resnet_v2_101/block1/unit_1/bottleneck_v2/conv1/weights`.

    The heads keep their names: `kp_maps/kernel` -> `kp_maps/weights`.
    """
    layer, variable = name.rsplit("/", 1)
    scope = re.sub(r"^(block\d)__(unit_\d+)__", r"\1/\2/bottleneck_v2/", layer).replace("__", "/")
    start = "" if _HEADS.fullmatch(layer) else f"{_PREFIX.format(depth)}/"
    return f"{start}{scope}/{_LEAVES.get(variable, variable)}"
