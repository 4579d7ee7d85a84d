"""What people paste of a GGUF file: loader logs and dumps, whole and cut, with all that stands around the lines."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from prover.errors import InputError
from prover.sources.gguf import read_metadata
from prover.sources.gguf_file import read_gguf
from prover.sources.gguf_text import MAX_LINES, MAX_TEXT, is_gguf_text, read_gguf_text
from prover.sources.json_text import MAX_BYTES
from prover.sources.metadata import UNTOLD, Stored, Tensor
from sources.gguf_writer import DUMPED, DUMPED_TENSORS, gguf

DUMPS = Path(__file__).parent / "dumps"
Row = tuple[int, str, str, str]


def log(rows: Sequence[Row], before: str = "", loader: str = "llama_model_loader", head: str = "") -> str:
    """Rows as the loader prints them (llama-model-loader.cpp), with something before each line."""
    lines = [f"{loader}: - kv {number:3}: {key:>42} {kind:<16} = {value}" for number, key, kind, value in rows]
    return "".join(f"{before}{line}\n" for line in [*([f"{loader}: {head}"] if head else []), *lines])


def head(keys: int, tensors: int) -> str:
    """What the loader says first."""
    return f"loaded meta data with {keys} key-value pairs and {tensors} tensors from m.gguf (version GGUF V3 (latest))"


# What is told in threads, by number in the file: with a prefix of docker compose (ollama/ollama#6398), of a desktop's
# log (mattcurf/ollama-intel-gpu#22), of journald (ollama/ollama#5143), and plainly with commas in decimals
# (ikawrakow/ik_llama.cpp#400). Only what they tell of layers, RoPE and arrays is taken over.
THREADS: dict[str, tuple[str, list[Row], dict[str, Stored]]] = {
    "docker compose": (
        "ollama-1  | ",
        [(7, "general.tags", "arr[str,6]", '["facebook", "meta", "pytorch", "llam...'),
         (9, "llama.block_count", "u32", "32"), (10, "llama.context_length", "u32", "131072"),
         (13, "llama.attention.head_count", "u32", "32"), (14, "llama.attention.head_count_kv", "u32", "8")],
        {"general.tags": Stored("str", (), 6), "llama.block_count": Stored("u32", 32),
         "llama.context_length": Stored("u32", 131072), "llama.attention.head_count": Stored("u32", 32),
         "llama.attention.head_count_kv": Stored("u32", 8)}),
    "time stamps": (
        "2025-01-19 20:00:17 ",
        [(20, "llama.rope.freq_base", "f32", "500000.000000"),
         (21, "llama.attention.layer_norm_rms_epsilon", "f32", "0.000010"),
         (22, "llama.attention.key_length", "u32", "128")],
        {"llama.rope.freq_base": Stored("f32", Fraction(500000)),
         "llama.attention.layer_norm_rms_epsilon": Stored("f32", Fraction(1, 100000), is_rounded=True),
         "llama.attention.key_length": Stored("u32", 128)}),
    "journald": (
        "Jun 20 01:00:25 ai-llm ollama[15472]: ",
        [(10, "llama.rope.freq_base", "f32", "10000.000000"),
         (12, "tokenizer.ggml.model", "str", "llama"),
         (13, "tokenizer.ggml.tokens", "arr[str,32000]", '["<unk>", "<s>", "</s>", "<0x00>", "<...'),
         (14, "tokenizer.ggml.scores", "arr[f32,32000]", "[0.000000, 0.000000, 0.000000, 0.0000..."),
         (15, "tokenizer.ggml.token_type", "arr[i32,32000]", "[2, 3, 3, 6, 6, 6, 6, 6, 6, 6, 6, 6, ...")],
        {"llama.rope.freq_base": Stored("f32", Fraction(10000)), "tokenizer.ggml.model": Stored("str", "llama"),
         "tokenizer.ggml.tokens": Stored("str", (), 32000),
         "tokenizer.ggml.scores": Stored("f32", (Fraction(0),) * 3, 31997, is_rounded=True),
         "tokenizer.ggml.token_type": Stored("i32", (2, 3, 3, 6, 6, 6, 6, 6, 6, 6, 6, 6), 31988)}),
    "commas in decimals": (
        "",
        [(15, "deepseek2.rope.freq_base", "f32", "10000,000000"),
         (16, "deepseek2.attention.layer_norm_rms_epsilon", "f32", "0,000001"),
         (30, "deepseek2.rope.scaling.type", "str", "yarn"),
         (31, "deepseek2.rope.scaling.factor", "f32", "40,000000"),
         (32, "deepseek2.rope.scaling.original_context_length", "u32", "4096"),
         (33, "deepseek2.rope.scaling.yarn_log_multiplier", "f32", "0,100000"),
         (42, "tokenizer.ggml.add_bos_token", "bool", "true"),
         (44, "tokenizer.chat_template", "str", "{% if not add_generation_prompt is de..."),
         (50, "split.no", "u16", "0"), (51, "split.count", "u16", "3"), (52, "split.tensors.count", "i32", "959")],
        {"deepseek2.rope.freq_base": Stored("f32", Fraction(10000)),
         "deepseek2.attention.layer_norm_rms_epsilon": Stored("f32", Fraction(1, 10**6), is_rounded=True),
         "deepseek2.rope.scaling.type": Stored("str", "yarn"),
         "deepseek2.rope.scaling.factor": Stored("f32", Fraction(40)),
         "deepseek2.rope.scaling.original_context_length": Stored("u32", 4096),
         "deepseek2.rope.scaling.yarn_log_multiplier": Stored("f32", Fraction(1, 10), is_rounded=True),
         "tokenizer.ggml.add_bos_token": Stored("bool", True),
         "tokenizer.chat_template": Stored("str", "{% if not add_generation_prompt is de...", UNTOLD),
         "split.no": Stored("u16", 0), "split.count": Stored("u16", 3), "split.tensors.count": Stored("i32", 959)}),
}


@pytest.mark.parametrize(("before", "rows", "keys"), THREADS.values(), ids=THREADS)
def test_logs_of_threads_are_read(before: str, rows: list[Row], keys: dict[str, Stored]) -> None:
    """Whatever stands before the lines, between them, or at their ends."""
    lines = log(rows, before).splitlines()
    text = "some words\r\n" + "\r\nGET / 200 OK\r\n".join(lines) + "   \r\nprint_info: rope type = 40\r\n"
    found = read_gguf_text(text, "issue.txt")
    assert dict(found.keys) == keys
    assert (found.file, found.tensors, found.has_all_keys) == ("issue.txt", None, False)
    assert found.findings[0].startswith("keys that the text leaves out: 0, 1, 2")
    assert is_gguf_text(text)
    assert not is_gguf_text("x" * MAX_TEXT + text)


FOUR: list[Row] = [(0, "general.architecture", "str", "llama"), (1, "llama.block_count", "u32", "2"),
                   (2, "llama.attention.head_count_kv", "arr[i32,4]", "[0, 8, 0, 8]"),
                   (3, "llama.rope.freq_base", "f32", "500000.000000")]
TYPES = "llama_model_loader: - type  f32:   66 tensors\nllama_model_loader: - type q4_K:  193 tensors\n"


@pytest.mark.parametrize(("text", "is_whole", "findings"), [
    (log(FOUR, head=head(4, 259)) + TYPES, True, ("the text counts tensors (66 f32, 193 q4_k) and names none",)),
    (log(FOUR) + TYPES, True, ("the text counts tensors (66 f32, 193 q4_k) and names none",)),
    (log(FOUR, head=head(4, 259)), True, ()),
    (log(FOUR), False, ("whether keys follow after those in the text is not told",)),
    (log(FOUR, head=head(6, 9)), False, ("keys that the text leaves out: 4, 5, by their numbers in the file",)),
    (log(FOUR[1:]) + TYPES, False, ("keys that the text leaves out: 0, by their numbers in the file",
                                    "the text counts tensors (66 f32, 193 q4_k) and names none")),
])
def test_it_is_told_whether_keys_are_missing(text: str, is_whole: bool, findings: tuple[str, ...]) -> None:
    """A key that the text leaves out must not look as if the file had none: counted by the loader's own numbers."""
    found = read_gguf_text(text, "log")
    assert (found.has_all_keys, found.findings) == (is_whole, findings)


