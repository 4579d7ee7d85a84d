"""What no row has for itself, and rows that are no numbers: never right where they differ or tell nothing."""

import numpy as np
import pytest
from made_layers import made, right
from saved_models import save_folder

from prover import verify_weights

NORMAL = "ggml/normal:head_dim=8:base=10000"
MOVE = (0, 4, 1, 5, 2, 6, 3, 7)
AT = "model.layers.0.self_attn"


def pair(folder, ours, theirs, change=lambda m: m, move=MOVE):
    """One layer that is moved as it has to be, with arrays beside it on both sides."""
    m = change(made())
    beside = [{f"{AT}.{name}": value for name, value in side.items()} for side in (ours, theirs)]
    source = save_folder(folder / "a", [m], beside=beside[0])
    target = save_folder(folder / "b", [right(m, move)], beside=beside[1])
    return verify_weights(str(source), str(target), meant_for=NORMAL)


def numbers(*values):
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize("role", ["q", "k", "v"])
@pytest.mark.parametrize("name", ["weight_scale", "weight_scale_2", "weight_global_scale", "scale", "output_scale",
                                  "weight_zero_point", "SCB"])
def test_one_number_that_all_rows_share(role, name, tmp_path):
    """3 in place of 1 multiplies all of q, k or v by 3 or moves it, and nothing says that another tensor makes up."""
    module = f"{role}_proj.{name}"
    for number, (ours, theirs, fault) in enumerate((
        ({module: numbers(1)}, {module: numbers(3)}, "other scale"), ({module: numbers(1)}, {}, "on one side only"),
        ({}, {module: numbers(3)}, "on one side only"),
    )):
        (tmp_path / str(number)).mkdir()
        found = pair(tmp_path / str(number), ours, theirs)
        assert ("undecided", (fault,), 3) == (found.verdict, found.faults, found.exit_code)
    (tmp_path / "same").mkdir()
    assert "right" == pair(tmp_path / "same", {module: numbers(3)}, {module: numbers(3)}).verdict


def test_what_is_not_compared_is_said_where_all_is_right(tmp_path):
    """An adapter's A, o's bias and embeddings may be others: one line in each form, none where all is."""
    names = ("q_proj.lora_A.weight", "k_proj.input_scale", "o_proj.bias")
    ours, theirs = ({name: numbers(1 + number) for name in names} for number in (0, 1))
    (tmp_path / "more").mkdir()
    found = pair(tmp_path / "more", ours, theirs)
    assert "right" == found.verdict
    line = ("not compared: 3 other tensors (model.layers.*.self_attn.k_proj.input_scale, "
            "model.layers.*.self_attn.o_proj.bias, model.layers.*.self_attn.q_proj.lora_A.weight)")
    assert [line] == found.to_json()["not_compared"]
    for text in (found.to_text(), found.to_markdown()):
        assert line in " ".join(text.replace("\\", "").replace("`", "").split())
    (tmp_path / "none").mkdir()
    assert [] == pair(tmp_path / "none", {}, {}).to_json()["not_compared"]


def test_layers_are_one_pattern(tmp_path):
    """The same tensor of each layer is named once, with how many there are."""
    more = {f"model.layers.{layer}.mlp.experts.{each}.up_proj.weight": numbers(layer) for layer in range(2)
            for each in range(2)}
    source = save_folder(tmp_path / "a", [made()] * 2, beside={**more, "lm_head.weight": numbers(1)})
    target = save_folder(tmp_path / "b", [made()] * 2, beside={**more, "model.norm.weight": numbers(1)})
    (line,) = verify_weights(str(source), str(target)).to_json()["not_compared"]
    assert ("not compared: 6 other tensors (lm_head.weight, model.layers.*.mlp.experts.*.up_proj.weight (4), "
            "model.norm.weight)") == line


def test_a_scale_without_dimensions(tmp_path):
    """A number of shape () is one number too."""
    name = "q_proj.weight_scale"
    found = pair(tmp_path, {name: np.array(1, dtype=np.float32)}, {name: np.array(3, dtype=np.float32)})
    assert ("undecided", ("other scale",)) == (found.verdict, found.faults)


def test_many_zero_points_where_no_row_moves(tmp_path):
    """Packed zero points say what the numbers mean even where rows stay."""
    name = "q_proj.weight_zero_point"
    ours, theirs = (np.arange(first, first + 64, dtype=np.float32).reshape(8, 8) for first in (0, 1))
    stay = tuple(range(8))
    for number, (points, word) in enumerate(((ours, "right"), (theirs, "undecided"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        m = made()
        at = f"{AT}.{name}"
        source = save_folder(folder / "a", [m], beside={at: ours})
        target = save_folder(folder / "b", [right(m, stay)], beside={at: points})
        assert word == verify_weights(str(source), str(target)).verdict


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("roles", ["q", "k", "qk", "v", "o"])
@pytest.mark.parametrize("is_moved", [True, False])
def test_rows_that_are_not_finite(value, roles, is_moved, tmp_path):
    """Which of them is which is not seen, so that nothing is right; q or k that is finite and stayed is wrong."""
    def spoiled(m):
        return m.with_(**{role: np.full_like(getattr(m, role), value) for role in roles})

    found = pair(tmp_path, {}, {}, spoiled, MOVE if is_moved else tuple(range(8)))
    sees = not is_moved and roles != "qk"
    assert ("wrong" if sees else "undecided") == found.verdict


def test_one_number_that_is_none(tmp_path):
    """In one row of q; the others do not make it right."""
    def spoiled(m):
        q = m.q.copy()
        q[1, 2, 3] = np.nan
        return m.with_(q=q)

    found = pair(tmp_path, {}, {}, spoiled)
    assert ("undecided", ("not finite",)) == (found.verdict, found.faults)


@pytest.mark.parametrize("roles", ["q", "k", "v", "qk"])
def test_weights_that_are_not_read(roles, tmp_path):
    """Packed as GPTQ packs them, they may have moved or not; the others do not make the layer right."""
    folders = []
    for name, m in (("a", made()), ("b", right(made(), MOVE))):
        packed = {f"{AT}.{role}_proj.qweight": np.ones((6, 8), dtype=np.float32) for role in roles}
        folder = save_folder(tmp_path / name, [m], beside=packed,
                             left_out=[f"{AT}.{role}_proj.weight" for role in roles])
        folders.append(str(folder))
    found = verify_weights(*folders, meant_for=NORMAL)
    assert ("undecided", 3) == (found.verdict, found.exit_code)
    assert "not read" in found.faults
    unread = [(row["role"], row["verdict"]) for row in found.to_json()["parts"][0]["tensors"] if not row["target"]]
    assert [(role, "undecided") for role in roles] == unread


def test_layers_that_are_not_read(tmp_path):
    """Layer 1 is packed whole: layer 0 alone does not make the model right."""
    folders = []
    for name, m in (("a", made()), ("b", right(made(), MOVE))):
        at = AT.replace("0", "1")
        names = [f"{at}.{role}_proj" for role in "qkvo"]
        packed = {f"{each}.qweight": np.ones((6, 8), dtype=np.float32) for each in names}
        folder = save_folder(tmp_path / name, [m, m], beside=packed, left_out=[f"{each}.weight" for each in names])
        folders.append(str(folder))
    found = verify_weights(*folders, meant_for=NORMAL)
    assert ("undecided", 3) == (found.verdict, found.exit_code)
    assert "text, layers 1: not compared, output features run along" in found.headline
