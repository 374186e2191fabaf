"""Weights on disk: our safetensors files and the original's TF1 checkpoints."""

CHECKPOINT_PART = r"\.(index|meta|data-\d{5}-of-\d{5})$"
"""How the names of a TF1 checkpoint's own files end, after its prefix."""
