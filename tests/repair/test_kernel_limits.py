"""What kernels beside ggml's take at run time: lists of factors, and what has none, with where that is seen.

Which list is read when, and that it divides angles, is from the sources that the layouts name, at their versions;
freqs were run on mlx 0.32.4 (CPU), and the repair of transformers' chunked M-RoPE on transformers 5.24.0, both within
3e-5 of the source's scores at positions up to 300; the tests here repeat it in NumPy.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from plain_loops import mrope_axis
from prover import find_repair, prove
from prover.errors import InputError
from prover.layouts.loading import load, outline
from prover.repair.factors import divides_angles, refuses_factors
from prover.sources.llama.architectures import architectures

BOTH = ["short_factor", "long_factor"]
ONES = ",".join("1" * 8)
LLAMA3 = ("transformers/half:head_dim=16:rope_type=llama3:factor=8:original_max_position_embeddings=8192:"
          "low_freq_factor=1:high_freq_factor=4:rope_theta=500000")
LONG = "original_max_position_embeddings=4096:max_position_embeddings=4096"
WITH_LISTS = {
    "mlx/rope:head_dim=16": ["freqs"],
    f"mlx-lm/su-rope:head_dim=16:{LONG}:long_factor={ONES}": ["long_factor"],
    f"vllm/longrope:head_size=16:{LONG}:short_factor={ONES}:long_factor={ONES}": BOTH,
    f"sglang/longrope:head_size=16:{LONG}:short_factor={ONES}:long_factor={ONES}": BOTH,
    f"transformers/half:head_dim=16:rope_type=longrope:{LONG}:short_factor={ONES}:long_factor={ONES}": BOTH,
}


def llama3_frequencies() -> list[float]:
    """As _compute_llama3_parameters of transformers does it, 16 lanes, base 500000, factor 8."""
    found = []
    for j in range(8):
        plain = 500000 ** (-2 * j / 16)
        length = 2 * math.pi / plain
        smooth = (8192 / length - 1) / 3
        found.append(plain / 8 if length > 8192 else plain if length < 8192 / 4 else
                     (1 - smooth) * plain / 8 + smooth * plain)
    return found


@pytest.mark.parametrize("spec", WITH_LISTS)
def test_a_list_that_divides_angles(spec: str) -> None:
    """Each number divides the angle of its pair and changes nothing else."""
    loaded = load(spec)
    assert WITH_LISTS[spec] == list(loaded.family.factors)
    assert refuses_factors(loaded.family) is None
    assert divides_angles(loaded)


@pytest.mark.parametrize("spec", WITH_LISTS)
def test_llama3_on_kernels_that_know_no_llama3(spec: str) -> None:
    """The list makes the kernel turn by llama3's frequencies: base 10000 or periods divided by what was found."""
    found = find_repair(LLAMA3, spec, allow=("factors",)).to_json()["repair"]
    assert (["factors"], "identical", WITH_LISTS[spec]) == (found["changes"], found["relation"], found["factors_in"])
    own = [1.0 if spec.startswith("mlx/") else 10000 ** (-2 * j / 16) for j in range(8)]
    turned = [own[j] / factor["float32_value"] for j, factor in enumerate(found["factors"])]
    assert np.allclose(llama3_frequencies(), turned, rtol=2**-23, atol=0)
    assert any("/" in limit["source"] for limit in found["limits"])


def test_freqs_and_moved_rows_in_numpy() -> None:
    """mx.fast.rope with traditional=True: lanes 2j and 2j + 1 by p/freqs[j], a base being left out."""
    answer = find_repair(LLAMA3, "mlx/rope:head_dim=16:traditional=true:base=500000")
    found = answer.to_json()["repair"]
    assert ["permutation", "parameter", "factors"] == found["changes"]
    assert [("base", "500000", "")] == [(each["name"], each["is"], each["needed"]) for each in found["parameters"]]
    assert any("in place of base" in limit["text"] for limit in found["limits"])
    rows, periods = np.array(found["permutation"]), np.array([f["float32_value"] for f in found["factors"]])

    def source(x: np.ndarray, p: int) -> np.ndarray:
        angle = p * np.array(llama3_frequencies())
        a, b = x[:8], x[8:]
        return np.concatenate([a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)])

    def target(x: np.ndarray, p: int) -> np.ndarray:
        angle, out = p / periods, np.empty(16)
        out[::2] = x[::2] * np.cos(angle) - x[1::2] * np.sin(angle)
        out[1::2] = x[::2] * np.sin(angle) + x[1::2] * np.cos(angle)
        return out

    q, k = np.random.default_rng(4).standard_normal((2, 16))
    for p, other in ((0, 1), (17, 300), (123, 7)):
        wanted = source(q, p) @ source(k, other)
        assert np.isclose(wanted, target(q[rows], p) @ target(k[rows], other), atol=1e-3)
        assert not np.isclose(wanted, target(q, p) @ target(k, other), atol=1e-3)


