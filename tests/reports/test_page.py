"""Pages: what they are made of, that nothing breaks out of them or is fetched by them, and that they stay small."""

from __future__ import annotations

import base64
import json
import re
from fractions import Fraction
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import prover
from conftest import free_claim, small_layout, spec_of
from prover.claims.claim import Claim, make_claim
from prover.commands.cli import run_command
from prover.exact.display import runs_of
from prover.layouts.loading import load
from prover.reports.html import layout_data, layout_view, shell
from prover.reports.html.certificate_part import MAX_CERTIFICATE, certificate_part

HOSTILE = '</script><img src=x onerror=alert(1)> "\'&<!-- \u2028 \u2029 \u202e \x07 ü'
IMROPE, MROPE = "ggml/imrope:n_rot=8:sections=2,1,1,0", "ggml/mrope:n_rot=8:sections=2,1,1,0"
VOID = {"meta", "br", "input"}


class Page(HTMLParser):
    """Every tag with its attributes, every id, the text of each script and style, and that tags are closed in turn."""

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(content)
        self.close()
        assert [] == self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        assert len(attrs) == len(dict(attrs))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self._open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [about for name, about in self.tags if name == tag]

    def inside(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]

    @property
    def data(self) -> Any:
        """The JSON for the script."""
        return json.loads(self.inside("script")[0])


def _digest(content: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(content.encode()).digest()).decode()}'"


@pytest.fixture(scope="module")
def proof() -> prover.Proof:
    return prover.prove(IMROPE, MROPE)


@pytest.fixture(scope="module")
def read(proof: prover.Proof) -> Page:
    return Page(proof.to_html())


def test_a_page_is_one_document(proof: prover.Proof, read: Page) -> None:
    """A doctype, a language, a title, one main part, one first heading; every id once and every label of something."""
    assert proof.to_html().startswith("<!DOCTYPE html>\n<html lang=\"en\">\n")
    assert proof.to_html().isascii()
    assert [1, 1, 1] == [len(read.of(tag)) for tag in ("title", "main", "h1")]
    ids = [about["id"] for _, about in read.tags if "id" in about]
    assert sorted(set(ids), key=str) == sorted(ids, key=str)
    named = {name for _, about in read.tags for key in ("for", "aria-labelledby", "aria-describedby")
             if (name := about.get(key))}
    assert named
    assert named <= set(ids)


def test_nothing_is_fetched(proof: prover.Proof, read: Page) -> None:
    """No address but the data of the certificate; the policy lets in this style and this script, by digest, alone."""
    loads = [(key, value) for _, about in read.tags for key, value in about.items()
             if key in ("src", "href", "srcset", "action", "data", "poster", "background", "style")
             or key.startswith("on")]
    assert ["href"] == [key for key, _ in loads]
    assert all(str(value).startswith("data:application/json;base64,") for _, value in loads)
    assert [] == [tag for tag, _ in read.tags if tag in ("link", "img", "iframe", "object", "embed", "base", "form")]
    (style,), (_, script) = read.inside("style"), read.inside("script")
    assert None is re.search(r"url\(|@import|https?:|//[a-z]", style)
    assert None is re.search(r"fetch\(|XMLHttp|import\(|innerHTML|insertAdjacent|eval|Function\(|\.write\(", script)
    policy = next(about["content"] for about in read.of("meta") if about.get("http-equiv"))
    assert policy == (f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
                      "base-uri 'none'; form-action 'none'")


def test_the_certificate_can_be_saved(proof: prover.Proof, read: Page) -> None:
    """The link holds the very certificate, which the checker accepts; its digest and the command stand beside it."""
    (link,) = read.of("a")
    held = base64.b64decode(str(link["href"]).partition(",")[2]).decode()
    assert proof.certificate == held
    assert prover.check(held)
    assert "rope-prover-certificate.json" == link["download"]
    assert json.loads(held)["digest"] in read.inside("code")
    assert "rope-prover check rope-prover-certificate.json" in read.inside("code")
    assert "rope-prover check mine.json" in Page(proof.to_html("mine.json")).inside("code")


