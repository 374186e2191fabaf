"""Pixels in and out: photographs, videos, drawing, encoding."""
