"""What a network reads of an image, and what its maps mean there."""
