"""Multi-image, fine-grained visual question answering: make the data, have it verified, train on it."""

__version__ = "0.1.0"