def test_the_whole_log_twice_is_one_file() -> None:
    """A server loads a file to look at its vocabulary, and again; what is cut of one loading is in the other."""
    first = head(4, 259)
    text = log(FOUR[:2], head=first) + log(FOUR, "x | ", head=first) + log(FOUR, head=first) + TYPES
    found = read_gguf_text(text, "log")
    assert (len(found.keys), found.has_all_keys) == (4, True)


def test_several_models_are_refused_and_a_vision_part_is_left_out() -> None:
    """Which of two models is meant is not guessed; the file of a vision part is another one, and told."""
    other = [*FOUR[:3], (3, "llama.rope.freq_base", "f32", "10000.000000")]
    with pytest.raises(InputError) as caught:
        read_gguf_text(log(FOUR) + log(other), "log")
    assert str(caught.value) == (
        "log: tells of files or loadings that differ, from line 1 (llama), line 5 (llama) on. Keep the lines of one")
    clip = log([(0, "general.architecture", "str", "clip"), (1, "clip.has_text_encoder", "bool", "false")],
               loader="clip_model_load")
    found = read_gguf_text(log(FOUR, head=head(4, 259)) + clip, "log")
    assert list(found.keys) == [key for _, key, _, _ in FOUR]
    assert found.findings == ("not read: the file of the vision part, from line 6 on",)


