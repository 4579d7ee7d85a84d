"""Where the shipped layouts and proofs lie: inside the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


MODELS = _shipped("models")
RULES = MODELS / "rules"
READINGS = MODELS / "readings"
PACKINGS = MODELS / "packings"
NO_LAYOUTS = (RULES, READINGS, PACKINGS)
"""Folders of the models that hold no layouts."""
PROOFS = _shipped("proofs")
SCHEMAS = _PACKAGE / "schemas"


def shown_path(path: Path) -> str:
    """A path as errors name it: what is shipped by its name, and no path longer than 200 characters."""
    if path.is_relative_to(RULES):
        return f"rule {path.relative_to(RULES).with_suffix('')}"
    if path.is_relative_to(MODELS):
        inside = path.relative_to(MODELS)
        return str(inside.with_suffix("") if len(inside.parts) > 1 else inside)
    if path.is_relative_to(PROOFS):
        return f"proof {path.stem}"
    text = str(path)
    return text if len(text) <= 200 else f"{text[:80]}...{text[-80:]}"


def shipped_claims() -> list[Path]:
    """The claims about given numbers that the package ships, by name."""
    return sorted(PROOFS.glob("*.toml"), key=lambda path: path.stem)


def shipped_converters() -> list[Path]:
    """What known converters are between two layouts, as the package ships it, by name."""
    return sorted((PROOFS / "converters").glob("*.toml"), key=lambda path: path.stem)


def shipped_bitwise() -> list[Path]:
    """The questions about bits that the package ships, by name."""
    return sorted((PROOFS / "bitwise").glob("*.toml"), key=lambda path: path.stem)


def shipped_repairs() -> list[Path]:
    """The questions about repairs at run time that the package ships, by name."""
    return sorted((PROOFS / "runtime").glob("*.toml"), key=lambda path: path.stem)


def shipped_theorems() -> list[Path]:
    """The statements for all sizes that the package ships, by name."""
    return sorted((PROOFS / "theorems").glob("*.toml"), key=lambda path: path.stem)


def shipped_proofs() -> list[Path]:
    """Everything that `run` proves when it is given no name, in its order."""
    return [
        *shipped_claims(), *shipped_repairs(), *shipped_converters(), *shipped_bitwise(), *shipped_theorems(),
    ]
