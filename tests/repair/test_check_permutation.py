"""Permutations held against what two layouts need: every answer beside scores that plain NumPy works out."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from moved_scores import Kernel, adjacent, half, same_scores

from conftest import spec_of
from prover import Permutation, check, check_permutation, load
from prover.errors import InputError
from prover.repair.slips import block_size, find_riffle, inverse

Rows = tuple[int, ...]


def to_adjacent(width: int) -> Rows:
    """Half pairs made adjacent, written out: rows 0, n/2, 1, n/2 + 1 and so on."""
    return tuple(row for j in range(width // 2) for row in (j, j + width // 2))


def to_half(width: int) -> Rows:
    """Adjacent pairs made half: all even rows, then all odd ones."""
    return (*range(0, width, 2), *range(1, width, 2))


def after(first: Rows, then: Rows) -> Rows:
    """W[first][then]."""
    return tuple(first[row] for row in then)


def whole(rows: Rows, heads: int) -> Rows:
    """The same in each head."""
    return tuple(head * len(rows) + row for head in range(heads) for row in rows)


def specs(width: int, rotated: int | None = None) -> tuple[str, str]:
    """transformers' half pairs and ggml's adjacent ones."""
    n = rotated or width
    return f"ggml/neox:head_dim={width}:n_rot={n}", f"ggml/normal:head_dim={width}:n_rot={n}"


HALF8, NORMAL8 = "transformers/half:head_dim=8", "ggml/normal:head_dim=8"


@pytest.mark.parametrize(("width", "rotated", "rights"), [(2, 2, 1), (4, 4, 1), (4, 2, 2)])
def test_every_permutation_of_a_small_head(width: int, rotated: int, rights: int) -> None:
    """All are tried: right is what gives the same scores, lanes that do not turn moved or not, and wrong the rest."""
    found = []
    for rows in itertools.permutations(range(width)):
        expected = same_scores(half(width, rotated), adjacent(width, rotated), rows, rows)
        answer = check_permutation(*specs(width, rotated), rows)
        assert (("right", 0) if expected else ("wrong", 1)) == (answer.verdict, answer.exit_code)
        assert answer.certificate is not None
        assert check(answer.certificate)
        found += [rows] if expected else []
    assert rights == len(found)


@pytest.mark.parametrize("rotated", [6, 4, 2])
def test_permutations_of_six_lanes(rotated: int) -> None:
    """Some by chance, and all that differ from a right one by an exchange."""
    generator = random.Random(rotated)
    n = rotated
    right = (*to_adjacent(n), *range(n, 6))
    tried = [tuple(generator.sample(range(6), 6)) for _ in range(12)]
    tried += [after(right, rows) for rows in (
        (1, 0, 2, 3, 4, 5), (2, 1, 0, 3, 4, 5), (0, 1, 2, 3, 5, 4), (0, 1, 4, 3, 2, 5), (0, 1, 2, 3, 4, 5))]
    words = []
    for rows in tried:
        expected = same_scores(half(6, rotated), adjacent(6, rotated), rows, rows)
        words.append(check_permutation(*specs(6, rotated), rows).verdict)
        assert ("right" if expected else "wrong") == words[-1]
    assert {"right", "wrong"} == set(words)


def test_the_witness_is_not_the_only_right_one() -> None:
    """Lanes that do not turn may change places, in q and k alike; in q alone they may not."""
    rows = (0, 2, 1, 3, 7, 4, 6, 5)
    assert same_scores(half(8, 4), adjacent(8, 4), rows, rows)
    answer = check_permutation(*specs(8, 4), rows)
    assert ("right", (0, 2, 1, 3, 4, 5, 6, 7)) == (answer.verdict, answer.needed)
    assert answer.rows == (rows,)


def slips(answer: Permutation) -> tuple[str, tuple[str, ...]]:
    """The verdict and what it is."""
    return answer.verdict, answer.slips


@pytest.mark.parametrize("width", [8, 64, 80, 96, 128, 256])
def test_inverse_and_twice(width: int) -> None:
    """Each is told where it is so; at 8 lanes the right one has order 3, so twice is the inverse."""
    sides, right = specs(width), to_adjacent(width)
    assert ("right", ()) == slips(check_permutation(*sides, right))
    both = ("inverse", "applied twice")
    assert ("wrong", both if width == 8 else ("inverse",)) == slips(check_permutation(*sides, inverse(right)))
    twice = after(right, right)
    assert ("wrong", both if width == 8 else ("applied twice",)) == slips(check_permutation(*sides, twice))
    assert not same_scores(half(width), adjacent(width), twice, twice)
    assert to_half(width) == inverse(right)
    assert ("wrong", ("not needed",)) == slips(check_permutation(sides[0], sides[0], right))
    assert ("right", ()) == slips(check_permutation(sides[0], sides[0], range(width)))
    assert ("wrong", ("nothing moved",)) == slips(check_permutation(*sides, range(width)))


def test_four_lanes_are_their_own_inverse() -> None:
    """So that inverse and right are one, and twice is nothing moved."""
    right = to_adjacent(4)
    assert right == inverse(right)
    assert ("right", ()) == slips(check_permutation(*specs(4), right))
    assert ("right", ()) == slips(check_permutation(*specs(4)[::-1], right))
    assert ("wrong", ("nothing moved",)) == slips(check_permutation(*specs(4), after(right, right)))


@pytest.mark.parametrize(("width", "order"), [(4, 2), (128, 7), (64, 6), (96, 36), (80, 39), (256, 8)])
def test_order_of_the_permutation(width: int, order: int) -> None:
    """How often it has to be applied until nothing is moved: counted (huggingface/transformers#25199)."""
    right, times = to_adjacent(width), 1
    rows = right
    while rows != tuple(range(width)):
        rows, times = after(rows, right), times + 1
    assert order == times
    assert (width == 4) is (after(right, right) == tuple(range(width)))


# ggml-org/llama.cpp#3364: k was permuted in n_head // n_head_kv groups, which is n_head_kv for some models.
@pytest.mark.parametrize(
    ("heads", "kv_heads", "width", "wrong"),
    [(32, 4, 64, 128), (32, 8, 16, None), (40, 8, 20, None), (28, 4, 56, None), (64, 8, 16, 0), (16, 4, 16, 0),
     (9, 3, 16, 0)],
)
def test_group_counts_of_reverse_hf_permute(heads: int, kv_heads: int, width: int, wrong: int | None) -> None:
    """Wrong, with the head count it is made for and the rows at fault, unless the two counts happen to agree."""
    answer = check_permutation(*specs(width), "llama.cpp/reverse_hf_permute", heads=heads, kv_heads=kv_heads)
    q, k = answer.to_json()["matrices"]
    groups = heads // kv_heads
    expected = same_scores(half(width), adjacent(width), *answer.rows)
    assert expected is (groups == kv_heads) is (answer.verdict == "right")
    assert "right" == q["verdict"]
    if wrong == 0:
        assert ("right", []) == (k["verdict"], k["slips"])
        return
    assert wrong in (None, k["rows_unlike_needed"])
    assert sum(a != b for a, b in zip(answer.rows[1], whole(to_adjacent(width), kv_heads), strict=True)) == (
        k["rows_unlike_needed"])
    size = kv_heads * width // groups
    assert size * groups == kv_heads * width
    named = [slip for slip in k["slips"] if slip["kind"] == "head count"]
    assert [(groups, size)] == [(slip["heads"], slip["width"]) for slip in named]
    assert answer.headline.startswith("q is right, k is wrong: ")


def test_groups_that_do_not_divide_the_rows_fail_in_the_function_too() -> None:
    """4 heads of 128 lanes are not 7 groups: NumPy and torch refuse the shape, and so does this, saying of which."""
    with pytest.raises(InputError, match=r"permute, k: line 1, column 3: \(7, 2, 36, -1\): .* cannot be cut"):
        check_permutation(*specs(128), "llama.cpp/reverse_hf_permute", heads=28, kv_heads=4)


def test_permute_for_rope_counts_the_heads_of_q_for_k_too() -> None:
    """Right where both have as many, and wrong for k where it has fewer."""
    sides = specs(16)[::-1]
    assert ("right", ()) == slips(check_permutation(*sides, "transformers/PermuteForRope", heads=4))
    answer = check_permutation(*sides, "transformers/PermuteForRope", heads=8, kv_heads=2)
    assert not same_scores(adjacent(16), half(16), *answer.rows)
    assert ("wrong", ("head count",)) == slips(answer)
    assert answer.headline.startswith("q is right, k is wrong: this is the one for 8 heads of 4; here they are 2 of 16")


def test_the_case_of_the_report_is_told_in_its_words() -> None:
    """256 rows of k are 4 heads of 64, permuted as 8 of 32: 128 rows are wrong."""
    answer = check_permutation(*specs(64), "llama.cpp/reverse_hf_permute", heads=32, kv_heads=4)
    assert "this is the one for 8 heads of 32; here they are 4 of 64" in answer.headline
    assert "128 of 256 rows are not as below, the first is row 1: 16 in place of 32" in " ".join(
        answer.to_text().split())
    listed = check_permutation(*specs(64), whole(to_adjacent(32), 8), heads=32, kv_heads=4)
    assert ("wrong", ("head count",)) == slips(listed)
    assert "Of q nothing is told" not in listed.headline
    assert listed.headline.startswith("k: this is the one for 8 heads of 32")


def test_a_head_count_may_be_wrong_and_the_permutation_inverse() -> None:
    """Both are told; and one head in place of several moves rows from head to head."""
    answer = check_permutation(*specs(64), whole(to_half(32), 8), heads=4)
    assert "this is the inverse of the one for 8 heads of 32" in answer.headline
    answer = check_permutation(*specs(16), to_adjacent(64), heads=4)
    assert ("wrong", ("between heads", "head count")) == slips(answer)
    assert "it moves 48 rows from one head to another" in answer.headline
    assert 48 == sum(row // 16 != place // 16 for place, row in enumerate(to_adjacent(64)))
    assert answer.certificate is None
    assert not same_scores(half(16), adjacent(16), *answer.rows)


@pytest.mark.parametrize(
    ("rows", "kind", "said"),
    [
        (to_adjacent(16), "other lanes", "it moves all 16 lanes of a head, and the first 8 lanes of 16 have to move"),
        ((*to_adjacent(4), *range(4, 16)), "other lanes", "it moves the first 4 lanes of 16, and the first 8 lanes"),
        ((*range(8), *(8 + row for row in to_adjacent(8))), "other lanes", "it moves lanes 8 to 15"),
        (to_half(16), "other lanes", "this is the inverse of a right one but for its lanes"),
    ],
)
def test_the_lanes_that_turn_are_the_ones_to_move(rows: Rows, kind: str, said: str) -> None:
    """The whole head in place of its rotated part, fewer lanes, and the wrong end."""
    assert not same_scores(half(16, 8), adjacent(16, 8), rows, rows)
    answer = check_permutation(*specs(16, 8), rows)
    assert ("wrong", (kind,)) == slips(answer)
    assert said in answer.headline
    right = (*to_adjacent(8), *range(8, 16))
    assert right == answer.needed
    assert same_scores(half(16, 8), adjacent(16, 8), right, right)
    code = answer.to_json()["needed"]["code"]["numpy"]
    names: dict[str, object] = {"W_q": np.arange(32), "W_k": np.arange(16), "heads": 2, "kv_heads": 1}
    exec(code, names)
    assert whole(right, 2) == tuple(np.asarray(names["W_q"]).tolist())
    assert None is answer.to_json()["needed"]["expression"]


def test_rows_between_heads_are_wrong_though_heads_are_whole() -> None:
    """Two heads that change places are no matter of rotation: values and outputs stay where they are."""
    rows = (*range(8, 16), *range(8), *range(16, 32))
    assert not same_scores(half(8), half(8), rows, rows)
    answer = check_permutation(HALF8, HALF8, rows, heads=4)
    assert ("wrong", ("between heads",), None) == (*slips(answer), answer.certificate)
    assert "Row 0 of the result, in head 0, is row 8 of what was there, in head 1" in answer.to_json()["explanation"]


def test_each_right_by_itself_and_wrong_together() -> None:
    """Lanes that do not turn may move, but where rows of q and k that meet do not move alike all is lost."""
    still = (0, 1, 2, 3, 5, 4, 7, 6)
    spec = "ggml/neox:head_dim=8:n_rot=4"
    alike = (*still, *range(8, 16))
    assert same_scores(half(8, 4), half(8, 4), alike, alike)
    assert ("right", ()) == slips(check_permutation(spec, spec, alike, heads=2))
    q, k = tuple(range(16)), still
    assert not same_scores(half(8, 4), half(8, 4), q, k)
    text = "w if rows == 16 else w[[0, 1, 2, 3, 5, 4, 7, 6]]"
    answer = check_permutation(spec, spec, f"w.reshape(w.shape){text.removeprefix('w')}", heads=2, kv_heads=1)
    assert (q, k) == answer.rows
    assert ("wrong", None) == (answer.verdict, answer.certificate)
    assert "rows of q and of k that meet move differently" in answer.headline
    assert {"q": 0, "k": 0} == answer.to_json()["unlike_heads"]
    assert 2 == answer.to_text().count("right by itself: rows ")
    assert ["right", "right"] == [each["verdict"] for each in answer.to_json()["matrices"]]
    again = check_permutation(spec, spec, f"w.reshape(w.shape)[[{','.join(map(str, alike))}]]", heads=2)
    assert ("right", (alike, alike)) == (again.verdict, again.rows)


def test_a_list_of_one_matrix_tells_nothing_of_the_other() -> None:
    """Where q and k have different numbers of rows, and it says so."""
    answer = check_permutation(*specs(8), whole(to_adjacent(8), 4), heads=4, kv_heads=2)
    assert ("right", "k") == (answer.verdict, answer.to_json()["not_told"])
    assert answer.headline.endswith("Of k nothing is told: these are not its rows.")
    for heads, kv_heads in ((4, 2), (4, None)):
        both = check_permutation(*specs(8), to_adjacent(8), heads=heads, kv_heads=kv_heads)
        assert ("right", None) == (both.verdict, both.to_json()["not_told"])


def test_factors_are_told_apart_from_moves() -> None:
    """Where magnitudes differ no permutation is right; whether the rows move as they have to is told all the same."""
    sides = "ggml/normal:head_dim=8:attn_factor=2", "ggml/neox:head_dim=8"
    moves = to_half(8)
    assert not same_scores(adjacent(8, size=2), half(8), moves, moves)
    answer = check_permutation(*sides, moves)
    assert ("wrong", ()) == slips(answer)
    assert "the rows move as they have to, but moving is not enough" in answer.headline
    turned = check_permutation(*sides, to_adjacent(8))
    assert ("wrong", ("inverse", "applied twice")) == slips(turned)
    assert "Moving rows alone is never enough here" in turned.headline
    assert "2" == turned.to_json()["needed"]["factors"][0]["exact"]


def test_where_nothing_could_be_right_that_is_said_first() -> None:
    """Other frequencies: one refutation of all that is linear."""
    for rows in (to_adjacent(8), to_half(8), tuple(range(8))):
        answer = check_permutation(HALF8, f"{NORMAL8}:base=500", rows)
        assert ("wrong", (), None) == (*slips(answer), answer.needed)
        assert answer.headline.startswith("nothing that is done to the rows could be right. ")
        assert answer.certificate is not None
        assert "'linear' fails" == check(answer.certificate).proved


def test_what_is_no_rotation() -> None:
    """Right is proved there too; rows between heads and unlike heads are left undecided."""
    wan = load(spec_of("tests/mixed-table"))
    width = wan.width
    assert "right" == check_permutation(wan, wan, range(width)).verdict
    rows = (*range(width, 2 * width), *range(width))
    assert ("undecided", 3) == ((answer := check_permutation(wan, wan, rows, heads=2)).verdict, answer.exit_code)
    assert "A layout here is no rotation" in answer.to_text()


def test_stored_numbers_weaken_the_answer() -> None:
    """A base as float32 has it is right as stored, and the first line says so."""
    sides = "ggml/neox:head_dim=8:base=f32(11158840)", "ggml/normal:head_dim=8:base=11158839.6"
    answer = check_permutation(*sides, to_adjacent(8))
    assert "right" == answer.verdict
    assert answer.to_text().startswith("RIGHT, as stored in float32: ")
    assert "wrong" == check_permutation(*sides, to_half(8)).verdict


def test_axes_and_feeds_are_part_of_the_question() -> None:
    """For text t, h and w are one position, for images they are not."""
    sides = "ggml/imrope:n_rot=16:head_dim=16:sections=3,3,2,0", "ggml/mrope:n_rot=16:head_dim=16:sections=3,3,2,0"
    assert "right" == check_permutation(*sides, range(16), feeds="text").verdict
    assert "wrong" == check_permutation(*sides, range(16), feeds="image").verdict


@pytest.mark.parametrize(
    ("heads", "kv_heads", "said"),
    [(0, None, "expected a whole number from 1 on"), (3, 2, "3 heads of q cannot share 2"), (None, 2, "needs --heads"),
     (10**6, None, "more than 65536 rows"), (4, 8, "4 heads of q cannot share 8"), (True, None, "expected a whole")],
)
def test_head_counts_must_fit(heads: int | None, kv_heads: int | None, said: str) -> None:
    """Each q head meets one k head, and matrices are bounded."""
    with pytest.raises(InputError, match=said):
        check_permutation(HALF8, NORMAL8, to_adjacent(8), heads=heads, kv_heads=kv_heads)


def test_ways_to_move_are_bounded() -> None:
    """Every way in which heads move takes a proof of its own."""
    generator = random.Random(1)
    spec = "ggml/neox:head_dim=8:n_rot=2"
    rows: list[int] = []
    for head in range(80):
        still = generator.sample(range(1, 8), 7)
        still.remove(1)
        rows += [8 * head + row for row in (0, 1, *still)]
    with pytest.raises(InputError, match="the rows move in more than 64 ways"):
        check_permutation(spec, spec, rows, heads=80)


def test_a_whole_matrix_without_heads_is_told_what_is_missing() -> None:
    """An expression that has the numbers of a model in it does not fit one head."""
    text = "w.view(4, 2, 4, cols).transpose(1, 2).reshape(w.shape)"
    with pytest.raises(InputError, match="Without --heads W is one head of 8 rows"):
        check_permutation(HALF8, NORMAL8, text)
    assert "right" == check_permutation(HALF8, NORMAL8, text, heads=4).verdict


@pytest.mark.parametrize("given", [None, 7, object()])
def test_what_is_neither_text_nor_rows_is_refused(given: object) -> None:
    """As a fault of the caller."""
    with pytest.raises(InputError, match="permutation: expected a text or row numbers"):
        check_permutation(HALF8, NORMAL8, given)  # type: ignore[arg-type]


def test_layouts_of_different_widths_are_no_question() -> None:
    """The same fault as prove has."""
    with pytest.raises(InputError, match="the heads have different widths: source 8, target 4 lanes"):
        check_permutation(HALF8, "ggml/normal:head_dim=4", to_adjacent(8))


def test_riffles_and_blocks() -> None:
    """What the slips look for: found where it is, and nowhere else."""
    assert 16 == block_size(whole(to_adjacent(16), 4))
    assert 1 == block_size(range(12))
    assert 12 == block_size(to_half(12))
    riffle = find_riffle((0, 1, *(2 + row for row in to_adjacent(8)), 10))
    assert riffle is not None
    assert (2, 10, 2) == (riffle.start, riffle.stop, riffle.parts)
    for rows in ((1, 0), (0, 1, 2), (1, 2, 3, 0), (0, 2, 3, 1), (0, 2, 1, 3, 5, 4)):
        assert None is find_riffle(rows)


def test_the_kernels_of_this_test_differ() -> None:
    """A control: half and adjacent pairs do not score alike as they are."""
    kernels: list[Kernel] = [half(8), adjacent(8)]
    assert not same_scores(*kernels, range(8), range(8))
    assert same_scores(kernels[0], kernels[0], range(8), range(8))


@pytest.mark.parametrize("seed", range(3))
def test_whole_matrices_by_chance(seed: int) -> None:
    """q of two heads and k of one or two, each head moved in its own way, now and then across heads."""
    generator = random.Random(seed)
    still = [(0, 2, 1, 3), (0, 1, 2, 3), (0, 1, 3, 2), (1, 0, 2, 3)]
    words = []
    for _ in range(12):
        kv_heads = generator.choice((1, 2))
        some = generator.choice(still[1:3])
        heads = [generator.choice((some, some, generator.choice(still))) for _ in range(2 + kv_heads)]
        q = [4 * head + row for head in range(2) for row in heads[head]]
        k = [4 * head + row for head in range(kv_heads) for row in heads[2 + head]]
        if generator.random() < 0.2:
            a, b = generator.sample(range(8), 2)
            q[a], q[b] = q[b], q[a]
        expected = same_scores(half(4, 2), half(4, 2), q, k)
        text = f"w[{k}] if q_heads != heads and rows == {4 * kv_heads} else w[{q}]"
        if kv_heads == 2:
            k = q
            expected = same_scores(half(4, 2), half(4, 2), q, k)
            text = f"w[{q}]"
        spec = "ggml/neox:head_dim=4:n_rot=2"
        answer = check_permutation(spec, spec, text, heads=2, kv_heads=kv_heads)
        assert (tuple(q), tuple(k)) == answer.rows
        assert ("right" if expected else "wrong") == answer.verdict
        words.append(answer.verdict)
    assert {"right", "wrong"} == set(words)
