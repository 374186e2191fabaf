"""One photograph's tags as LIP's label map."""

from collections.abc import Sequence

import numpy as np

from jppnet_tf.data.ccp import pieces, tables
from jppnet_tf.data.ccp.body import Body
from jppnet_tf.labels import LIP

_LOWER = tuple(LIP.names.index(name) for name in ("pants", "skirt", "dress", "jumpsuits"))


def make_label(
    tags: np.ndarray, names: Sequence[str], landmarks: np.ndarray | None = None
) -> np.ndarray:
    """Translates tags of pixels.

    Args:
        tags: uint8 [h, w], numbers of tags.
        names: the tag of each number.
        landmarks: float32 [33, 4], see clone.Photograph; or None: skin, shoes and suits are then
            unknown.

    Returns:
        uint8 [h, w], LIP's class ids; 255 where the class is unknown.
    """
    label = np.array([tables.CLASSES[name] for name in names], np.uint8)[tags]
    if landmarks is None:
        return label
    body = Body.of(landmarks)

    def where(wanted):
        return np.array([name in wanted for name in names])[tags]

    for wanted, share in ((tables.SKIN, pieces.share_skin), (tables.SHOES, pieces.share_shoes)):
        mask = where(wanted)
        label[mask] = share(mask, body)[mask]
    suit = where(tables.SUIT)
    if suit.any():
        label[suit] = LIP.names.index("coat")
        # With trousers or a skirt of their own, the suit is a jacket, whose hem may hang low.
        if np.isin(label, _LOWER).sum() < 0.1 * suit.sum():
            label[suit & ~pieces.find_above_hips(suit, body)] = LIP.names.index("pants")
    return label