def test_tensors_of_older_loaders_are_read() -> None:
    """Loaders of 2023 list tensors before keys, with shapes filled up with ones (zylon-ai/private-gpt#1090)."""
    tensors = (
        "llama_model_loader: - tensor    0:             blk.28.attn_k.weight q4_K     [  4096,  1024,     1,     1 ]\n"
        "llama_model_loader: - tensor    1:          blk.28.attn_norm.weight f32      [  4096,     1,     1,     1 ]\n"
    )
    first = "llama_model_loader: " + head(4, 2) + "\n"
    found = read_gguf_text(first + tensors + log(FOUR), "log")
    assert found.tensors == {"blk.28.attn_k.weight": Tensor((4096, 1024), "q4_k"),
                             "blk.28.attn_norm.weight": Tensor((4096,), "f32")}
    assert (found.has_all_tensors, found.has_all_keys, found.findings) == (True, True, ())
    cut = read_gguf_text("llama_model_loader: " + head(4, 291) + "\n" + tensors + log(FOUR), "log")
    assert (cut.has_all_tensors, cut.findings) == (False, ("the text does not name all tensors",))


def test_loadings_follow_without_a_word_between() -> None:
    """Tensors of another loading begin it; an array whose length the oldest loaders leave out is cut, and told."""
    tensor = "llama_model_loader: - tensor    0:       token_embd.weight q4_K     [  4096,  1024,     1,     1 ]\n"
    old = "llama_model_loader: - kv   4:      tokenizer.ggml.tokens arr     \n"
    found = read_gguf_text(tensor + log(FOUR) + old + tensor + log(FOUR) + old, "log")
    assert found.keys["tokenizer.ggml.tokens"] == Stored("", (), UNTOLD)
    assert found.findings[-1] == "the text cuts off: tokenizer.ggml.tokens"


def test_an_override_is_told() -> None:
    """--override-kv does not show in the loader's lines, but in one of its own."""
    found = read_gguf_text(log(FOUR, head=head(4, 9)) + "validate_override: Using metadata override (float) "
                           "'llama.rope.freq_base' = 1000000.000000\n", "log")
    assert found.findings == (
        "overridden when the file was loaded, which these values do not show: llama.rope.freq_base",)


# One line of a key with its type and value, and what is said of it.
WRONG: dict[str, tuple[str, str, str]] = {
    "a word for a number": ("u32", "many", "expected a whole number of type u32, got 'many'"),
    "a number with a comment": ("u32", "1 (F16)", "expected a whole number of type u32, got '1 (F16)'"),
    "too large": ("u8", "256", "expected a whole number of type u8"),
    "below 0": ("u32", "-1", "expected a whole number of type u32"),
    "no decimals": ("f32", "500000", "expected a number with decimals"),
    "a float that no float32 prints": ("f32", "500000.010000", "no f32 is printed as 500000.010000"),
    "a float cut off": ("f32", "1000000000000000000000000000000000000...", "expected a number with decimals"),
    "a type that there is not": ("u128", "3", "is of type u128, expected one of bool, f32"),
    "neither true nor false": ("bool", "1", "expected true or false, got '1'"),
    "a list too short": ("arr[i32,4]", "[1, 2, 3]", "lists 3 elements, and is said to have 4"),
    "a list too long": ("arr[i32,2]", "[1, 2, 3, 4, ...", "lists 4 elements, and is said to have 2"),
    "a list of words": ("arr[i32,2]", "[a, b]", "expected a whole number of type i32, got 'a'"),
    "no list": ("arr[i32,2]", "3", "expected a short list in brackets"),
    "a list of lists": ("arr[arr,2]", "[???, ???]", "is an array of arr"),
    "2^60 elements": ("arr[i32,1152921504606846976]", "[1, ...", "is said to have 1152921504606846976 elements"),
}


