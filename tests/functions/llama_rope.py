"""A rotary function as people write one, with Llama 3.1's scaling: README runs it."""

import math

import numpy as np


def _inverse_frequencies(lanes, base=500000.0, factor=8.0, low=1.0, high=4.0, length=8192):
    found = []
    for lane in range(0, lanes, 2):
        frequency = base ** (-lane / lanes)
        wavelength = 2 * math.pi / frequency
        if wavelength > length / low:
            frequency /= factor
        elif wavelength > length / high:
            smooth = (length / wavelength - low) / (high - low)
            frequency = (1 - smooth) * frequency / factor + smooth * frequency
        found.append(frequency)
    return np.array(found)


def apply_rope(x, positions):
    """x: [tokens, heads, lanes]."""
    angles = np.asarray(positions)[:, None, None] * _inverse_frequencies(x.shape[-1])
    cos, sin = np.cos(angles), np.sin(angles)
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)