def test_a_certificate_that_is_too_large_is_not_held() -> None:
    """It says how large it is and how to have it written; without evidence that there is none."""
    large = Page(certificate_part("x" * (MAX_CERTIFICATE + 1), "sha256:0"))
    assert [] == large.of("a")
    assert any(f"{MAX_CERTIFICATE + 1} bytes" in text for text in large.inside("p"))
    assert ["sha256:0", "--certificate FILE", "rope-prover check FILE"] == large.inside("code")
    assert 1 == len(Page(certificate_part("x" * MAX_CERTIFICATE, "sha256:0")).of("a"))
    assert any("no evidence" in text for text in Page(certificate_part(None, None)).inside("p"))


def test_data_of_two_layouts(read: Page) -> None:
    """By hand: heads of 128 lanes with 4 pairs of 8 rotated lanes; imrope takes t, h, w in turn, mrope in blocks."""
    data = read.data
    assert (128, True, "") == (data["width"], data["whole"], data["left_out"])
    assert [{"name": "free", "coordinates": ["t", "h", "w", "e"]}] == data["feeds"]
    assert ["thwt", "tthw"] == [data["sides"][side]["letters"] for side in ("source", "target")]
    for side, axes in (("source", "thwt"), ("target", "tthw")):
        for index, (axis, pair) in enumerate(zip(axes, data["sides"][side]["pairs"], strict=True)):
            first, second, angle, size, (turn,) = pair
            assert (index, index + 4, "1") == (first, second, data["sizes"][size][0])
            assert [axis] == data["angles"][angle][2]
            assert data["turns"][turn] == [{axis: pytest.approx(10000 ** (-index / 4), rel=1e-15)}, 0.0]
    assert {"source": [[1, 3]], "target": [[1, 3]]} == data["differ"]
    assert [["turn with other axes", "turns with other axes", "pair", [[1, 3]]]] == data["kinds"]
    assert None is data["permutation"]
    assert -1 == data["proof"]["power"]


def test_data_of_a_permutation() -> None:
    """By hand: of 8 lanes, row i of the target is row (0, 2, 4, 6, 1, 3, 5, 7)[i] of the source."""
    data = Page(prover.prove("ggml/normal:head_dim=8", "ggml/neox:head_dim=8").to_html()).data
    assert [0, 2, 4, 6, 1, 3, 5, 7] == data["permutation"]
    assert None is data["proof"]
    assert [0, 1] == data["sides"]["source"]["pairs"][0][:2]
    assert [0, 4] == data["sides"]["target"]["pairs"][0][:2]


def test_the_table_needs_no_script(read: Page) -> None:
    """All pairs of both sides, open until a script closes it."""
    assert {"id": "static", "open": None} in read.of("details")
    assert {"id": "interactive", "hidden": None} in read.of("div")
    cells = read.inside("td")
    for text in ("lanes 1, 5", "angle h * 0.1", "angle t * 0.1", "angle w * 0.01", "angle w * 0.001"):
        assert text in cells
    assert {"0", "1 ≠", "2 ≠", "3 ≠"} <= set(read.inside("th"))


def test_magnitudes_phases_written_lanes_and_several_angles() -> None:
    """What a pair may have besides lanes and a frequency is in the table and in the data."""
    scaled = Page(prover.load("ggml/neox:head_dim=4:attn_factor=1.5").to_html())
    assert "magnitude 1.5" in scaled.inside("td")
    assert [["1.5", 1.5]] == scaled.data["sizes"]
    written = prover.load("transformers/adjacent-to-half:qk_nope_head_dim=0:qk_rope_head_dim=8")
    assert ((0, 1), (0, 4)) == (written.pairs[0].read, written.pairs[0].write)
    assert {"lanes 0, 1", "written to 0, 4"} <= set(Page(written.to_html()).inside("td"))
    several = Page(prover.load(spec_of("tests/mixed-table:n_rot=8")).to_html())
    assert any(" | " in text for text in several.inside("td"))
    assert any(isinstance(pair[2], list) for pair in several.data["sides"]["layout"]["pairs"])


