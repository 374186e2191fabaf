"""The tree that PersonLab follows from one joint of a person to the others."""

from collections.abc import Sequence

RADIUS = 32
"""Pixels around a joint in which its heatmap is 1, and short and mid-range offsets are learnt."""

EDGES = (
    *((0, 1), (1, 3), (0, 2), (2, 4)),
    *((0, 5), (5, 7), (7, 9), (5, 11), (11, 13), (13, 15)),
    *((0, 6), (6, 8), (8, 10), (6, 12), (12, 14), (14, 16)),
)
"""Pairs of COCO's joints, from the nose outwards."""

DIRECTED_EDGES = (*EDGES, *((b, a) for a, b in EDGES))
"""What mid-range offsets lead along: field i from the first joint to the second."""

# COCO's deviations of where people mark a joint, as shares of the root of the person's area.
SIGMAS = (
    *(0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072),
    *(0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089),
)


def find_paths(
    edges: Sequence[tuple[int, int]] = DIRECTED_EDGES,
) -> tuple[tuple[tuple[int, int, int], ...], ...]:
    """How to reach all joints from each of them.

    Args:
        edges: directed edges of a tree, both directions of each.

    Returns:
        Per joint, the steps in order: (from joint, to joint, number of the edge).
    """
    joints = {joint for edge in edges for joint in edge}
    return tuple(_find_path(joint, edges) for joint in sorted(joints))


def _find_path(root, edges):
    steps, reached = [], [root]
    for joint in reached:  # grows meanwhile
        for number, (source, target) in enumerate(edges):
            if source == joint and target not in reached:
                reached.append(target)
                steps.append((source, target, number))
    return tuple(steps)