@pytest.mark.parametrize(("kind", "value", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_is_told_with_its_line(kind: str, value: str, message: str) -> None:
    """File, line, key, and what was expected."""
    with pytest.raises(InputError) as caught:
        read_gguf_text("first\n" + log([(0, "x.y", kind, value)]), "issue.txt")
    assert str(caught.value).startswith(f"issue.txt, line 2, x.y: {message}")


@pytest.mark.parametrize(("text", "message"), [
    ("llama_model_loader: - kv   0:    general.architecture str     \n",
     "line 1, general.architecture: the value is not on the line. The oldest loaders print none"),
    ("llama_model_loader: - kv   0: x.y u32 = 1\nllama_model_loader: - kv  1: llama.rope\n",
     "line 2: is not a line as the loader prints it"),
    ("llama_model_loader: - kv   0: x.y u32 = 1\nllama_model_loader: - kv   1: x.y u32 = 1\n", "x.y: stands twice"),
    ("", "is neither a GGUF file nor a text about one. Expected lines 'llama_model_loader"),
    ("print_info: rope type = 40\n", "is neither a GGUF file nor a text about one"),
    ("{", "line 1, column 2: is not JSON"),
    ('{"model_type": "llama"}', "is neither a GGUF file nor a text about one"),
    ('{"kv": {"a": {"type": "u32", "value": 1}, "a": {"type": "u32", "value": 2}}}', "key 'a' stands twice"),
    ('{"kv": {}, "tensors": [{"shape": [1]}]}', "t, tensors: holds a tensor without a name"),
    ('{"kv": {}, "tensors": [{"name": "x", "shape": [-1]}]}', "t, tensors: holds a tensor without a name or with an"),
    ('{"kv": {"a": {"type": "u128", "value": 1}}}', "t, a: is of type u128, expected one of bool"),
    ('{"metadata": {"a": {"type": "ARRAY", "array_types": ["INT32"], "value": 1}}, "endian": "LITTLE"}',
     "t, a: expected a list"),
    ('{"kv": {' + " " * MAX_BYTES, f"is JSON of more than {MAX_BYTES} characters. Give the GGUF file itself"),
    ('{"kv": {"a": 1}}', "t, a: expected an object with type and value"),
    ('{"kv": {"a": {"type": "u32", "value": 1.5}}}', "t, a: expected a whole number of type u32, got '3/2'"),
    ('{"kv": {"a": {"type": "u32", "value": "1"}}}', "t, a: expected a value of type u32, got the text '1'"),
    ('{"kv": {"a": {"type": "f32", "value": "1.0"}}}', "t, a: expected a value of type f32, got the text '1.0'"),
    ('{"kv": {"a": {"type": "bool", "value": 1}}}', "t, a: expected a value of type bool, got '1'"),
    ('{"kv": {"a": {"type": "str", "value": null}}}', "t, a: expected a text, a number"),
    ('{"kv": {"a": {"type": "arr[i32,2]", "value": [1]}}}', "t, a: expected a list of 2 elements"),
    ('{"kv": {"a": {"type": null, "value": [[1]]}}}', "t, a: is a list of lists"),
    ('{"kv": {"a": {"type": "f32", "value": 1e60}}}', "t, a: is larger than any f32"),
    ('{"metadata": {"a": {"type": "ARRAY", "array_types": ["ARRAY", "INT32"]}}, "endian": "LITTLE"}',
     "t, a: is of type ['ARRAY', 'INT32'], expected one of UINT8"),
    ("      4: STRING     |        1 | general.architecture = llama\n", "expected a text in quotes, got 'llama'"),
    ("      4: STRING     |        1 | general.architecture = 'a' + 'b'\n", "expected a text in quotes"),
    ("      4: UINT32     |        1 | x.y = 1\n      5: UINT32     |        1 | x.y = 1\n", "x.y: stands twice"),
    ("      4: UINT32     |        1 | x.y = 1\n" + "      1:       1 | 1,  1 | F32     | a\n" * 2, "a: stands twice"),
    ("".join(f"  {n}: UINT8      |        1 | k{n} = 1\n" for n in range(5000)), "has more than 4096 keys"),
    ("".join(f"x: - kv {n}: k{n} u32 = 1\n" for n in range(20000)), "has more than 16384 lines about keys"),
    ("".join(f"x: - kv 0: k u32 = {n}\n" for n in range(20)), "tells of files or loadings that differ, from line 1"),
    ("x: - kv 0: k u32 = 1\nx: - kv 1: k u32 = 1" + " " * 9000 + "\n", "line 2: has more than"),
    ("x: - kv 0: k arr[u8,99] = [" + "1, " * 30 + "...\n", "k: is longer than the loader prints a value"),
    ("      4: [[INT32]]  |        1 | x.y = [[1]]\n", "x.y: is an array of arrays"),
    ("      4: UINT32     |        1 | x.y\n", "x.y: the value is not on the line"),
    (log([(0, "x.y", "u32", "1")]) + "      4: UINT32     |        1 | x.y = 2\n", "holds both a loader's log and"),
    ("x" * (MAX_TEXT + 1), f"has more than {MAX_TEXT} characters"),
    ("\n" * (MAX_LINES + 1), f"characters or {MAX_LINES} lines"),
    ("llama_model_loader: - kv   0: " + "x" * 10000 + " u32 = 1", "neither a GGUF file"),
], ids=lambda each: each[:30])
def test_a_text_that_is_none_is_refused(text: str, message: str) -> None:
    """One message that says what is wrong, or what was expected."""
    with pytest.raises(InputError) as caught:
        read_gguf_text(text, "t")
    assert message in str(caught.value)



# What gguf-py's gguf_dump.py printed at llama.cpp 0c1e57098 of the file that `DUMPED` is, and its arrays as each shows
# them.
KV, SCORES = "qwen35.attention.head_count_kv", "tokenizer.ggml.scores"
TENTH = Fraction(13421773, 2**27)
SHOWN: dict[str, dict[str, Stored]] = {
    "plain.txt": {KV: Stored("u32", (0, 0, 0, 4, 0, 0), 26),
                  SCORES: Stored("f32", (Fraction(1, 2), Fraction(-1000), TENTH, *map(Fraction, (2, 3, 4))), 2)},
    "markdown.txt": {KV: Stored("u32", (0, 0, 0, 4, 0, 0, 0), 25),
                     SCORES: Stored("f32", (Fraction(1, 2), Fraction(-1000), TENTH, *map(Fraction, (2, 3, 4, 5))), 1)},
    "arrays.json": {},
    "no_arrays.json": {KV: Stored("u32", (), UNTOLD), SCORES: Stored("f32", (), UNTOLD),
                       "qwen35.rope.dimension_sections": Stored("i32", (), UNTOLD),
                       "tokenizer.ggml.tokens": Stored("str", (), UNTOLD)},
}


@pytest.mark.parametrize("name", SHOWN)
def test_dumps_say_what_the_file_says(name: str, tmp_path: Path) -> None:
    """Each of the dumps against the file itself: every number exactly, arrays as far as they are shown."""
    (tmp_path / "m.gguf").write_bytes(gguf(DUMPED, DUMPED_TENSORS))
    file = read_gguf(tmp_path / "m.gguf")
    dump = read_metadata(DUMPS / name)
    assert is_gguf_text((DUMPS / name).read_text())
    assert {**dump.keys, "general.name": file.keys["general.name"]} == {**file.keys, **SHOWN[name]}
    assert file.tensors is not None
    assert dump.tensors == {key: Tensor(tensor.shape, tensor.kind) for key, tensor in file.tensors.items()}
    assert (dump.has_all_keys, dump.has_all_tensors) == (True, True)
    assert bool(SHOWN[name]) == any("cuts off" in finding for finding in dump.findings)
    assert dump.keys["general.name"].cut == (UNTOLD if name.endswith(".txt") else 0)


def test_a_dump_that_ends_early_is_told() -> None:
    """As pasted in ggml-org/llama.cpp#4463: 25 keys announced, and fewer there; no arrays in dumps of 2023."""
    text = ("* File is LITTLE endian, script is running on a LITTLE endian host.\n\n* Dumping 25 key/value pair(s)\n"
            "      1: UINT32     |        1 | GGUF.version = 3\n"
            "      2: STRING     |        1 | general.architecture = 'llama'\n"
            "      3: FLOAT32    |        1 | llama.attention.layer_norm_rms_epsilon = 9.999999747378752e-06\n"
            "      4: FLOAT32    |        1 | llama.rope.freq_base = 1000000.0\n"
            "      5: [INT32]    |        8 | x.layers\n"
            "* Dumping 291 tensor(s)\n      1:  131072000 |  4096, 32000,     1,     1 | F16     | token_embd.weight\n")
    found = read_gguf_text(text, "t")
    assert found.keys == {
        "general.architecture": Stored("str", "llama"),
        "llama.attention.layer_norm_rms_epsilon": Stored("f32", Fraction(10995116, 2**40)),
        "llama.rope.freq_base": Stored("f32", Fraction(1000000)), "x.layers": Stored("i32", (), 8),
    }
    assert found.tensors == {"token_embd.weight": Tensor((4096, 32000), "f16")}
    assert (found.has_all_keys, found.has_all_tensors) == (False, False)
    assert found.findings == ("the text does not tell all keys, or how many there are",
                              "the text does not name all tensors, or tell how many there are",
                              "the text cuts off: x.layers")


def test_collected_dumps_are_read() -> None:
    """{type, value, text}: as printed where there is a text, else as written; a number without type as a decimal."""
    text = """{"kv": {
        "general.architecture": {"type": "str", "value": "phi3"},
        "phi3.rope.freq_base": {"type": "f32", "value": 10000.0, "text": "10000.000000"},
        "phi3.rope.scaling.attn_factor": {"type": "f32", "value": 1.190238, "text": "1.190238"},
        "phi3.attention.layer_norm_rms_epsilon": {"type": "f32", "value": 9.999999747378752e-06},
        "phi3.x": {"type": null, "value": "1e+06"},
        "phi3.n": {"type": null, "value": "32"}, "phi3.y": {"type": null, "value": 1.1902381},
        "phi3.z": {"type": null, "value": false}, "phi3.nan": {"type": "f32", "value": NaN},
        "phi3.pattern": {"type": "arr[bool,35]", "value": {"truncated": "[true, true, true, true, false, true,..."}},
        "phi3.list": {"type": "arr[i32,3]", "value": [11, 11, 10]}},
        "tensors": [{"name": "rope_factors_long.weight", "shape": null, "type": null}], "partial": false}"""
    found = read_gguf_text(text, "t")
    assert found.keys == {
        "general.architecture": Stored("str", "phi3"), "phi3.rope.freq_base": Stored("f32", Fraction(10000)),
        "phi3.rope.scaling.attn_factor": Stored("f32", Fraction(1190238, 10**6), is_rounded=True),
        "phi3.attention.layer_norm_rms_epsilon": Stored("f32", Fraction(10995116, 2**40)),
        "phi3.x": Stored("", Fraction(10**6)), "phi3.n": Stored("", 32),
        "phi3.y": Stored("", Fraction(11902381, 10**7), is_rounded=True),
        "phi3.z": Stored("", False), "phi3.nan": Stored("f32", "nan"),
        "phi3.pattern": Stored("bool", (True, True, True, True, False), 30),
        "phi3.list": Stored("i32", (11, 11, 10)),
    }
    assert isinstance(found.keys["phi3.n"].value, int)
    assert found.tensors == {"rope_factors_long.weight": Tensor((), "")}
    assert (found.has_all_keys, found.has_all_tensors) == (True, False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_log_on_disk_is_read_in_the_encodings_that_shells_write(encoding: str, tmp_path: Path) -> None:
    """PowerShell writes UTF-16; and the loader cuts a text within a character."""
    path = tmp_path / "server.log"
    data = log(FOUR, head=head(4, 9)).encode(encoding)
    path.write_bytes(data + (b"main: \xc4...\n" if encoding == "utf-8" else b""))
    assert read_metadata(path).keys["llama.rope.freq_base"] == Stored("f32", Fraction(500000))


def test_colours_are_no_part_of_a_line() -> None:
    """Escape sequences of a terminal before, within and after a line."""
    text = log(FOUR[3:]).replace("llama_model", "\x1b[0mllama_model").replace("\n", "\x1b[0m\n")
    found = read_gguf_text(text.replace("f32", "\x1b[36mf32"), "t")
    assert found.keys == {"llama.rope.freq_base": Stored("f32", Fraction(500000))}
