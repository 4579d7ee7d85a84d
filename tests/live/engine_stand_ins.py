"""The rotary modules of vLLM and SGLang, importable: what they import of their own project is replaced by the least
that lets `forward_native` run, and by things that raise if they are used at all.

    PYTHONPATH=.:tests/live python tests/live/engine_stand_ins.py vllm --conform

is `rope-prover measure vllm --conform` with them in place.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from engine_sources import unpacked

Names = dict[str, dict[str, Any]]


class Absent:
    """What is imported and not there."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise AssertionError(f"{self._name} is replaced, and was called")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self._name} is replaced, and was asked for {name}")


class TorchOnCpu:
    """torch for the one class of each engine that puts its tables on a GPU by name."""

    accelerator = SimpleNamespace(current_device_index=lambda: 0)
    cuda = SimpleNamespace(current_device=lambda: 0)

    @staticmethod
    def device(_: str) -> Any:
        import torch

        return torch.device("cpu")

    def __getattr__(self, name: str) -> Any:
        import torch

        return getattr(torch, name)


def _yes(*_: Any) -> bool:
    return True


def _no(*_: Any) -> bool:
    return False


def _vllm() -> Names:
    import torch

    class CustomOp(torch.nn.Module):
        def __init__(self, **_: bool) -> None:
            super().__init__()

        @staticmethod
        def register(_: str) -> Callable[[type], type]:
            return lambda op: op

        @staticmethod
        def enabled() -> bool:
            return False

    current: list[Any] = []

    @contextmanager
    def set_current_vllm_config(config: Any) -> Iterator[None]:
        current.append(config)
        try:
            yield
        finally:
            current.pop()

    logger = logging.getLogger("vllm")
    return {
        "vllm._aiter_ops": {"rocm_aiter_ops": SimpleNamespace(is_triton_rotary_embed_enabled=_no)},
        "vllm.config": {"VllmConfig": SimpleNamespace, "set_current_vllm_config": set_current_vllm_config,
                        "get_current_vllm_config": lambda: current[-1]},
        "vllm.logger": {"init_logger": lambda _: SimpleNamespace(warning_once=logger.debug)},
        "vllm.model_executor.custom_op": {"CustomOp": CustomOp},
        "vllm.platforms": {"current_platform": SimpleNamespace(is_cpu=_yes, is_cuda=_no)},
        "vllm.triton_utils": {"tl": SimpleNamespace(constexpr=int),
                              "triton": SimpleNamespace(jit=lambda kernel: Absent(kernel.__name__))},
        "vllm.utils.flashinfer": {"has_flashinfer": _no},
        "vllm.utils.torch_utils": {"direct_register_custom_op": lambda **_: None},
    }


def _sglang() -> Names:
    import torch

    class BaseFusedOp(torch.nn.Module):
        def forward(self, *arguments: Any) -> Any:  # where there is no kernel for the platform
            return self.forward_native(*arguments)

    other = ("is_cuda", "is_hip", "is_mps", "is_musa", "is_npu", "is_xpu", "cpu_has_amx_support", "get_bool_env_var")
    return {
        "sglang.kernels.fused_op": {"BaseFusedOp": BaseFusedOp},
        "sglang.srt.environ": {"envs": SimpleNamespace(SGLANG_ROPE_CACHE_FP32=SimpleNamespace(get=_no))},
        "sglang.srt.layers.attention.vision": {"prepare_vision_attention_metadata": lambda *_, **__: None},
        "sglang.srt.models.utils": {"WeightsMapper": lambda **_: None,
                                    "compute_cu_seqlens_from_grid_numpy": lambda _: None},
        "sglang.srt.platforms": {"current_platform": SimpleNamespace(is_out_of_tree=_no)},
        "sglang.srt.runtime_context": {"publish_role": lambda: None},
        "sglang.srt.utils": {"is_cpu": _yes, **dict.fromkeys(other, _no), "get_compiler_backend": lambda: "eager",
                             "get_device": lambda: "cpu"},
    }


STAND_INS: dict[str, Callable[[], Names]] = {"vllm": _vllm, "sglang": _sglang}
# The module of each engine with the class that names a GPU.
ON_GPU = {"vllm": "vllm.model_executor.layers.rotary_embedding.dual_chunk_rope",
          "sglang": "sglang.srt.layers.rotary_embedding.rope_variant"}


class _Finder:
    """Modules of one project: those of a folder as they are, every other with the names that are given for it."""

    def __init__(self, project: str, folder: Path) -> None:
        self._project, self._folder, self._names = project, folder, STAND_INS[project]()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] != self._project:
            return None
        place = self._place(name)
        if place is None:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return importlib.util.spec_from_file_location(name, place)

    def _place(self, name: str) -> Path | None:
        """The file of a module, if it is in the folder."""
        place = self._folder.joinpath(*name.split("."))
        return next((file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()), None)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        def absent(name: str) -> Absent:
            if name.startswith("__") or self._place(f"{module.__name__}.{name}"):
                raise AttributeError(name)
            return Absent(f"{module.__name__}.{name}")

        vars(module).update(self._names.get(module.__name__, {}), __getattr__=absent)


@contextmanager
def importable(project: str) -> Iterator[Path]:
    """Within it an engine's rotary modules can be imported, and its version told; afterwards they are gone again."""
    taken = [name for name in sys.modules if name.partition(".")[0] == project]
    assert not taken, f"{taken[0]} is imported already"
    with tempfile.TemporaryDirectory(prefix="rope-prover-") as folder:
        unpacked(project, Path(folder))
        finder = _Finder(project, Path(folder))
        sys.path.insert(0, folder)  # for the version
        sys.meta_path.insert(0, finder)
        try:
            vars(importlib.import_module(ON_GPU[project]))["torch"] = TorchOnCpu()
            yield Path(folder)
        finally:
            sys.meta_path.remove(finder)
            sys.path.remove(folder)
            for name in [name for name in sys.modules if name.partition(".")[0] == project]:
                del sys.modules[name]
            importlib.invalidate_caches()


if __name__ == "__main__":
    from prover.commands.cli import run_command

    with importable(sys.argv[1]):
        sys.exit(run_command(["measure", *sys.argv[1:]]))
