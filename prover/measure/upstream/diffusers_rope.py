"""diffusers' position embedders, each with the function that its attention turns queries by. Source:
huggingface/diffusers 0.42.1, src/diffusers/models.

x is [batch, tokens, heads, lanes]: each vector is a head of one token. An embedder takes the token's place, or the size
of a grid, the last cell of which is then the place. What is installed is measured, whatever `slices` of Wan says.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from prover.measure.probe import Array, Kernel
from prover.measure.upstream.software import Build, Software, Values

CELLS = 64  # of each axis where a table is made beforehand, more than any place that is probed
Place = tuple[int, ...]
Embed = Callable[[Place], Any]  # what one token is turned by
Turn = Callable[[Any, Any], Any]  # x and that


def _kernel(embed: Embed, turn: Turn) -> Kernel:
    import torch

    def kernel(vectors: Array, position: tuple[float, ...]) -> Array:
        with torch.no_grad():
            x = torch.tensor(vectors, dtype=torch.float32)[None, None]
            found = turn(x, embed(tuple(int(place) for place in position)))
            return np.asarray(found[0, 0].double())

    return kernel


def _module(name: str) -> Any:
    return importlib.import_module(f"diffusers.models.transformers.transformer_{name}")


def _shared(**options: Any) -> Turn:
    """apply_rotary_emb of diffusers.models.embeddings with the options that a model gives it."""
    from diffusers.models.embeddings import apply_rotary_emb

    return lambda x, freqs: apply_rotary_emb(x, freqs, **options)


def _nested(processor: Any) -> Callable[..., Any]:
    """The apply_rotary_emb that a processor defines inside its call, out of its code.

    Raises StopIteration where it has none, ValueError where it uses what is around it.
    """
    code = next(each for each in processor.__call__.__code__.co_consts
                if isinstance(each, CodeType) and each.co_name == "apply_rotary_emb")
    return FunctionType(code, processor.__call__.__globals__)


def _last(embed: Callable[[Any], Any]) -> Embed:
    """Cosines and sines of the last cell of a grid of hidden states."""
    import torch

    def at(place: Place) -> Any:
        cos, sin = embed(torch.empty(1, 1, *(each + 1 for each in place)))
        return cos[..., -1:, :], sin[..., -1:, :]

    return at


def _axes(values: Values, name: str) -> list[int]:
    return [int(each) for each in values.numbers(name)]


def _flux(module: str, name: str, base: str) -> Build:
    def build(values: Values) -> Kernel:
        import torch

        embed = getattr(_module(module), name)(theta=values.number(base), axes_dim=_axes(values, "axes_dims_rope"))
        return _kernel(lambda place: embed(torch.tensor([place])), _shared(sequence_dim=1))

    return build


def _hidream(values: Values) -> Kernel:
    import torch

    found = _module("hidream_image")
    embed = found.HiDreamImageEmbedND(values.number("theta"), _axes(values, "axes_dims_rope"))
    return _kernel(lambda place: embed(torch.tensor([[place]])), lambda x, freqs: found.apply_rope(x, x, freqs)[0])


def _ernie_image(values: Values) -> Kernel:
    import torch

    found, axes = _module("ernie_image"), _axes(values, "rope_axes_dim")
    embed = found.ErnieImageEmbedND3(sum(axes), values.number("rope_theta"), axes)
    return _kernel(lambda place: embed(torch.tensor([[place]])), _nested(found.ErnieImageSingleStreamAttnProcessor))


def _z_image(values: Values) -> Kernel:
    import torch

    found, axes = _module("z_image"), _axes(values, "axes_dims")
    embed = found.RopeEmbedder(theta=values.number("rope_theta"), axes_dims=axes, axes_lens=[CELLS] * 3)
    return _kernel(lambda place: embed(torch.tensor([place]))[None], _nested(found.ZSingleStreamAttnProcessor))


def _lumina2(values: Values) -> Kernel:
    import torch

    embed = _module("lumina2").Lumina2RotaryPosEmbed(
        values.number("theta"), _axes(values, "axes_dim_rope"), [CELLS] * 3, patch_size=1)

    def at(place: Place) -> Any:  # an image comes after its caption, on the first axis
        caption = torch.ones(1, place[0], dtype=torch.int64)
        return embed(torch.empty(1, 1, place[1] + 1, place[2] + 1), caption)[2][:, -1:]

    return _kernel(at, _shared(use_real=False))


def _qwen_image(values: Values) -> Kernel:
    found, centred = _module("qwenimage"), bool(values.whole("scale_rope"))
    embed = found.QwenEmbedRope(values.number("theta"), _axes(values, "axes_dims_rope"), scale_rope=centred)

    def at(place: Place) -> Any:  # the last row of a centred image of 2*n rows stands at n - 1
        frame, *plane = (each + 1 for each in place)
        return embed((frame, *(each * (2 if centred else 1) for each in plane)), max_txt_seq_len=0)[0][-1:]

    return _kernel(at, lambda x, freqs: found.apply_rotary_emb_qwen(x, freqs, use_real=False))


def _cogview4(values: Values) -> Kernel:
    embedder, base = _module("cogview4").CogView4RotaryPosEmbed, values.number("rope_theta")

    def at(place: Place) -> Any:  # on its base grid, where nothing is floored
        return _last(embedder(values.whole("head_dim"), 1, [each + 1 for each in place], base))(place)

    return _kernel(at, _shared(use_real_unbind_dim=-2))


def _glm_image(values: Values) -> Kernel:
    embed = _module("glm_image").GlmImageRotaryPosEmbed(values.whole("head_dim"), 1, values.number("rope_theta"))
    return _kernel(_last(embed), _shared(sequence_dim=1, use_real_unbind_dim=-2))


def _hunyuan_video(module: str, name: str) -> Build:
    def build(values: Values) -> Kernel:
        embed = getattr(_module(module), name)(1, 1, _axes(values, "rope_axes_dim"), values.number("rope_theta"))
        return _kernel(_last(embed), _shared(sequence_dim=1))

    return build


def _hunyuan_image(values: Values) -> Kernel:
    half = values.whole("head_dim") // 2
    embed = _module("hunyuanimage").HunyuanImageRotaryPosEmbed([1, 1], [half, half], values.number("rope_theta"))
    return _kernel(_last(embed), _shared(sequence_dim=1))


def _cosmos(values: Values) -> Kernel:
    embed = _module("cosmos").CosmosRotaryPosEmbed(
        values.whole("head_dim"), [CELLS] * 3, (1, 1, 1), rope_scale=tuple(values.numbers("rope_scale")))
    return _kernel(_last(embed), _shared(use_real=True, use_real_unbind_dim=-2))


def _wan(module: str, embedder: str, processor: str) -> Build:
    def build(values: Values) -> Kernel:
        found = _module(module)
        embed = getattr(found, embedder)(values.whole("head_dim"), (1, 1, 1), CELLS, values.number("theta"))

        def at(place: Place) -> Any:
            import torch

            cos, sin = embed(torch.empty(1, 1, *(each + 1 for each in place)))  # [1, cells, 1, lanes]
            return cos[:, -1:], sin[:, -1:]

        turn = _nested(getattr(found, processor))
        return _kernel(at, lambda x, freqs: turn(x, *freqs))

    return build


_ALL: dict[str, tuple[Build, tuple[str, ...]]] = {  # layout: what builds it, and the parameters that are measured
    "flux": (_flux("flux", "FluxPosEmbed", "theta"), ("", ":axes_dims_rope=8,12,12:theta=2000")),
    "flux2": (_flux("flux2", "Flux2PosEmbed", "rope_theta"), ("", ":axes_dims_rope=8,16,12,4:rope_theta=500")),
    "flux3": (_flux("flux3", "Flux3PosEmbed", "rope_theta"), ("",)),
    "longcat-image": (_flux("longcat_image", "LongCatImagePosEmbed", "theta"), ("",)),
    "ovis-image": (_flux("ovis_image", "OvisImagePosEmbed", "theta"), ("",)),
    "hidream": (_hidream, ("", ":axes_dims_rope=16,8,8:theta=500")),
    "ernie-image": (_ernie_image, ("", ":rope_axes_dim=8,12,12")),
    "z-image": (_z_image, ("", ":axes_dims=16,8,8:rope_theta=10000")),
    "lumina2": (_lumina2, ("", ":axes_dim_rope=8,16,8")),
    "qwen-image": (_qwen_image, ("", ":scale_rope=false:axes_dims_rope=8,12,12:theta=500")),
    "cogview4": (_cogview4, ("", ":head_dim=32:rope_theta=500")),
    "glm-image": (_glm_image, ("", ":head_dim=64")),
    "hunyuan-video": (_hunyuan_video("hunyuan_video", "HunyuanVideoRotaryPosEmbed"), ("", ":rope_axes_dim=8,12,12")),
    "hunyuan-video-15": (_hunyuan_video("hunyuan_video15", "HunyuanVideo15RotaryPosEmbed"), ("",)),
    "hunyuan-image": (_hunyuan_image, ("", ":head_dim=64:rope_theta=10000")),
    "cosmos": (_cosmos, ("", ":head_dim=80:rope_scale=1,2,3")),
    "wan": (_wan("wan", "WanRotaryPosEmbed", "WanAttnProcessor"), ("", ":head_dim=40", ":head_dim=44:theta=500")),
    "skyreels": (_wan("skyreels_v2", "SkyReelsV2RotaryPosEmbed", "SkyReelsV2AttnProcessor"), ("", ":head_dim=112")),
}
SOFTWARE = Software(
    ("diffusers", "torch"), {f"diffusers/{name}": build for name, (build, _) in _ALL.items()},
    tuple(f"diffusers/{name}{more}" for name, (_, several) in _ALL.items() for more in several),
)
