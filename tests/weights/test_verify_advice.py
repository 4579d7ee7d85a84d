"""What a wrong checkpoint's report says to do: each command is run as it stands, and what it writes is right."""

import shlex

import numpy as np
import pytest
from made_layers import flat, made, moved, right, unflat
from saved_models import save_folder, save_gguf
from test_weights_verify_command import layers, to_adjacent

from prover import verify_weights
from prover.commands.cli import run_command
from prover.repair.slips import inverse
from prover.reports.verify_advice import ADVICE
from prover.weights.audited.verified import OPEN, Fault

ROWS = to_adjacent(8)
TO = "ggml/normal"


def run_as_told(found):
    """Run the command of a report; the folder that it writes is that which it names."""
    words = shlex.split(found.to_json()["command"])
    assert "rope-prover" == words[0]
    assert f"command   {found.to_json()['command']}\n" in found.to_text()
    assert f"| command | `{found.to_json()['command']}` |" in found.to_markdown()
    assert 0 == run_command(words[1:])
    return words[words.index("--out") + 1]


def cut(m, heads, lanes):
    """k moved as so many heads of so many lanes."""
    return unflat(flat(m.k).reshape(heads, lanes, -1)[:, list(to_adjacent(lanes))], m.k)


def biases(m, **other):
    return m.with_(biases={**m.biases, **other})


# Name, what the target has of a layer with biases, the faults, and a part of the advice.
WRONG = [
    ("missing", lambda m: m, {"missing", "forgotten"}, "move its rows as is needed"),
    ("twice", lambda m: right(right(m, ROWS), ROWS), {"applied twice", "inverse"}, "undo one of the two moves"),
    ("inverse", lambda m: right(m, inverse(ROWS)), {"applied twice", "inverse"}, "gather where it was scattered"),
    ("count", lambda m: right(m, ROWS).with_(k=cut(m, 4, 4)), {"wrong head width"},
     "k, wrong head width: move k as 2 heads of 8 lanes"),
    ("v", lambda m: right(m, ROWS).with_(v=moved(m.v, ROWS)), {"applied to v"}, "v does not turn"),
    ("o", lambda m: right(m, ROWS).with_(o=m.o.reshape(48, 8, 8)[:, :, list(ROWS)].reshape(48, 64)), {"applied to o"},
     "o reads what v gives"),
    ("bias", lambda m: biases(right(m, ROWS), k=m.biases["k"]), {"forgotten"},
     "k's bias, forgotten: move its entries as the rows of k"),
    ("values", lambda m: biases(right(m, ROWS), q=m.biases["k"].repeat(4, 0)), {"other values"}, "from the source"),
    ("exchanged", lambda m: right(m, ROWS).with_(k=moved(m.k, ROWS)[::-1]), {"heads exchanged"}, "keep the heads"),
    ("other", lambda m: right(m, ROWS).with_(q=moved(m.q, (1, 0, 2, 3, 4, 5, 6, 7))), {"another move"}, "no slip"),
    ("lost", lambda m: right(m, ROWS).with_(q=moved(m.q, (0, 0, 1, 5, 2, 6, 3, 7))), {"lost rows"}, "no move brings"),
]


@pytest.mark.parametrize(("name", "change", "faults", "advice"), WRONG, ids=[each[0] for each in WRONG])
def test_a_folder_is_made_right(name, change, faults, advice, tmp_path, monkeypatch):
    """From one folder to another, whose names have blanks; each wrong in its way in the layers from 1 on, or in all."""
    monkeypatch.chdir(tmp_path)
    own = layers(bias=True)
    save_folder(tmp_path / "as it was", own, "qwen2")
    for first in (0, 1):
        bad = [change(m) if number >= first else right(m, ROWS) for number, m in enumerate(own)]
        target = save_folder(tmp_path / f"moved {first}", bad, "qwen2")
        found = verify_weights("as it was", target.name, meant_for=TO)
        assert ("wrong", faults) == (found.verdict, set(found.faults))
        assert any(advice in text for text in found.to_json()["advice"])
        out = tmp_path / run_as_told(found)
        again = verify_weights("as it was", out.name, meant_for=TO)
        assert ("right", ()) == (again.verdict, again.faults)
        assert (None, []) == (again.to_json()["command"], again.to_json()["advice"])
        out.rename(tmp_path / f"done {first}")


