"""Many images or videos: what is to be done, what is done, and who does it."""
