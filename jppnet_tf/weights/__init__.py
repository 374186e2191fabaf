"""Weights on disk: our safetensors files and the original's TF1 checkpoints."""
