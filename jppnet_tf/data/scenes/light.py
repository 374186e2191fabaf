"""Colours, light and sharpness of a sample, drawn anew."""

import cv2
import numpy as np

_GREY = np.array([0.299, 0.587, 0.114], np.float32)


def change_light(rng: np.random.Generator, image: np.ndarray, strength: float) -> np.ndarray:
    """Changes brightness, contrast, gamma, saturation and the light's colour.

    Args:
        rng: numpy Generator.
        image: uint8 [h, w, 3], RGB.
        strength: 0 changes nothing, 1 much.

    Returns:
        uint8 [h, w, 3].
    """
    gain, contrast, saturation, gamma = np.exp(
        rng.normal(0, 1, 4) * [0.2, 0.2, 0.3, 0.2] * strength
    )
    tint = np.exp(rng.normal(0, 0.08 * strength, 3)).astype(np.float32)
    offset = rng.normal(0, 12 * strength)
    if rng.random() < 0.06 * strength:
        saturation = 0.0
    # Contrast and gamma go through a table, and colours through one matrix.
    levels = np.arange(256, dtype=np.float32) / 255
    table = 255 * ((levels ** np.float32(gamma) - 0.5) * np.float32(contrast) + 0.5)
    table = table.clip(0, 255)
    mixing = (saturation * np.eye(3) + (1 - saturation) * _GREY[None]) * (gain * tint)[:, None]
    mixed = cv2.transform(table.astype(np.float32)[image], mixing.astype(np.float32))
    return (mixed + offset).round().clip(0, 255).astype(np.uint8)


def soften(rng: np.random.Generator, image: np.ndarray, probability: float) -> np.ndarray:
    """Blurs, coarsens, compresses or adds noise, each now and then.

    Args:
        rng: numpy Generator.
        image: uint8 [h, w, 3].
        probability: of each, 0..1.

    Returns:
        uint8 [h, w, 3].
    """
    chances = rng.random(4) < probability
    size = image.shape[1::-1]
    if chances[0]:
        sigma = rng.uniform(0.4, 1.6)
        image = cv2.GaussianBlur(image, (0, 0), sigma)
    if chances[1]:
        small = tuple(max(8, int(side * rng.uniform(0.3, 0.8))) for side in size)
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        image = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    if chances[2]:
        noise = rng.standard_normal(image.shape, np.float32) * rng.uniform(2, 12)
        image = (image + noise).clip(0, 255).astype(np.uint8)
    if chances[3]:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(25, 90))]
        image = cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR)
    return image