def test_imrope_on_chunked_mrope_of_transformers() -> None:
    """Qwen2-VL's kernel with rope_type longrope: moved rows and both lists, held against loops written apart."""
    target = ("transformers/mrope-chunked:head_dim=16:mrope_section=3,3,2:rope_type=longrope:"
              f"{LONG}:short_factor={ONES}:long_factor={ONES}")
    found = find_repair("ggml/imrope:head_dim=16:sections=3,3,2,0", target, feeds="image").to_json()["repair"]
    assert (["permutation", "factors"], BOTH) == (found["changes"], found["factors_in"])
    assert any("long_factor for all its positions" in limit["text"] for limit in found["limits"])
    rows, factors = np.array(found["permutation"]), [f["float32_value"] for f in found["factors"]]
    chunks = [0, 0, 0, 1, 1, 1, 2, 2]

    def turned(x: np.ndarray, angles: np.ndarray) -> np.ndarray:
        a, b = x[:8], x[8:]
        return np.concatenate([a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)])

    def source(x: np.ndarray, at: np.ndarray) -> np.ndarray:
        axes = [mrope_axis("imrope", [3, 3, 2, 0], j) for j in range(8)]
        return turned(x, np.array([at[axis] * 10000 ** (-2 * j / 16) for j, axis in enumerate(axes)]))

    def changed(x: np.ndarray, at: np.ndarray, by: list[float]) -> np.ndarray:
        return turned(x, np.array([at[chunks[j]] * 10000 ** (-2 * j / 16) / by[j] for j in range(8)]))

    draw = np.random.default_rng(6)
    for _ in range(5):
        q, k = draw.standard_normal((2, 16))
        at, other = draw.integers(0, 300, (2, 4))
        wanted = source(q, at) @ source(k, other)
        assert np.isclose(wanted, changed(q[rows], at, factors) @ changed(k[rows], other, factors), atol=1e-3)
        assert not np.isclose(wanted, changed(q[rows], at, [1.0] * 8) @ changed(k[rows], other, [1.0] * 8), atol=1e-3)


SMALL = "mrope_section=3,3,2"


@pytest.mark.parametrize(("target", "source"), [
    (f"vllm/mrope:head_size=16:{SMALL}", "vllm-project/vllm@0.33.0"),
    ("vllm/rope:head_size=16", "vllm-project/vllm@0.33.0"),
    (f"sglang/mrope:head_size=16:{SMALL}", "sgl-project/sglang@0.5.23"),
    (f"sglang/mrope-glm:head_size=16:{SMALL}", "sgl-project/sglang@0.5.23"),
    ("sglang/rope:head_size=16", "sgl-project/sglang@0.5.23"),
    (f"mlx-vlm/mrope:head_dim=16:{SMALL}", "Blaizzy/mlx-vlm@0.7.10"),
])
def test_kernels_without_a_list(target: str, source: str) -> None:
    """That no factors can be given is said with its source, and refused where they are asked for."""
    asked = {"feeds": "image"} if "mrope" in target else {}
    whose = "ggml/imrope:head_dim=16:sections=4,3,1,0" if asked else \
        "transformers/proportional:head_dim=16:partial_rotary_factor=0.5"
    (told,) = [each for each in find_repair(whose, target, **asked).to_json()["not_possible"]
               if each["what"] == "factors"]
    assert (True, True, True) == ("takes no frequency factors" in told["why"], source in told["why"], told["proved"])
    with pytest.raises(InputError, match="takes no frequency factors") as fault:
        find_repair("ggml/neox:head_dim=16", target, feeds="text", allow="factors")
    assert source in str(fault.value)


