"""What PersonLab's maps mean: people to targets, and maps to people.

Positions are (x, y) in pixels of the network's input, whose middles are whole numbers; they are
never rounded. Cell i of a map of stride s lies on pixel s * i, so an input of s * n + 1 pixels has
n + 1 cells: its first and its last pixel bear one each. Field i of offsets is channels 2 i (x)
and 2 i + 1 (y).

Reference:
    arXiv:1803.08225, PersonLab.
"""
