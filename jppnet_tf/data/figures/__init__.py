"""Rendered people, piece by piece: pose, clothes, head, scenery, and the canvas they lie on."""