# Graphs that pass get_rope_factors, or rope_freqs, of tensors that their load_arch_tensors makes: src/models of
# llama.cpp 0c1e57098. Others pass a null pointer, or what get_rope_factors gives where nothing is loaded.
WITH_TENSORS = {"arcee", "apertus", "deci", "dflash", "eagle3", "exaone", "exaone-moe", "exaone4", "gemma4",
                "gemma4-assistant", "granite", "granite_swa", "granitehybrid", "granitemoe", "llama", "llama-embed",
                "llama4", "minicpm", "minicpm3", "mistral3", "nanbeige", "phi3", "phimoe", "step35"}


def test_graphs_of_llama_cpp_that_get_factors() -> None:
    """Which architectures take factors is the same for repairs as for readings; others are refused with a source."""
    (arch,) = outline("llama-cpp/text").choices
    words = {word.name for word in arch.words}
    taking = {word for word in words if refuses_factors(outline(f"llama-cpp/text:arch={word}").family) is None}
    assert WITH_TENSORS == taking
    assert taking == {name for name, entry in architectures().architecture.items() if entry.factors and name in words}
    (other,) = outline("llama-cpp/longrope").choices
    assert taking >= {word.name for word in other.words}
    for word in other.words:
        assert refuses_factors(outline(f"llama-cpp/longrope:arch={word.name}").family) is None
    for name in ("hunyuan", "hunyuan-vl", "indexer", "output-back", "mrope:arch=hunyuan_vl", "mrope:arch=qwen2vl",
                 "imrope"):
        assert "graph of this architecture" in str(refuses_factors(outline(f"llama-cpp/{name}").family))


@pytest.mark.parametrize("arch", ["gpt-oss", "qwen3", "bailingmoe"])
def test_no_factors_for_a_graph_that_takes_none(arch: str) -> None:
    """What factors would do is not found, and no other architecture is proposed in their place."""
    target = f"llama-cpp/text:arch={arch}:head_dim=16:n_rot=16:base=500000"
    found = find_repair(LLAMA3, target)
    assert (3, None) == (found.exit_code, found.to_json()["repair"])
    (told,) = [each for each in found.to_json()["not_possible"] if each["what"] == "factors"]
    assert told["proved"]
    assert "ggml-org/llama.cpp@0c1e57098 src/models" in told["why"]
    taken = find_repair(LLAMA3, target.replace(arch, "llama4"))
    assert "factors" in taken.to_json()["repair"]["changes"]


@pytest.mark.parametrize(("unless", "said"), [
    ('{ arch = ["b"] }', "no choice arch=b"), ('{ kind = ["a"] }', "no choice kind=a"),
])
def test_limits_unless_no_choice(unless: str, said: str, tmp_path: Path) -> None:
    """A limit that is lifted under a word that there is not is refused."""
    path = tmp_path / "limit.toml"
    path.write_text('title = "limit"\naxes = ["p"]\nwidth = "head_dim"\nrules = ["pairs/one-axis", "feeds/p"]\n'
                    '[choose.arch]\ndefault = "a"\nrules = { a = "llama-cpp/neox" }\n'
                    '[[limits]]\nof = "factors"\ntext = "none"\n'
                    f'source = {{ repo = "a/b", commit = "1", path = "c", symbol = "d" }}\nunless = {unless}\n')
    with pytest.raises(InputError, match=said):
        outline(str(path))


def test_a_choice_under_which_factors_are_taken() -> None:
    """transformers has no list for rope_type default, and two for longrope: that is named, and proves nothing."""
    sides = "ggml/imrope:head_dim=16:sections=3,3,2,0", f"transformers/mrope-chunked:head_dim=16:{SMALL}"
    told = find_repair(*sides, feeds="image").to_json()["not_possible"][-1]
    assert ("factors", False, True) == (told["what"], told["proved"], "with rope_type=longrope" in told["why"])
    with pytest.raises(InputError, match="name the target with :rope_type=longrope"):
        find_repair(*sides, feeds="image", allow="factors")


