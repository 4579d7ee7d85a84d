"""Pages of diff and audit hold their certificates; notebooks draw models; both escaped."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from html import unescape
from pathlib import Path

import pytest

import prover
from prover import checker
from prover.commands.cli import run_command
from prover.reports.html import certificate_part
from prover.reports.html.certificate_part import certificates_part

LINK = re.compile(r'download="([^"]*)" href="data:application/json;base64,([^"]*)"')
LLAMA = {"model_type": "llama", "head_dim": 64, "hidden_size": 128, "num_attention_heads": 2, "rope_theta": 10000}
GEMMA = Path(__file__).parents[2] / "proofs" / "models" / "gemma-3-27b.json"


def saved(page: str) -> dict[str, str]:
    """File name and text of everything that a page lets save."""
    return {unescape(name): b64decode(data).decode() for name, data in LINK.findall(page)}


def test_certificates_of_diff_are_in_its_page() -> None:
    """Each as it would be written, under the name that it would be written to; the checker takes them."""
    found = prover.diff("ggml/normal:head_dim=8", "ggml/neox:head_dim=8")
    page = found.to_html()
    assert dict(found.certificates) == saved(page)
    assert 1 == len(found.certificates)
    for text in saved(page).values():
        assert any(checker.check(text))
        assert json.loads(text)["digest"] in page
    assert "1 certificate to save" in page


def test_certificates_of_audit_are_in_its_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed or written with --report; without a page none are kept."""
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    asked = ["audit", str(tmp_path), "--engines", "vllm", "--jobs", "1"]
    assert 0 == run_command([*asked, "--format", "html", "--report", str(tmp_path / "page.html")])
    (text,) = saved(capsys.readouterr().out).values()
    assert any(checker.check(text))
    assert {text} == set(saved((tmp_path / "page.html").read_text()).values())
    found = prover.audit(str(tmp_path), engines="vllm", jobs=1)
    assert ((), {}) == (found.certificates, saved(found.to_html()))
    assert "Certificates" not in found.to_html()


def test_what_has_no_room_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest stay; names are escaped."""
    monkeypatch.setattr(certificate_part, "MAX_ALL", 100)
    small, large = '{"digest":"sha256:1"}', '{"digest":"sha256:2","x":"' + "y" * 90 + '"}'
    part = certificates_part([("b<i>.json", large), ("a\"<i>.json", small)], "--certificates")
    assert {'a"<i>.json': small} == saved(part)
    assert "<i>" not in part
    assert "1 more certificate did not fit into this page; <code>--certificates DIR</code>" in part
    assert "There is none" in certificates_part([], "--certificates")


def test_notebooks_draw_models() -> None:
    """A picture for each layout of gemma 3, which has two, with the parts that have it."""
    shown = prover.show(str(GEMMA))._repr_html_()
    assert 2 == shown.count("<svg") == shown.count("<h4>")
    assert shown.startswith("<pre>")


def test_a_model_is_escaped(tmp_path: Path) -> None:
    """Names of files and keys are a stranger's."""
    folder = tmp_path / "<b>x"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({**LLAMA, "rope_scaling": {"rope_type": "default", "<i>\u202e": 1}}))
    shown = prover.show(str(folder / "config.json"))._repr_html_()
    assert ("<b>" in shown, "<i>" in shown, "\u202e" in shown) == (False, False, False)
    assert "&lt;b&gt;x" in shown


def test_answers_are_markdown_too() -> None:
    """What notebooks ask for where HTML is not shown."""
    found = prover.prove("ggml/normal:head_dim=8", "ggml/neox:head_dim=8")
    assert found.to_markdown() == found._repr_markdown_()
    assert found._repr_markdown_().startswith("### ")
