"""Videos and cameras: frames in, a video of their overlays out."""
