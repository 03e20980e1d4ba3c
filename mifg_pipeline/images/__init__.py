"""Image files, decoded to upright RGB and measured on all cores; and places in images.

The package itself imports nothing, and what measures images imports nothing of ours but errors: it is what the
processes that measure images start with, and each of them pays for its imports.
"""