def test_nothing_breaks_out(tmp_path: Path) -> None:
    """A title and a name with tags, quotes and line separators stay text, in the page and in its data."""
    assert {"\u2028", "\u2029", "<"} & set(json.dumps(HOSTILE, ensure_ascii=False))
    body = f"<h1>{shell.text(HOSTILE)}</h1><p title=\"{shell.text(HOSTILE)}\"></p>"
    made = shell.page(HOSTILE, body, {"name": HOSTILE})
    read = Page(made)
    assert HOSTILE == read.data["name"]
    assert [] == read.of("img")
    assert ["html", "head", *["meta"] * 5, "title", "style", "body", "main", "h1", "p", "script",
            "script"] == [tag for tag, _ in read.tags]
    assert not {"\u2028", "\u2029", "\u202e", "\x07"} & set(made)
    assert 3 == made.lower().count("</script") + made.count("</style")
    path = tmp_path / "<img src=x onerror=alert(1)>.toml"
    path.write_text((Path(__file__).parent.parent / "small_layouts" / "two-axes.toml").read_text())
    odd = prover.load(str(path))
    assert [] == Page(odd.to_html()).of("img")
    assert odd.spec in Page(odd.to_html()).data["sides"]["layout"]["name"]


def test_data_that_is_too_large_says_what_is_left_out() -> None:
    """The first pairs are kept, within the bound, and the page says which are not there."""
    claim = make_claim(load("ggml/normal:head_dim=512"), load("ggml/neox:head_dim=512"), ())
    whole = layout_data.layout_data(claim)
    assert ("", 256) == (whole["left_out"], len(whole["sides"]["source"]["pairs"]))
    cut = layout_data.layout_data(claim, most=8000)
    kept = len(cut["sides"]["source"]["pairs"])
    assert len(json.dumps(cut)) <= 8000 + 400
    assert whole["sides"]["target"]["pairs"][:kept] == cut["sides"]["target"]["pairs"]
    assert cut["left_out"].startswith(f"The pairs from {kept} to 255 are left out")
    assert 20 < kept < 256
    view = Page(layout_view.layout_view(cut))
    assert cut["left_out"] in view.inside("p")


