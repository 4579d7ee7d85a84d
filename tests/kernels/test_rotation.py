"""Whole sequences rotated block by block, and compiled: bit for bit what one token at a time comes to.

Fused, neighbouring lanes are within the bound that the module proves, whatever the numbers.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from conftest import small_layout
from prover.errors import InputError
from prover.kernels import rotation
from prover.kernels.compiled import rotate_compiled
from prover.kernels.kernel import Kernel, make_kernel
from prover.layouts.layout import Layout
from prover.layouts.loading import load

Array = np.ndarray[Any, Any]
SPECS = {
    "half": "ggml/neox:head_dim=16",
    "adjacent": "ggml/normal:head_dim=16",
    "partial": "ggml/neox:head_dim=16:n_rot=6",
    "moved": "ascend/npu-interleave-rope",
    "axes": "ggml/imrope:n_rot=16:head_dim=16:sections=3,3,2,0",
    "scaled": "transformers/half:head_dim=16:rope_type=yarn:factor=4:original_max_position_embeddings=64",
    "four angles": "diffusers/wan:head_dim=16:slices=thirds",
    "mixed axes": "transformers/hunyuan-vl",
}
FORMATS = (np.float16, np.float32, np.float64, np.longdouble)
COMPILED = (False, True)


@cache
def layout(name: str) -> Layout:
    """One of the catalogue, one whose lanes are in no order, or one in which nothing turns."""
    if name == "still":
        return small_layout(5, [])
    if name == "uneven":
        lanes = [int(lane) for lane in np.random.default_rng(3).permutation(11)]
        return small_layout(11, [((lanes[i], lanes[i + 1]), i + 1, i + 2) for i in range(0, 8, 2)])
    return load(SPECS[name]).layout


NAMES = (*SPECS, "uneven", "still")


def plainly(layout: Layout, kernel: Kernel, x: Array, position: Array) -> Array:
    """K(p) x at one position, lane by lane as the formula has it."""
    y = np.zeros_like(x)
    for read, write in layout.passes:
        y[..., write] = x[..., read]
    four = [frequencies @ position + phases for frequencies, phases in kernel.tables]
    if layout.pairs:
        read, write = (np.array([getattr(pair, which) for pair in layout.pairs]) for which in ("read", "write"))
        a, b = x[..., read[:, 0]], x[..., read[:, 1]]
        y[..., write[:, 0]] = kernel.magnitudes * (a * np.cos(four[0]) - b * np.sin(four[1]))
        y[..., write[:, 1]] = kernel.magnitudes * (a * np.sin(four[2]) + b * np.cos(four[3]))
    return y


def each_token(layout: Layout, kernel: Kernel, x: Array, positions: Array) -> Array:
    """The tokens one after the other."""
    y = np.zeros_like(x)
    for token, position in enumerate(positions):
        y[token] = plainly(layout, kernel, x[token], position)
    return y


def same_bits(a: Array, b: Array) -> bool:
    """Equal numbers of equal sign, NaN where NaN is."""
    nan = np.isnan(a)
    return bool(a.dtype == b.dtype and a.shape == b.shape and (nan == np.isnan(b)).all()
                and (a[~nan] == b[~nan]).all() and (np.signbit(a) == np.signbit(b))[~nan].all())


def positions_for(layout: Layout, tokens: int, dtype: Any) -> Array:
    """Whole positions, different on each axis."""
    return np.random.default_rng(tokens).integers(0, 2000, size=(tokens, len(layout.axes))).astype(dtype)


def rotate(kernel: Kernel, positions: Array, x: Array, out: Array | None, compiled: bool) -> Array:
    """Both ways; the compiled one only where numba is."""
    if compiled:
        pytest.importorskip("numba")
    return kernel.at(positions).rotate(x, out=out, compiled=compiled)


@pytest.mark.parametrize("compiled", COMPILED)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("middle", [(3,), (), (0,), (2, 3)], ids=["heads", "no heads", "zero heads", "groups"])
@pytest.mark.parametrize("block", [1, 900, 1 << 19])
def test_blocks_change_no_bit(
    monkeypatch: pytest.MonkeyPatch, block: int, middle: tuple[int, ...], name: str, compiled: bool
) -> None:
    """Any number of tokens, none and one among them, in blocks of any size."""
    monkeypatch.setattr(rotation, "BLOCK_BYTES", block)
    made, kernel = layout(name), make_kernel(layout(name)).rounded(np.float32)
    for tokens in (0, 1, 7):
        at = positions_for(made, tokens, np.float32)
        x = np.random.default_rng(tokens).normal(size=(tokens, *middle, made.width)).astype(np.float32)
        assert same_bits(each_token(made, kernel, x, at), rotate(kernel, at, x, None, compiled))


@pytest.mark.parametrize("compiled", COMPILED)
@pytest.mark.parametrize("table", FORMATS)
@pytest.mark.parametrize("given", FORMATS)
@pytest.mark.parametrize("name", ["half", "scaled", "four angles", "uneven"])
def test_formats_are_rounded_alike(
    name: str, given: type[np.floating], table: type[np.floating], compiled: bool
) -> None:
    """The wider of both formats is computed in, and the result is rounded once more."""
    made, kernel = layout(name), make_kernel(layout(name)).rounded(table)
    at = positions_for(made, 5, table)
    x = np.random.default_rng(1).normal(size=(5, 2, made.width)).astype(given)
    assert same_bits(each_token(made, kernel, x, at), rotate(kernel, at, x, None, compiled))


def test_bfloat16_is_rounded_alike() -> None:
    """A format that NumPy has from another package."""
    kind = pytest.importorskip("ml_dtypes").bfloat16
    made, kernel = layout("half"), make_kernel(layout("half")).rounded(np.float32)
    at = positions_for(made, 5, np.float32)
    x = np.random.default_rng(1).normal(size=(5, 2, made.width)).astype(kind)
    found = kernel.at(at).rotate(x)
    assert same_bits(each_token(made, kernel, x, at), found)
    assert np.abs(found.astype(np.float32) - kernel.apply(x.astype(np.float32), at)).max() <= 2.0**-8 * 4


@pytest.mark.parametrize("compiled", COMPILED)
@pytest.mark.parametrize("name", NAMES)
def test_odd_numbers(name: str, compiled: bool) -> None:
    """Infinities, NaN, both zeros, the smallest and the largest numbers, in every pairing."""
    made, kernel = layout(name), make_kernel(layout(name)).rounded(np.float32)
    odd = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 1e-45, -1e-38, 3e38, -1.0], np.float32)
    x = np.random.default_rng(2).choice(odd, size=(40, 3, made.width))
    at = positions_for(made, 40, np.float32)
    with np.errstate(all="ignore"):
        assert same_bits(each_token(made, kernel, x, at), rotate(kernel, at, x, None, compiled))


def allowed(kernel: Kernel, x: Array, positions: Array) -> Array:
    """The bound of `fused` on both lanes of each pair, in long double so that products are exact enough."""
    info = np.finfo(x.dtype)
    turns = np.matmul(kernel.frequencies, positions[..., None])[..., 0] + kernel.tables[0][1]
    cosine, sine = (np.abs(np.expand_dims(f(turns), 1).astype(np.longdouble)) for f in (np.cos, np.sin))
    a, b = (np.abs(x[..., kernel.read[:, which]].astype(np.longdouble)) for which in (0, 1))
    bound = np.zeros(x.shape, np.longdouble)
    bound[..., kernel.read[:, 0]] = a * cosine + b * sine
    bound[..., kernel.read[:, 1]] = a * sine + b * cosine
    return 2 * info.eps * bound + 2 * np.longdouble(info.smallest_subnormal)   # eps is twice the unit roundoff


def hard_pairs(kernel: Kernel, positions: Array, dtype: Any) -> Array:
    """Pairs whose two products all but cancel, some of them in subnormal numbers, shape (tokens, 4, width)."""
    turns = np.matmul(kernel.frequencies, positions[..., None])[..., 0] + kernel.tables[0][1]
    tiny = np.finfo(dtype).smallest_subnormal
    sizes = np.array([1.0, 1e4, 8 * float(np.finfo(dtype).tiny), 40 * float(tiny)])[:, None]
    size = sizes * np.random.default_rng(5).uniform(1, 2, size=(len(positions), 4, len(kernel.read)))
    x = np.random.default_rng(6).normal(size=(len(positions), 4, kernel.width)).astype(dtype)
    x[..., kernel.read[:, 0]] = size * np.sin(turns)[:, None]
    x[..., kernel.read[:, 1]] = size * np.cos(turns)[:, None]
    return x


NEIGHBOURS = {"adjacent": "ggml/normal:head_dim=16", "partial adjacent": "ggml/normal:head_dim=16:n_rot=6"}


@pytest.mark.parametrize("block", [500, 1 << 19])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NEIGHBOURS)
def test_fused_is_within_its_bound(
    monkeypatch: pytest.MonkeyPatch, name: str, dtype: type[np.floating], block: int
) -> None:
    """Random numbers and pairs that cancel, into a buffer, in place and with heads of their own strides."""
    monkeypatch.setattr(rotation, "BLOCK_BYTES", block)
    made = load(NEIGHBOURS[name]).layout
    kernel = make_kernel(made).rounded(dtype)
    at = positions_for(made, 300, dtype)
    turned, passing = kernel.at(at), [lane for lane, _ in made.passes]
    for x in (np.random.default_rng(1).normal(size=(300, 4, 16)).astype(dtype), hard_pairs(kernel, at, dtype)):
        wanted, bound = each_token(made, kernel, x, at).astype(np.longdouble), allowed(kernel, x, at)
        assert (np.abs(kernel.at(at + dtype(1e-3)).rotate(x, fused=True) - wanted) > bound).any()
        for given in (x.copy(), strided(x, "heads first"), strided(x, "part")):
            found = turned.rotate(given, fused=True)
            assert (np.abs(found - wanted) <= bound).all()
            assert same_bits(x[..., passing], found[..., passing])
            assert turned.rotate(given, out=given, fused=True) is given
            assert same_bits(found, given)


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_fused_at_one_position(name: str) -> None:
    """One row, many, and none; those of one position are those of a sequence that stands still."""
    made = load(NEIGHBOURS[name]).layout
    kernel = make_kernel(made).rounded(np.float32)
    at = positions_for(made, 1, np.float32)
    for shape in ((), (5,), (2, 3), (2, 2, 3), (0, 3), (3, 0)):
        x = np.random.default_rng(1).normal(size=(*shape, 16)).astype(np.float32)
        found = kernel.at(at[0]).rotate(x, fused=True)
        wanted = plainly(made, kernel, x, at[0])
        rows = allowed(kernel, x.reshape(-1, 1, 16), at).reshape(x.shape)
        assert found.shape == x.shape
        assert (np.abs(found - wanted.astype(np.longdouble)) <= rows).all()
        still = np.repeat(at, len(x), axis=0) if shape else at
        assert same_bits(found, kernel.at(still).rotate(x if shape else x[None], fused=True).reshape(x.shape))


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_fused_odd_numbers(name: str) -> None:
    """Infinities, NaN and zeros come out where they do otherwise; the largest numbers are left out, as they may not."""
    made = load(NEIGHBOURS[name]).layout
    kernel = make_kernel(made).rounded(np.float32)
    odd = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 1e-45, -1e-38, 1e38, -1.0], np.float32)
    x = np.random.default_rng(2).choice(odd, size=(40, 30, made.width))
    at = positions_for(made, 40, np.float32)
    at[0] = 0   # sines of zero
    with np.errstate(all="ignore"):
        wanted, found = each_token(made, kernel, x, at), kernel.at(at).rotate(x, fused=True)
        finite = np.isfinite(wanted)
        assert same_bits(wanted[~finite], found[~finite])
        gap = np.abs(found.astype(np.longdouble) - wanted)[finite]
        assert (gap <= allowed(kernel, x, at)[finite]).all()


@pytest.mark.parametrize(("name", "view", "dtype", "is_complex"), [
    ("adjacent", "part", np.float32, True), ("adjacent", "heads first", np.float64, True),
    ("adjacent", "lanes first", np.float32, False), ("adjacent", "backwards", np.float32, False),
    ("adjacent", "part", np.float16, False), ("half", "part", np.float32, False), ("moved", "part", np.float32, False),
    ("scaled", "part", np.float32, False), ("four angles", "part", np.float32, False),
])
def test_what_is_fused(
    monkeypatch: pytest.MonkeyPatch, name: str, view: str, dtype: type[np.floating], is_complex: bool
) -> None:
    """Lanes that lie like complex numbers and turn like them; all else keeps its bits."""
    calls = []
    work = rotation.Rotation._rotate_as_complex
    monkeypatch.setattr(rotation.Rotation, "_rotate_as_complex", lambda *given: (calls.append(1), work(*given)))
    made, kernel = layout(name), make_kernel(layout(name)).rounded(dtype)
    at = positions_for(made, 7, dtype)
    x = np.random.default_rng(1).normal(size=(7, 3, made.width)).astype(dtype)
    found = kernel.at(at).rotate(strided(x, view), out=strided(np.zeros_like(x), view), fused=True)
    assert len(calls) == is_complex
    assert is_complex or same_bits(each_token(made, kernel, x, at), found)


def test_numpys_buffer_is_left_as_it_was() -> None:
    """Also where a rotation fails within NumPy."""
    turned = make_kernel(layout("half")).at(np.arange(4.0)[:, None])
    kept = np.setbufsize(4096)
    try:
        turned.rotate(np.ones((4, 16)))
        assert np.getbufsize() == 4096
        with pytest.raises(ValueError, match="read-only"):
            turned.rotate(np.ones((4, 16)), out=np.broadcast_to(np.ones(16), (4, 16)))
        assert np.getbufsize() == 4096
    finally:
        np.setbufsize(kept)


def strided(x: Array, view: str) -> Array:
    """The same numbers at other places in memory."""
    if view == "heads first":
        return np.ascontiguousarray(x.swapaxes(0, 1)).swapaxes(0, 1)
    if view == "lanes first":
        return np.ascontiguousarray(np.moveaxis(x, -1, 0)).transpose(1, 2, 0)
    if view == "backwards":
        return np.ascontiguousarray(x[::-1, :, ::-1])[::-1, :, ::-1]
    wide = np.full((2 * x.shape[0], x.shape[1], x.shape[2] + 3), 7, x.dtype)
    part = wide[::2, :, 1:-2]
    part[...] = x
    return part


VIEWS = ("heads first", "lanes first", "backwards", "part")


@pytest.mark.parametrize("compiled", COMPILED)
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", NAMES)
def test_strides_and_buffers(monkeypatch: pytest.MonkeyPatch, name: str, view: str, compiled: bool) -> None:
    """From any strides, to any, and within the tensor itself; what is beside a buffer keeps its numbers."""
    monkeypatch.setattr(rotation, "BLOCK_BYTES", 500)
    made, kernel = layout(name), make_kernel(layout(name)).rounded(np.float32)
    at = positions_for(made, 7, np.float32)
    x = np.random.default_rng(1).normal(size=(7, 3, made.width)).astype(np.float32)
    wanted = each_token(made, kernel, x, at)
    for given in (x, strided(x, view)):
        out = strided(np.zeros_like(x), view)
        assert rotate(kernel, at, given, out, compiled) is out
        assert same_bits(wanted, out)
        if view == "part":
            assert (out.base[1::2] == 7).all()
            assert (out.base[::2, :, [0, -2, -1]] == 7).all()
        kept = given.copy()
        assert same_bits(wanted, rotate(kernel, at, given, None, compiled))
        assert same_bits(kept, given)
    inside = strided(x, view)
    assert rotate(kernel, at, inside, inside, compiled) is inside
    assert same_bits(wanted, inside)
    inside[...] = x
    assert same_bits(wanted, rotate(kernel, at, inside, inside[...], compiled))


@pytest.mark.parametrize("compiled", COMPILED)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cut", [
    lambda buffer: (buffer[:-1], buffer[1:]), lambda buffer: (buffer[1:], buffer[:-1]),
    lambda buffer: (buffer[1:], buffer[:0:-1]),
], ids=["one on", "one back", "turned round"])
def test_a_buffer_that_overlaps(
    monkeypatch: pytest.MonkeyPatch, cut: Callable[[Array], tuple[Array, Array]], name: str, compiled: bool
) -> None:
    """Tokens that are written before they would be read are read first."""
    monkeypatch.setattr(rotation, "BLOCK_BYTES", 1)
    made, kernel = layout(name), make_kernel(layout(name)).rounded(np.float32)
    at = positions_for(made, 7, np.float32)
    x, out = cut(np.random.default_rng(1).normal(size=(8, 3, made.width)).astype(np.float32))
    wanted = each_token(made, kernel, x, at)
    assert same_bits(wanted, rotate(kernel, at, x, out, compiled))


@pytest.mark.parametrize("compiled", COMPILED)
@pytest.mark.parametrize("name", NAMES)
def test_one_position_for_all(monkeypatch: pytest.MonkeyPatch, name: str, compiled: bool) -> None:
    """Without tokens all rows turn alike, one row alone too."""
    monkeypatch.setattr(rotation, "BLOCK_BYTES", 300)
    made, kernel = layout(name), make_kernel(layout(name)).rounded(np.float32)
    (at,) = positions_for(made, 1, np.float32)
    for shape in ((), (5,), (2, 3), (2, 2, 3), (0, 3)):
        x = np.random.default_rng(1).normal(size=(*shape, made.width)).astype(np.float32)
        assert same_bits(plainly(made, kernel, x, at), rotate(kernel, at, x, None, compiled))


@pytest.mark.parametrize("name", ["axes", "mixed axes"])
@pytest.mark.parametrize("table", FORMATS)
def test_axes_are_summed_alike(name: str, table: type[np.floating]) -> None:
    """The angle of a token does not depend on how many are asked for, however large its positions on several axes."""
    kernel = make_kernel(layout(name)).rounded(table)
    at = (positions_for(layout(name), 50, np.float64) / 7).astype(table)
    found = kernel.at(at)
    for token, position in enumerate(at):
        turns = [frequencies @ position + phases for frequencies, phases in kernel.tables]
        first, last = found.lanes.inside
        assert same_bits(np.cos(turns[0]), found.cosines[token, first])
        assert same_bits(-np.sin(turns[1]), found.sines[token, first])
        assert same_bits(np.sin(turns[2]), found.sines[token, last])
        assert same_bits(np.cos(turns[3]), found.cosines[token, last])


def test_temporaries_are_small() -> None:
    """A tensor of 32 MiB into a buffer: below one MiB beside it."""
    kernel = make_kernel(load("ggml/neox").layout).rounded(np.float32)
    turned = kernel.at(np.arange(2048, dtype=np.float32)[:, None])
    x = np.ones((2048, 32, 128), np.float32)
    for out in (np.empty_like(x), x):
        tracemalloc.start()
        turned.rotate(x, out=out)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert 1 << 18 < peak < 1 << 20


@pytest.mark.parametrize(("shape", "told"), [
    ((4, 3, 15), r"the tensor has the shape \(4, 3, 15\), expected \(4, \.\.\., 16\)"),
    ((3, 4, 16), r"the tensor has the shape \(3, 4, 16\), expected \(4, \.\.\., 16\)"),
    ((16,), r"the tensor has the shape \(16,\), expected \(4, \.\.\., 16\)"),
])
def test_a_shape_that_does_not_fit(shape: tuple[int, ...], told: str) -> None:
    """Nothing is broadcast by accident."""
    turned = make_kernel(layout("half")).at(np.arange(4.0)[:, None])
    with pytest.raises(InputError, match=told):
        turned.rotate(np.ones(shape))


@pytest.mark.parametrize(("shape", "dtype"), [((4, 16), np.float32), ((4, 1, 16), np.float64)])
def test_a_buffer_that_does_not_fit(shape: tuple[int, ...], dtype: type[np.floating]) -> None:
    """Neither another format nor another shape is taken."""
    turned = make_kernel(layout("half")).at(np.arange(4.0)[:, None])
    with pytest.raises(InputError, match=r"`out` is float(32|64)\(4, .*16\), expected float64\(4, 16\)"):
        turned.rotate(np.ones((4, 16)), out=np.ones(shape, dtype))


def test_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install is said; without `compiled` nothing is missing."""
    monkeypatch.setitem(sys.modules, "numba", None)
    turned = make_kernel(small_layout(4, [((3, 0), 1, 1)])).at(np.arange(4.0)[:, None])
    x = np.ones((4, 4))
    turned.rotate(x)
    with pytest.raises(InputError, match=r"numba is not installed.*pip install 'rope-prover\[numba\]'"):
        turned.rotate(x, compiled=True)


def test_the_compiled_code_is_what_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lanes in even steps in float32 and float64 are compiled; the rest is not, with the same bits."""
    pytest.importorskip("numba")
    calls = []
    monkeypatch.setattr(rotation, "rotate_compiled", lambda *given: (calls.append(1), rotate_compiled(*given)))
    for name, dtype, ran in (("half", np.float32, 1), ("adjacent", np.float64, 1), ("moved", np.float32, 1),
                             ("uneven", np.float32, 0), ("half", np.float16, 0)):
        calls.clear()
        kernel = make_kernel(layout(name)).rounded(dtype)
        at = positions_for(layout(name), 3, dtype)
        kernel.at(at).rotate(np.ones((3, 2, layout(name).width), dtype), compiled=True)
        assert ran == len(calls)