@pytest.mark.parametrize(("change", "is_back"), [
    (lambda m: m, False), (lambda m: right(right(m, ROWS), ROWS), True),
])
def test_a_gguf_file_is_made_right(change, is_back, tmp_path, monkeypatch):
    """From its own rows, whose numbers stay as they are. Moved back, the manifest is taken away."""
    monkeypatch.chdir(tmp_path)
    own = layers()
    save_folder(tmp_path / "hf", own)
    save_gguf(tmp_path / "bad.gguf", [change(m) for m in own], dtype="F16")
    found = verify_weights("hf", "bad.gguf")
    assert "wrong" == found.verdict
    out = tmp_path / run_as_told(found)
    assert is_back is any("Remove rope-prover.json" in text for text in found.to_json()["advice"])
    if is_back:
        (out / "rope-prover.json").unlink()
    again = verify_weights("hf", str(out / "bad.gguf"))
    assert ("right", ()) == (again.verdict, again.faults)


@pytest.mark.parametrize("change", [
    lambda m: right(m, inverse(ROWS)).with_(k=moved(m.k, ROWS)), lambda m: right(m, ROWS).with_(v=moved(m.v, ROWS)),
    lambda m: m.with_(q=moved(m.q, ROWS)), lambda m: right(m, ROWS).with_(k=cut(m, 4, 4)),
    lambda m: m.with_(q=m.q * np.float32(-2)), lambda m: right(right(m.with_(k=m.k / 2), ROWS), ROWS),
])
def test_no_command_where_none_is_known(change, tmp_path):
    """A GGUF file not moved alike, or multiplied too: a converter has to run again, of which nothing is known."""
    own = layers()
    source = save_folder(tmp_path / "hf", own)
    target = save_gguf(tmp_path / "bad.gguf", [change(m) for m in own])
    told = verify_weights(str(source), str(target)).to_json()
    assert ("wrong", None) == (told["verdict"], told["command"])
    assert told["advice"]


def test_one_layer_that_is_right_is_not_moved_again(tmp_path):
    """Of a GGUF file with one layer moved and the others not no command is told: it would move that one too."""
    own = layers()
    source = save_folder(tmp_path / "hf", own)
    target = save_gguf(tmp_path / "bad.gguf", [right(own[0], ROWS), *own[1:]])
    assert verify_weights(str(source), str(target)).to_json()["command"] is None


def test_not_needed(tmp_path):
    """Nothing to move: the advice is to leave the rows, and no command moves any."""
    own = layers()
    source = save_folder(tmp_path / "a", own)
    target = save_folder(tmp_path / "b", [right(m, ROWS) for m in own])
    told = verify_weights(str(source), str(target)).to_json()
    assert ["q, k, not needed: leave its rows as the source has them: both sides pair lanes alike"] == told["advice"]
    assert told["command"] is None


def test_each_fault_has_a_sentence():
    """All that can be wrong, apart from those whose sentence has numbers."""
    counted = {Fault.HEAD_COUNT, Fault.HEAD_WIDTH, Fault.WHOLE_HEAD, Fault.OTHER_LANES, Fault.FORGOTTEN,
               Fault.NO_MOVE_HELPS}
    assert set(Fault) - OPEN - counted <= set(ADVICE)


def test_weights_of_another_training(tmp_path):
    """Nothing of them is wrong or right: the first line asks, and the advice says what to compare with."""
    source = save_folder(tmp_path / "source", layers(1))
    target = save_folder(tmp_path / "target", [made(seed=seed) for seed in (70,)])
    found = verify_weights(str(source), str(target), meant_for=TO)
    assert ("undecided", 3) == (found.verdict, found.exit_code)
    assert ["give as SOURCE the very checkpoint"] == [text[:34] for text in found.to_json()["advice"]]


def test_no_command_with_a_name_that_cannot_be_shown(tmp_path):
    """A path with what a terminal obeys is printed without it, and would be another path in a command."""
    source = save_folder(tmp_path / "a\n\x1b[31m", layers(1))
    target = save_folder(tmp_path / "target", layers(1))
    found = verify_weights(str(source), str(target), meant_for=TO)
    assert ("wrong", None) == (found.verdict, found.to_json()["command"])
    assert "\x1b" not in found.to_text() + found.to_markdown()
