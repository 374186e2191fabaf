"""Clothing Co-Parsing (CCP): photographs with labels of clothes, as LIP's classes and joints.

Yang, Luo, Lin: "Clothing Co-Parsing by Joint Image Segmentation and Labeling", CVPR 2014.
"""
