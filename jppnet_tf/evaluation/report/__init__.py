"""Scores as tables, files and pictures, beside those of the paper."""