@pytest.mark.parametrize(("target", "now", "later"), [
    (f"transformers/half:head_dim=16:rope_type=longrope:{LONG}:short_factor={ONES}:long_factor={ONES}", "seq_len=5000",
     "seq_len=9"),
    (f"vllm/longrope:head_size=16:{LONG}:short_factor={ONES}:long_factor={ONES}", "max_model_len=5000",
     "max_model_len=9"),
    ("llama-cpp/longrope:head_dim=16:n_rot=16:n_ctx_orig=4096", "n_ctx=5000", "n_ctx=9"),
])
def test_both_lists_get_the_same(target: str, now: str, later: str) -> None:
    """Which list is read goes by a length: the repair holds at any, since it fills both."""
    found = find_repair(LLAMA3, f"{target}:{now}", allow=("permutation", "factors")).to_json()["repair"]
    assert BOTH == found["factors_in"]
    for spec in (found["spec"], found["spec"].replace(now, later)):
        again = prove(LLAMA3, spec)
        assert ("equivalent", "identical") == (again.verdict, again.relation)
    changed = target if "short_factor" in target else f"{target}:short_factor={ONES}:long_factor={ONES}"
    assert "different" == prove(LLAMA3, f"{changed}:{later}").verdict


@pytest.mark.parametrize(("written", "said"), [
    ('["ff", "ff"]', "named twice"), ('["ff", "gg"]', "no list parameter 'gg'"), ('"gg"', "no list parameter 'gg'"),
])
def test_lists_that_are_none(written: str, said: str, tmp_path: Path) -> None:
    """A list that the layout does not have, and one named twice, are refused."""
    path = tmp_path / "lists.toml"
    path.write_text(f'title = "lists"\naxes = ["t"]\nwidth = "2"\nfactors = {written}\n[parameters]\n'
                    'ff = { default = [1] }\n[pairs]\ncount = "1"\nfirst = "0"\nsecond = "1"\nangle = "t/ff[0]"\n')
    with pytest.raises(InputError, match=said):
        load(str(path))


YARN = "head_dim=16:rope_type=yarn:factor=4:original_max_position_embeddings=4096"


@pytest.mark.parametrize(("allow", "changes"), [((), "rows of W_q and W_k scaled"),
                                               (("parameter",), "attention_factor left out")])
def test_a_mark_for_not_given_is_no_value(allow: tuple[str, ...], changes: str) -> None:
    """transformers refuses attention_factor 0 (_validate_yarn_rope_parameters: a float above 0): it is left out."""
    source, target = f"transformers/half:{YARN}", f"transformers/half:{YARN}:attention_factor=1.5"
    found = find_repair(source, target, allow=allow)
    assert found.headline == f"The target computes the source with {changes}."
    assert "attention_factor=0" not in found.to_text()
    if allow:
        assert "attention_factor: leave it out, instead of 1.5" in found.to_text()
        assert source == found.to_json()["repair"]["spec"]
    there, back = (prove(*sides).to_text() for sides in ((source, target), (target, source)))
    for text in (there, back):
        assert "attention_factor=0" not in text
    assert "with attention_factor left out the two are identical" in " ".join(there.split())
    assert "attention_factor not given" in " ".join(back.split())


@pytest.mark.parametrize("target", [
    "llama-cpp/text:arch=qwen2:head_dim=128:n_rot=128:base=1000000", "ggml/neox:head_dim=128:base=1000000",
])
def test_lost_yarn_is_three_parameters_of_ggml(target: str) -> None:
    """rope_yarn of ggml: theta_interp = freq_scale*theta, mixed where ext_factor is not 0, by n_ctx_orig."""
    source = ("transformers/half:head_dim=128:rope_theta=1000000:rope_type=yarn:factor=4:"
              "original_max_position_embeddings=32768")
    found = find_repair(source, target)
    repair = found.to_json()["repair"]
    assert (5, ["parameter"], "identical") == (found.exit_code, repair["changes"], repair["relation"])
    assert {("freq_scale", "0.25"), ("ext_factor", "1"), ("n_ctx_orig", "32768")} == {
        (each["name"], each["needed"]) for each in repair["parameters"]}
    text = " ".join(prove(source, target).to_text().split())
    for each in ("the target has freq_scale=1", "the target has ext_factor=0", "the target has n_ctx_orig=0"):
        assert each in text
