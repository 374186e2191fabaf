"""What CCP's tags are among LIP's classes. Plain Python."""

from jppnet_tf.labels import IGNORE, LIP

_TAGS = {
    "background": ("null", "bag", "purse", "wallet"),
    "hat": ("hat",),
    "hair": ("hair",),
    "glove": ("gloves",),
    "scarf": ("scarf",),
    "skirt": ("skirt",),
    "sunglasses": ("sunglasses", "glasses"),
    "upper-clothes": (
        "blouse", "bra", "hoodie", "jumper", "shirt", "sweater", "sweatshirt", "t-shirt", "tie",
        "top", "vest",
    ),
    "dress": ("dress",),
    "coat": ("blazer", "cape", "cardigan", "coat", "jacket"),
    "pants": ("jeans", "leggings", "panties", "pants", "shorts"),
    "socks": ("socks", "stockings", "tights"),
    "jumpsuits": ("bodysuit", "romper"),
}  # fmt: skip
"""LIP's class -> the tags that always belong to it."""

UNKNOWN = (
    "accessories", "belt", "bracelet", "earrings", "intimate", "necklace", "ring", "swimwear",
    "watch",
)  # fmt: skip
"""Tags that may be several classes of LIP, or none."""
SKIN = ("skin",)
"""Tags whose pixels are shared out among face, arms and legs."""
SHOES = (
    "boots", "clogs", "flats", "heels", "loafers", "pumps", "sandals", "shoes", "sneakers",
    "wedges",
)  # fmt: skip
"""Tags whose pixels are shared out between the left and the right foot."""
SUIT = ("suit",)
"""Tags whose pixels are coat above the hips and pants below them."""

CLASSES = {
    tag: LIP.names.index(name) for name, tags in _TAGS.items() for tag in tags
} | dict.fromkeys((*UNKNOWN, *SKIN, *SHOES, *SUIT), IGNORE)
"""Tag -> LIP's class id; 255 of those that are unknown, or must be shared out first."""