def test_the_table_of_a_large_layout_has_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut at its bound, it keeps pairs that differ, and says how many are not there."""
    monkeypatch.setattr(layout_view, "MAX_ROWS", 4)
    read = Page(prover.prove("ggml/neox:head_dim=32", "ggml/neox:head_dim=32:n_rot=16").to_html())
    assert any(text.startswith("12 more pairs are left out") for text in read.inside("td"))


@pytest.mark.slow
def test_a_large_page_stays_below_its_bound() -> None:
    """Two heads of 32,768 lanes: 16,384 pairs on either side, all in the data; their certificate is left out."""
    made = prover.prove("ggml/normal:head_dim=32768", "ggml/neox:head_dim=32768").to_html()
    assert len(made.encode()) < shell.MAX_PAGE
    assert ("", 16384) == ((data := Page(made).data)["left_out"], len(data["sides"]["target"]["pairs"]))
    assert [] == Page(made).of("a")


def test_parts_at_their_bounds_make_a_page_below_its_own() -> None:
    """Frequencies too long to be shown, more than there is room for, and the largest certificate."""
    rows = [((2 * i, 2 * i + 1), Fraction(2**700 + 2 * i + 1, 2**703), 1) for i in range(7000)]
    layout = small_layout(14000, rows)
    (feed,) = free_claim(layout, layout).feeds
    data = layout_data.layout_data(Claim(layout, layout, (feed,) * 4))
    assert data["left_out"]
    assert {"p * about 0.125"} == {shown for shown, _, _ in data["angles"]}
    assert all(exact.endswith(" more characters)") for _, exact, _ in data["angles"])
    body = layout_view.layout_view(data, range(7000)) + certificate_part("x" * MAX_CERTIFICATE, "sha256:0")
    assert len(shell.page("large", body, data).encode()) < shell.MAX_PAGE


def _told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run_command(list(arguments))
    return code, *capsys.readouterr()


def test_the_commands_print_the_page(capsys: pytest.CaptureFixture[str], proof: prover.Proof) -> None:
    """`--format html` prints what `to_html` gives, with the exit code of the answer."""
    assert (1, proof.to_html(), "") == _told(capsys, "prove", IMROPE, MROPE, "--format", "html")
    assert (0, prover.load(IMROPE).to_html(), "") == _told(capsys, "show", IMROPE, "--format", "html")


@pytest.mark.parametrize(
    ("arguments", "heading", "links"),
    [
        (("prove", "ggml/normal:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "--for-all", "n_rot"), "Convertible", 1),
        (("check-permutation", "ggml/neox", "ggml/normal", "llama.cpp/permute"), "Right", 1),
        (("run", "01-normal-to-neox"), "1 of 1 claim is as expected.", 0),
    ],
    ids=["theorem", "permutation", "run"],
)
def test_every_answer_is_a_page(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], heading: str, links: int
) -> None:
    """Answers without pairs to look at are pages too, with their certificate if they have one."""
    code, printed, _ = _told(capsys, *arguments, "--format", "html")
    read = Page(printed)
    assert code in (0, 5)
    assert any(text.startswith(heading) for text in read.inside("h2"))
    assert links == len(read.of("a"))
    assert 1 == len(read.inside("script"))


def test_report_writes_a_page_beside_what_is_printed(
    capsys: pytest.CaptureFixture[str], empty_folder: Path, proof: prover.Proof
) -> None:
    """The text is printed, the page is written, and one of ours may take its place; the certificate is named in it."""
    arguments = ("prove", IMROPE, MROPE, "--report", "page.html", "--certificate", "mine.json")
    for _ in range(2):
        assert (1, proof.to_text("mine.json"), "") == _told(capsys, *arguments)
        assert proof.to_html("mine.json") == Path("page.html").read_text(encoding="utf-8")
    assert {"page.html", "mine.json"} == {path.name for path in empty_folder.iterdir()}
    assert (0, "") == _told(capsys, "run", "01-normal-to-neox", "--report", "page.html")[::2]
    assert "1 of 1 claim is as expected." in Page(Path("page.html").read_text(encoding="utf-8")).inside("h2")


def test_a_page_behind_a_link_and_a_long_name(capsys: pytest.CaptureFixture[str], empty_folder: Path) -> None:
    """A link stays a link and its file has the new page; a name may have the 255 bytes that file systems take."""
    longest = f"{'p' * 250}.html"
    Path("there").mkdir()
    Path("latest.html").symlink_to("there/page.html")
    for spec, name in ((MROPE, "there/page.html"), (IMROPE, "latest.html"), (IMROPE, longest)):
        assert (0, "") == _told(capsys, "show", spec, "--report", name)[::2]
    assert "there/page.html" == str(Path("latest.html").readlink())
    assert Path(longest).read_bytes() == Path("there/page.html").read_bytes()
    assert {"there", "latest.html", longest} == {path.name for path in empty_folder.iterdir()}
    assert ["page.html"] == [path.name for path in Path("there").iterdir()]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("other.txt", "error: other.txt: exists and is no page of rope-prover. Remove it first or name another file\n"),
        ("away/page.html", "error: away/page.html: its folder does not exist. Create the folder first\n"),
        ("./same", "error: ./same: --report and --certificate name the same file. Name two files\n"),
        ("", "error: --report needs a file name\n"),
        ("-", "error: --report -: is no file name, and nothing is written to the standard output. Name a file, or ./- "
              "for one of that name\n"),
    ],
    ids=["another", "no-folder", "same", "empty", "standard-output"],
)
def test_where_no_page_is_written(
    capsys: pytest.CaptureFixture[str], empty_folder: Path, path: str, error: str
) -> None:
    """What is no page of ours is not replaced, and nothing is proved before that is known."""
    Path("other.txt").write_text("mine")
    found = _told(capsys, "prove", IMROPE, MROPE, "--report", path, "--certificate", "same")
    assert (2, "", error) == found
    assert "mine" == Path("other.txt").read_text()
    assert ["other.txt"] == [each.name for each in empty_folder.iterdir()]


def test_runs() -> None:
    assert [] == runs_of([])
    assert [[0, 2], [5, 5], [7, 8]] == runs_of([0, 1, 2, 5, 7, 8])


def test_a_long_text_is_cut() -> None:
    assert "abc… (2 more characters)" == layout_data.cut("abcde", 3)
    assert "abc" == layout_data.cut("abc", 3)
