"""The package's dependencies differ between two generations of Keras; see README.md."""

import pathlib
import re

import setuptools

HERE = pathlib.Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "jppnet_tf/__init__.py").read_text()).group(1)
SHIPPED = re.search(r"SHIPPED\b.* = \((.+)\)", (HERE / "jppnet_tf/weights/presets.py").read_text())
# Links into the checkout lead nowhere from a package index: their texts stay, pictures go.
README = re.sub(
    r"(!?)\[([^]]*)\]\((?!https?:|#)[^)]*\)",
    lambda link: "" if link[1] else link[2],
    (HERE / "README.md").read_text(encoding="utf-8"),
)
WEIGHTS = [f"{name}.safetensors" for name in re.findall(r'"(\w+)"', SHIPPED.group(1))]

ONNX = [
    # Newer ones need an ml_dtypes that TensorFlow 2.15 cannot have.
    "onnx>=1.17,<1.19; python_version<'3.12'",
    "onnx>=1.17; python_version>='3.12'",
    "tf2onnx>=1.17",
    "onnxruntime>=1.20",
]
OPENVINO = ["openvino>=2025.0"]
HF = [
    # Newer ones need a NumPy that TensorFlow 2.15 cannot have, and do not say so.
    "pyarrow>=14,<24; python_version<'3.12'",
    "pyarrow>=18; python_version>='3.12'",
]

setuptools.setup(
    name="jppnet-tf",
    version=VERSION,
    description="Human parsing and pose by JPPNet in TensorFlow 2, with the released weights",
    long_description=README,
    long_description_content_type="text/markdown",
    author="The jppnet_tf authors",
    project_urls={
        "Paper": "https://arxiv.org/abs/1804.01984",
        "Original project": "https://github.com/Engineering-Course/LIP_JPPNet",
    },
    license="MIT",
    license_files=["LICENSE", "checkpoints/NOTICE"],
    keywords="human parsing, pose estimation, JPPNet, SS-JPPNet, LIP, TensorFlow, Keras",
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        *(f"Programming Language :: Python :: 3.{minor}" for minor in range(10, 14)),
        "Topic :: Scientific/Engineering :: Image Recognition",
        "Typing :: Typed",
    ],
    # The weights that ship lie at the top of a checkout, and inside the package once installed.
    packages=[
        *setuptools.find_packages(include=["jppnet_tf", "jppnet_tf.*"]),
        "jppnet_tf.checkpoints",
    ],
    package_dir={"jppnet_tf.checkpoints": "checkpoints"},
    package_data={
        "jppnet_tf": ["py.typed"],
        "jppnet_tf.checkpoints": ["README.md", "NOTICE", *WEIGHTS],
    },
    include_package_data=False,
    entry_points={"console_scripts": ["jppnet=jppnet_tf.commands.console:main"]},
    python_requires=">=3.10",
    install_requires=[
        # The last TensorFlow with Keras 2, and the last tensorflow-addons, which needs Keras 2.
        "tensorflow>=2.15,<2.16; python_version<'3.12'",
        "tensorflow-addons>=0.23,<0.24; python_version<'3.12'",
        "tensorflow>=2.18; python_version>='3.12'",
        "tensorboard; python_version>='3.12'",
        "numpy>=1.23.5",
        "opencv-python>=4.8",
        "pillow>=10.1",
        "scipy>=1.10",
        "absl-py>=1.4",
        "safetensors>=0.4",
        "tqdm>=4.65",
        "h5py>=3.8",
        "matplotlib>=3.7",
        "pycocotools>=2.0.7",
    ],
    extras_require={
        "onnx": ONNX,
        "openvino": OPENVINO,
        "hf": HF,
        # The last ones whose wheel holds the model, and the Pythons that they are there for.
        "landmarks": ["mediapipe>=0.10.9,<=0.10.21; python_version<'3.13'"],
        "dev": [
            *ONNX,
            *OPENVINO,
            *HF,
            "pytest>=8",
            "pytest-timeout>=2.3",
            "pytest-xdist>=3.5",
            "hypothesis>=6.100",
            "scikit-learn>=1.3",
            "ruff>=0.9",
            "mypy>=1.11",
            # To build the wheel without network access, as a test does.
            "setuptools>=64",
            "wheel>=0.38",
        ],
    },
)
