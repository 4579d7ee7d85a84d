"""Functions of torch, written here by their formulas, and those of the installed transformers, run and measured."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from prover.commands.cli import run_command
from prover.functions.limits import Limits
from prover.functions.measuring import measure_function
from prover.functions.reference import parse_reference

pytestmark = [pytest.mark.live]

PLENTY = Limits(seconds=300)
SOURCE = """
    import torch
    from torch import nn

    def turn(x):
        a, b = x.chunk(2, -1)
        return torch.cat((-b, a), -1)

    def angles(x: torch.Tensor, position_ids: torch.Tensor) -> torch.Tensor:
        w = 10000 ** (-torch.arange(0, x.shape[-1], 2).double() / x.shape[-1])
        a = torch.einsum("i,j->ij", position_ids, w)[:, None]
        return x * torch.cat((a, a), -1).cos() + turn(x) * torch.cat((a, a), -1).sin()

    def complex_numbers(xq, xk, freqs_cis):
        out = []
        for x in (xq, xk):
            z = torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2))
            z = z * freqs_cis.view(1, x.shape[1], 1, -1)
            out.append(torch.view_as_real(z).flatten(3).type_as(x))
        return tuple(out)

    class Rotary(nn.Module):
        def __init__(self, dim, base=10000):
            super().__init__()
            w = base ** (-torch.arange(0, dim, 2).float() / dim)
            self.register_buffer("table", torch.outer(torch.arange(4096).float(), w))

        def forward(self, x, *, input_pos=None):
            b, t, h, d = x.shape
            a = self.table[:t] if input_pos is None else self.table[input_pos]
            a = a.view(-1, t, 1, d // 2)
            x = x.float().reshape(b, t, h, -1, 2)
            x = torch.stack((x[..., 0] * a.cos() - x[..., 1] * a.sin(), x[..., 1] * a.cos() + x[..., 0] * a.sin()), -1)
            return x.flatten(3)

    @torch.compile
    def compiled(x: torch.Tensor, positions: torch.Tensor):
        w = 10000 ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
        a = (positions[:, None] * w).repeat(1, 2)[:, None]
        return x * a.cos() + turn(x) * a.sin()

    def in_half_precision(x: torch.Tensor, positions: torch.Tensor):
        return compiled(x, positions).to(torch.bfloat16)

    def tables_in_half_precision(x: torch.Tensor, positions: torch.Tensor):
        w = 10000 ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
        a = (positions[:, None] * w).repeat(1, 2)[:, None]
        return x * a.cos().half() + turn(x) * a.sin().half()

    def positions_in_half_precision(x: torch.Tensor, positions: torch.Tensor):
        return compiled(x, positions.bfloat16().float())

    class Multimodal:
        def __init__(self, sections):
            from transformers.models.qwen2_vl import modeling_qwen2_vl as module
            from transformers.models.qwen2_vl.configuration_qwen2_vl import Qwen2VLTextConfig
            rope = {"rope_type": "default", "rope_theta": 1000000.0, "mrope_section": sections}
            config = Qwen2VLTextConfig(hidden_size=512, num_attention_heads=4, rope_parameters=rope)
            self.rotary, self.apply = module.Qwen2VLRotaryEmbedding(config), module.apply_rotary_pos_emb

        def __call__(self, q, k, position_ids):
            return self.apply(q, k, *self.rotary(q, position_ids))

    def on_a_card(x: torch.Tensor, positions: torch.Tensor):
        return compiled(x.cuda(), positions.cuda())
"""


@pytest.fixture
def source(empty_folder: Path) -> str:
    """A file of the functions, in an empty folder that is the current one."""
    Path("torch_ropes.py").write_text(textwrap.dedent(SOURCE))
    return "torch_ropes.py::"


@pytest.mark.parametrize(("name", "more", "spec", "head"), [
    ("angles", [], "transformers/half:head_dim=64", "CONFORMS: "),
    ("compiled", [], "transformers/half:head_dim=64", "CONFORMS: "),
    ("complex_numbers", [], "transformers/adjacent:head_dim=64", "CONFORMS in all but the frequencies: "),
    ("Rotary", ["--init", "Rotary(64)"], "transformers/adjacent:head_dim=64", "CONFORMS: "),
    ("Rotary.forward", ["--init", "Rotary(dim=32, base=500)"], "transformers/adjacent:head_dim=32:rope_theta=500",
     "CONFORMS: "),
    ("Rotary", ["--init", "Rotary(64)", "--call", "f(x[b, t, h, d])"], "transformers/adjacent:head_dim=64",
     "CONFORMS: "),
])
def test_functions_conform(
    name: str, more: list[str], spec: str, head: str, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with its own layout, and not with the other pairing."""
    assert 0 == run_command(["conform", spec, source + name, "--seconds", "300", *more])
    assert capsys.readouterr().out.startswith(head)
    if name in ("angles", "complex_numbers"):
        other = spec.replace("half", "x").replace("adjacent", "half").replace("x:", "adjacent:")
        assert 1 == run_command(["conform", other, source + name, "--seconds", "300"])


@pytest.mark.parametrize(("name", "message"), [
    ("in_half_precision", "returns numbers that are all bfloat16 numbers"),
    ("tables_in_half_precision", "turns by cosines and sines that are all float16 numbers"),
])
def test_half_precision_is_undecided(
    name: str, message: str, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rounding is told as that, and the verdict is neither."""
    assert 3 == run_command(["measure", "function", source + name, "--seconds", "300"])
    assert message in capsys.readouterr().err


def test_positions_in_bfloat16_are_told(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    """257 has no 8 bits."""
    assert 1 == run_command(["measure", "function", source + "positions_in_half_precision", "--seconds", "300"])
    assert "takes position 257 as 256, as where positions are in bfloat16" in capsys.readouterr().err


@pytest.mark.parametrize("call", [None, "f(q, k, p(t, h, w)[3, b, t])"])
def test_multimodal_positions_of_transformers(
    call: str | None, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Qwen2-VL's rotary module, with sections 16, 24, 24 of a head of 128: other sections do not conform."""
    spec = "transformers/mrope-chunked:head_dim=128:rope_theta=1000000:mrope_section="
    more = ["--init", "Multimodal([16, 24, 24])", "--seconds", "300", *(["--call", call] if call else [])]
    assert 0 == run_command(["conform", spec + "16,24,24", source + "Multimodal", *more])
    assert capsys.readouterr().out.startswith("CONFORMS: ")
    assert 1 == run_command(["conform", spec + "24,16,24", source + "Multimodal", *more])


def test_no_graphics_card(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The process sees none."""
    assert 2 == run_command(["measure", "function", source + "on_a_card", "--seconds", "300"])
    assert "compiled with CUDA" in capsys.readouterr().err


MODELS = "transformers.models"


@pytest.mark.parametrize(("function", "called", "first"), [
    (f"{MODELS}.llama.modeling_llama::apply_rotary_pos_emb", "cos[", [0, 32]),
    (f"{MODELS}.glm.modeling_glm::apply_rotary_pos_emb", "cos[", [0, 1]),
    (f"{MODELS}.llama4.modeling_llama4::apply_rotary_emb", "freqs_cis[", [0, 1]),
    (f"{MODELS}.gpt_neox.modeling_gpt_neox::apply_rotary_pos_emb", "cos[", [0, 32]),
])
def test_functions_of_transformers(function: str, called: str, first: list[int]) -> None:
    """Halves in llama and GPT-NeoX, neighbours in GLM and Llama 4, as their sources at 5.24.0 write them."""
    case = measure_function(parse_reference(function), PLENTY, None, 64)["cases"][0]
    assert (first, True) == (case["pairs"][0][:2], called in case["called"])
    assert (32, True, "base 10000") == (len(case["pairs"]), case["is_rotation"], case["frequencies_given"])
