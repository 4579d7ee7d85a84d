"""Examples in docstrings as code (an extension of Griffe): a bare `>>>` is a quotation in Markdown."""

from __future__ import annotations

import re
from typing import Any

import griffe

EXAMPLE = re.compile(r"^>>> .*\n?(?:.+\n?)*", re.MULTILINE)


class DocstringCode(griffe.Extension):
    """Fences every run of lines that starts with `>>>`, up to an empty line."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """An object of the package, with its docstring."""
        if obj.docstring is not None:
            obj.docstring.value = EXAMPLE.sub(lambda run: f"```pycon\n{run[0].rstrip()}\n```\n", obj.docstring.value)
