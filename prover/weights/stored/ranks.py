"""Tensor-parallel checkpoints: a file for each rank, with the same names in each and a part of the heads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from prover.errors import InputError
from prover.files import read_bytes
from prover.resources import shown_path
from prover.sources.gguf import decode
from prover.sources.json_text import MAX_BYTES, parse_json_object
from prover.sources.keys import Keys
from prover.weights.stored.tensors import Checkpoint, Tensor

MAX_RANKS = 1 << 10
FOLDER = re.compile(r"mp_rank_(\d{2,4})(_\d{3})*")
INSIDE = "model_optim_rng.pt"
# What the files of ranks are called: the rank, and how many there are where the name says it.
NAMES = (
    re.compile(r"model(?P<rank>\d{1,4})-mp(?P<count>\d{1,4})\.safetensors"),  # DeepSeek's own inference
    re.compile(r"rank(?P<rank>\d{1,4})\.safetensors"),                        # TensorRT-LLM
    re.compile(r"consolidated\.(?P<rank>\d{2,4})\.(?:pth|safetensors)"),      # Meta
    re.compile(rf"mp_rank_(?P<rank>\d{{2,4}})/{INSIDE}"),                     # Megatron-LM
)
STAGES = ("stages of a pipeline count their layers from 0 in each file, and which layers those are is not known here: "
          "give a checkpoint with tensor parallelism alone")
_FRONT = re.compile(r"\brank \d+: ")


def ranked(name: str, rank: int) -> str:
    """A tensor's name with its rank in front."""
    return f"rank {rank}: {name}"


def unranked(name: str) -> str:
    """A tensor's name as its file has it."""
    hit = _FRONT.match(name)
    return name if hit is None else name[hit.end():]


def without_ranks(text: str) -> str:
    """Words about tensors, without their ranks."""
    return _FRONT.sub("", text)


def rank_files(names: Sequence[str], where: str) -> tuple[str, ...]:
    """The files of all ranks among those of a folder, in order; empty where there are none.

    Raises InputError for several sets of ranks, and for a set that is not whole.
    """
    found = {number: {name: hit for name in names if (hit := pattern.fullmatch(name))}
             for number, pattern in enumerate(NAMES)}
    sets = [each for each in found.values() if each]
    if not sets:
        return ()
    if len(sets) > 1:
        raise InputError(f"holds two sets of ranks, {next(iter(sets[0]))} and {next(iter(sets[1]))}", where=where,
                         advice="Move one of them away")
    counts = {int(hit["count"]) for hit in sets[0].values() if "count" in hit.groupdict()}
    if len(counts) > 1:
        raise InputError(f"holds files of {' and of '.join(map(str, sorted(counts)))} ranks", where=where,
                         advice="Move one of the sets away")
    by_rank: dict[int, str] = {}
    for name, hit in sets[0].items():
        rank = int(hit["rank"])
        if rank in by_rank:
            raise InputError(f"holds rank {rank} twice, as {by_rank[rank]} and {name}", where=where,
                             advice="Move one of them away")
        by_rank[rank] = name
    count = counts.pop() if counts else max(by_rank) + 1
    missing = next((rank for rank in range(count) if rank not in by_rank), None)
    if missing is not None or len(by_rank) > count or not 0 < count <= MAX_RANKS:
        what = f"rank {missing} is missing" if missing is not None else f"there is a rank {max(by_rank)}"
        raise InputError(f"holds files of {count} ranks, such as {min(by_rank.values())}, and {what}", where=where,
                         advice="Fetch the files of all ranks")
    return tuple(by_rank[rank] for rank in range(count))


def one_rank(path: Path) -> int | None:
    """How many ranks there are where a file is that of one among several; None for any other file."""
    name = f"{path.parent.name}/{path.name}" if path.name == INSIDE else path.name
    hit = next((found for pattern in NAMES if (found := pattern.fullmatch(name))), None)
    if hit is None:
        return None
    if "count" in hit.groupdict():
        return int(hit["count"]) if int(hit["count"]) > 1 else None
    rank = int(hit["rank"])
    if path.name == INSIDE:
        other = path.parent.with_name(path.parent.name.replace(hit["rank"], f"{1:0{len(hit['rank'])}}", 1)) / INSIDE
    else:
        other = path.with_name(path.name.replace(hit["rank"], f"{1:0{len(hit['rank'])}}", 1))
    return max(rank + 1, 2) if rank or other.exists() else None


def read_ranks(
    files: Sequence[Path], read: Callable[[Path], Iterable[Tensor]]
) -> tuple[tuple[Mapping[str, Tensor], ...], dict[str, Tensor]]:
    """The tensors of each rank by their own names, and all by names with ranks. Raises InputError."""
    ranks: list[dict[str, Tensor]] = []
    for rank, file in enumerate(files):
        ranks.append({tensor.name: replace(tensor, name=ranked(tensor.name, rank)) for tensor in read(file)})
        if not ranks[-1]:
            raise InputError("holds no tensors", where=shown_path(file), advice="Fetch the file again")
    return tuple(ranks), {tensor.name: tensor for rank in ranks for tensor in rank.values()}


def check_mapping(config: Path, ranks: int) -> None:
    """Raise InputError where TensorRT-LLM's config, `mapping` in it, says that there are other ranks than these.

    NVIDIA/TensorRT-LLM 01ea6d79d, tensorrt_llm/models/modeling_utils.py `PretrainedModel.from_checkpoint`: a file for
    each rank of tensors and of stages. Layers count from 0 in each stage (models/llama/convert.py
    `load_weights_from_hf_model`).
    """
    keys = Keys(parse_json_object(decode(read_bytes(config, MAX_BYTES)), str(config)), str(config))
    mapping = keys.object("mapping")
    if mapping is None:
        return
    stages, told = (mapping.whole(key) if mapping.is_given(key) else 1 for key in ("pp_size", "tp_size"))
    if stages > 1:
        raise InputError(f"has {stages} stages of a pipeline", where=f"{keys.where}, mapping.pp_size", advice=STAGES)
    if told != ranks:
        raise InputError(f"says {told} ranks, and there {'is a file of 1' if ranks == 1 else f'are files of {ranks}'}",
                         where=f"{keys.where}, mapping.tp_size", advice="Fetch the files of all ranks, and no others")


def of_rank(checkpoint: Checkpoint, rank: int) -> Checkpoint:
    """One rank by itself, its tensors by the names that its file has."""
    return replace(checkpoint, files=(checkpoint.files[rank],), tensors=checkpoint.ranks[rank], ranks=())
