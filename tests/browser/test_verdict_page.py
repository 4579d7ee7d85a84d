"""Pages of verdicts and layouts in Chromium: they do what they say, and what they show is right."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

import prover
from browser_screen import DESK, FLAGS, PHONE, Screen
from prover.commands.cli import run_command

pytestmark = pytest.mark.browser

PAGES = {
    "different": ("ggml/imrope", "ggml/mrope", ()),
    "convertible": ("ggml/normal:head_dim=64", "ggml/neox:head_dim=64", ()),
    "equal": ("ggml/neox:head_dim=64", "ggml/neox:head_dim=64", ()),
    "two-feeds": ("ggml/imrope", "ggml/mrope", ("text", "image")),
    "passing": ("ggml/neox:head_dim=32", "ggml/neox:head_dim=32:n_rot=16", ()),
    "magnitudes": ("ggml/neox:head_dim=8", "ggml/neox:head_dim=8:attn_factor=1.5", ()),
    "several-angles": ("small/mixed-table:n_rot=8", "ggml/neox:head_dim=8", ()),
}
BASE = 10000.0
SECTIONS = (24, 20, 20)


@pytest.fixture(scope="session")
def screen() -> Iterator[Screen]:
    """The browser, opened once."""
    from selenium import webdriver

    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not browser or not driver:
        pytest.fail("no chromium or no chromedriver: run tests/browser/check.sh PYTHON")
    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(flag)
    options.binary_location = browser
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield Screen(opened)
    finally:
        opened.quit()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of each verdict, and of a layout, as files."""
    folder, found = tmp_path_factory.mktemp("pages"), {}
    small = Path(__file__).parent.parent / "small_layouts"
    for name, (source, target, feeds) in PAGES.items():
        source = source.replace("small/mixed-table", str(small / "mixed-table.toml"))
        found[name] = folder / f"{name}.html"
        found[name].write_text(prover.prove(source, target, feeds=feeds).to_html(), encoding="utf-8")
    found["layout"] = folder / "layout.html"
    found["layout"].write_text(prover.load("ggml/imrope").to_html(), encoding="utf-8")
    return found


EVERY = (*PAGES, "layout")


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_it_loads_from_disk(screen: Screen, pages: dict[str, Path], name: str, size: tuple[int, int]) -> None:
    """No complaint, nothing asked for but the file itself, and nothing wider than the screen."""
    screen.open(pages[name], size)
    assert screen.all("#map-source .lane, #map-layout .lane")
    assert [] == screen.complaints()
    assert [pages[name].as_uri()] == screen.requests()
    assert screen.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert size[0] == screen.run("return innerWidth")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("prove", "ggml/normal:head_dim=n_rot", "ggml/neox:head_dim=n_rot", "--for-all", "n_rot"),
        ("check-permutation", "ggml/neox", "ggml/normal", "llama.cpp/permute"),
        ("classes", "--like", "ggml/neox:head_dim=8"),
        ("run", "01-normal-to-neox", "02-imrope-to-mrope"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_other_answers(
    screen: Screen, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], dark: bool
) -> None:
    """They load without a complaint, fit a phone and break no rule of axe-core."""
    run_command([*arguments, "--format", "html"])
    page = tmp_path / "page.html"
    page.write_text(capsys.readouterr().out, encoding="utf-8")
    screen.open(page, PHONE, dark)
    assert [page.as_uri()] == screen.requests()
    assert screen.all("main h2")
    assert screen.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    screen.run("for (const each of document.querySelectorAll('details')) each.open = true")
    assert [] == screen.complaints()
    assert [] == screen.axe()
    assert screen.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_headings_of_a_table_are_whole_words(
    screen: Screen, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a phone: one of a single word lies on one line, however long the cells below it are."""
    run_command(["show", str(Path(__file__).parent.parent / "sources" / "gpt-oss.json"), "--format", "html"])
    page = tmp_path / "page.html"
    page.write_text(capsys.readouterr().out, encoding="utf-8")
    screen.open(page, PHONE)
    screen.run("for (const each of document.querySelectorAll('details')) each.open = true")
    rows = screen.run("""return [...document.querySelectorAll('thead th')].map(each => {
        const range = document.createRange()
        range.selectNodeContents(each)
        return [each.textContent, range.getClientRects().length]
    })""")
    assert [["name", 1], ["value", 1], ["from", 1]] == rows


@pytest.mark.parametrize(
    ("name", "size", "dark"),
    [("different", DESK, False), ("different", PHONE, True), ("convertible", DESK, True), ("passing", PHONE, False),
     ("two-feeds", PHONE, True), ("several-angles", PHONE, False), ("layout", DESK, True)],
    ids=str,
)
def test_it_can_be_used_by_everyone(
    screen: Screen, pages: dict[str, Path], name: str, size: tuple[int, int], dark: bool
) -> None:
    """No rule of axe-core is broken, contrast among them, with everything open and a lane chosen."""
    screen.open(pages[name], size, dark)
    screen.run("for (const each of document.querySelectorAll('details')) each.open = true")
    screen.run("document.querySelector('.lane').focus()")
    assert [] == screen.axe()
    if screen.run("return Boolean(document.getElementById('filter'))"):
        screen.choose("#filter", "what differs")
        assert [] == screen.axe()


def test_axe_sees_what_is_wrong(screen: Screen, pages: dict[str, Path]) -> None:
    """Grey on grey, and a picture without words, are told."""
    screen.open(pages["different"])
    screen.run("const p = document.createElement('p'); p.textContent = 'pale'; p.style.color = '#777';"
               "p.style.background = '#888'; document.querySelector('main').append(p, document.createElement('img'))")
    assert {"color-contrast", "image-alt"} == {line.partition(":")[0] for line in screen.axe()}


def test_hovering_a_lane(screen: Screen, pages: dict[str, Path]) -> None:
    """By hand: lane 5 is in pair 5 with lane 69; imrope turns it with w (5 % 3 = 2), mrope with t (5 < 24)."""
    screen.open(pages["different"])
    screen.hover("#source-5")
    assert "Lane 5" == screen.text("#detail-title")
    found = screen.detail()
    assert ["5", "5"] == found["pair"]
    assert ["lane 69", "lane 69"] == found["partner"]
    assert ["w", "t"] == found["axis"]
    assert ["10**(-5/16) (about 0.486968)"] * 2 == found["frequency"]
    assert ["1", "1"] == found["magnitude"]
    assert "Pair 5 turns with other axes." in screen.text("#chosen")
    assert ["source-5", "target-5"] == [each.get_attribute("id") for each in screen.all(".lane.chosen")]
    assert ["source-69", "target-69"] == [each.get_attribute("id") for each in screen.all(".lane.partner")]
    screen.hover("h1")
    assert "None yet." == screen.text("#chosen")


def test_hovering_a_pair(screen: Screen, pages: dict[str, Path]) -> None:
    """By hand: pair 3 of normal has lanes 6 and 7, of neox with 32 pairs 3 and 35; its lanes are outlined."""
    screen.open(pages["convertible"])
    screen.hover("#pair-3 td")
    assert "Pair 3" == screen.text("#detail-title")
    assert ["6, 7", "3, 35"] == screen.detail()["lanes"]
    assert ["source-6", "source-7", "target-3", "target-35"] == sorted(
        (each.get_attribute("id") for each in screen.all(".lane.chosen")), key=lambda name: (name[:6], int(name[7:])))


def test_weights_that_move(screen: Screen, pages: dict[str, Path]) -> None:
    """By hand: lane 2j of normal is lane j of neox, lane 2j + 1 is lane j + 32."""
    screen.open(pages["convertible"])
    screen.hover("#source-5")
    assert "row 5 of the target is row 10 of the source; row 5 of the source becomes row 34." in screen.text("#chosen")
    assert ["target-34"] == [each.get_attribute("id") for each in screen.all(".goes")]
    screen.hover("#target-34")
    assert ["source-5"] == [each.get_attribute("id") for each in screen.all(".goes")]


def test_lanes_that_pass(screen: Screen, pages: dict[str, Path]) -> None:
    """By hand: of 32 lanes 16 are turned in the target, so that lane 20 passes there."""
    screen.open(pages["passing"])
    screen.hover("#target-20")
    assert ["4", "none: it passes unchanged"] == screen.detail()["pair"]
    assert ["lane 4", ""] == screen.detail()["partner"]
    assert "\u2013" in screen.text("#target-20")


def test_the_keyboard(screen: Screen, pages: dict[str, Path]) -> None:
    """Tab stops once at a map; arrows, Home and End go through its lanes; Escape lets go."""
    screen.open(pages["different"])
    stops = []
    for _ in range(40):
        screen.press("TAB")
        stops.append(screen.focused())
        if stops[-1].startswith("target-"):
            break
    assert ["source-0", "target-0"] == stops[-2:]
    assert ["at-0", "at-0-number"] == [stop for stop in stops if stop.startswith("at-0")]
    screen.press("ARROW_RIGHT", "ARROW_RIGHT")
    assert ("target-2", "Lane 2") == (screen.focused(), screen.text("#detail-title"))
    assert ["w", "t"] == screen.detail()["axis"]
    screen.press("END")
    assert ("target-127", "Lane 127") == (screen.focused(), screen.text("#detail-title"))
    screen.press("ARROW_RIGHT")
    assert "target-127" == screen.focused()
    screen.press("HOME", "ARROW_DOWN")
    below = screen.focused()
    assert screen.run("const [a, b] = ['target-0', arguments[0]].map((id) => document.getElementById(id));"
                      "return a.offsetLeft === b.offsetLeft && a.offsetTop < b.offsetTop", below)
    screen.press("TAB")
    screen.press("ARROW_DOWN")
    assert "Pair 1" == screen.text("#detail-title")
    screen.press("ESCAPE")
    assert "None yet." == screen.text("#chosen")
    assert [] == screen.complaints()


def test_the_chosen_stays_when_the_pointer_leaves(screen: Screen, pages: dict[str, Path]) -> None:
    """What has the keyboard is shown again when nothing is hovered."""
    screen.open(pages["different"])
    screen.hover("#source-7")
    screen.find("#source-7").click()
    screen.hover("#source-9")
    assert "Lane 9" == screen.text("#detail-title")
    screen.hover("h1")
    assert "Lane 7" == screen.text("#detail-title")


def _axes(name: str) -> list[int]:
    """By hand, of 64 pairs: the axis among t, h, w, e that turns each."""
    if name == "mrope":
        return [0] * SECTIONS[0] + [1] * SECTIONS[1] + [2] * SECTIONS[2]
    return [j % 3 if j < 3 * SECTIONS[j % 3] else 3 for j in range(64)]


def _angles(name: str, at: Sequence[float]) -> np.ndarray:
    """Of each pair in rad, at positions of t, h, w, e."""
    return np.asarray(at)[_axes(name)] * BASE ** (-np.arange(64) / 64)


def _trace(name: str, at: Sequence[float]) -> float:
    """Of the 128 by 128 rotation matrix itself."""
    matrix = np.zeros((128, 128))
    for j, angle in enumerate(_angles(name, at)):
        matrix[j, j] = matrix[j + 64, j + 64] = np.cos(angle)
        matrix[j + 64, j], matrix[j, j + 64] = np.sin(angle), -np.sin(angle)
    return float(np.trace(matrix))


def _shown(screen: Screen) -> tuple[float, float, float]:
    """Both traces and their gap, as they are shown."""
    found = re.fullmatch(r"Trace: source about (\S+); target about (\S+)\. Gap: about (\S+)\.", screen.text("#trace"))
    assert found
    return tuple(map(float, found.groups()))  # type: ignore[return-value]


@pytest.mark.parametrize("at", [(1, 0, 0, 0), (37, 5, 900, 3), (123456, 0, 7, 1)], ids=str)
def test_traces_and_angles_at_a_position(screen: Screen, pages: dict[str, Path], at: tuple[int, ...]) -> None:
    """Both traces, their gap and every angle are NumPy's to the six digits that are shown."""
    screen.open(pages["different"])
    for i, value in enumerate(at):
        screen.write(f"#at-{i}-number", str(value))
    wanted = [_trace("imrope", at), _trace("mrope", at)]
    np.testing.assert_allclose(_shown(screen), [*wanted, abs(wanted[0] - wanted[1])], rtol=1e-5)
    for column, name in enumerate(("imrope", "mrope"), start=2):
        texts = [each.text for each in screen.all(f"#pairs td:nth-child({column}) .turned")]
        found = [re.fullmatch(r"about (\S+) rad, (\S+)°", text) for text in texts]
        values = np.array([[float(each[1]), float(each[2])] for each in found if each])
        angles = _angles(name, at)
        np.testing.assert_allclose(values[:, 0], angles, rtol=1e-5)
        np.testing.assert_allclose(np.exp(1j * np.radians(values[:, 1])), np.exp(1j * angles), atol=2e-3)


def test_the_slider_turns_the_angles(screen: Screen, pages: dict[str, Path]) -> None:
    """Arrow keys on the slider move number, angle, hand of the dial and trace; the button goes back to the proof."""
    screen.open(pages["different"])
    assert ["1", "0", "0", "0"] == [screen.find(f"#at-{i}-number").get_attribute("value") for i in range(4)]
    hand = "#pair-0 td .dial path"
    assert -57.3 == _turn(screen, hand)
    screen.find("#at-0").send_keys("\ue014\ue014")   # arrow right, twice
    assert "3" == screen.find("#at-0-number").get_attribute("value")
    assert screen.text("#pair-0 .turned").startswith("about 3 rad, 171.9°")
    assert -171.9 == _turn(screen, hand)
    at = (3, 0, 0, 0)
    np.testing.assert_allclose(_shown(screen)[:2], [_trace("imrope", at), _trace("mrope", at)], rtol=1e-5)
    assert "Go to the position of the proof: t=1, h=0, w=0, e=0" == screen.text("#proof-position")
    screen.find("#proof-position").click()
    np.testing.assert_allclose(_shown(screen)[0], _trace("imrope", (1, 0, 0, 0)), rtol=1e-5)


def _turn(screen: Screen, selector: str) -> float:
    """Degrees by which the hand of a dial is turned, clockwise."""
    return float(str(screen.find(selector).get_attribute("transform")).removeprefix("rotate(").removesuffix(")"))


def test_traces_are_equal_where_a_permutation_is_enough(screen: Screen, pages: dict[str, Path]) -> None:
    """A permutation of rows leaves the trace as it is at every position."""
    screen.open(pages["convertible"])
    for value in ("1", "77", "4096"):
        screen.write("#at-0-number", value)
        assert screen.text("#trace").endswith("Gap: 0, as far as floating point shows.")


def test_a_weighted_trace(screen: Screen, pages: dict[str, Path]) -> None:
    """By hand: a magnitude of 1.5 on all of 8 lanes weighs each by 1.5**(2 * power + 2) of the proof's power."""
    screen.open(pages["magnitudes"])
    power = screen.run("return JSON.parse(document.getElementById('data').textContent).proof.power")
    screen.write("#at-0-number", "2")
    own = sum(2 * np.cos(2 * BASE ** (-j / 4)) for j in range(4))
    found = re.search(r"by magnitudes: source about (\S+); target about (\S+)\.", screen.text("#trace"))
    assert found
    assert power != -1
    np.testing.assert_allclose([float(each) for each in found.groups()], [own, 1.5 ** (2 * power + 2) * own], rtol=1e-5)


def test_no_trace_where_a_side_is_no_rotation(screen: Screen, pages: dict[str, Path]) -> None:
    """It says so, and shows every angle of the pair."""
    screen.open(pages["several-angles"])
    own = sum(2 * np.cos(BASE ** (-j / 4)) for j in range(4))
    assert f"Trace: source has none, since pair 0 is no rotation; target about {own:.6g}." == screen.text("#trace")
    assert "about 1 rad, 57.3° | about 0.1 rad, 5.7°" == screen.text("#pair-0 .turned")


def test_feeds(screen: Screen, pages: dict[str, Path]) -> None:
    """By hand: text gives t, h and w the position p and e none; an image has t, h and w of its own."""
    screen.open(pages["two-feeds"])
    screen.choose("#feed", "text")
    assert ["p"] == [each.text for each in screen.all("#sliders label")]
    screen.write("#at-0-number", "5")
    at = (5, 5, 5, 0)
    np.testing.assert_allclose(_shown(screen)[:2], [_trace("imrope", at), _trace("mrope", at)], rtol=1e-5)
    screen.choose("#feed", "image")
    assert ["t", "h", "w"] == [each.text for each in screen.all("#sliders label")]
    for i, value in enumerate("423"):
        screen.write(f"#at-{i}-number", value)
    at = (4, 2, 3, 0)
    np.testing.assert_allclose(_shown(screen)[:2], [_trace("imrope", at), _trace("mrope", at)], rtol=1e-5)


def test_the_filter(screen: Screen, pages: dict[str, Path]) -> None:
    """By hand: the pairs that differ are those whose axes differ; the rest is not shown, and pale in the maps."""
    screen.open(pages["different"])
    differ = [j for j, (a, b) in enumerate(zip(_axes("imrope"), _axes("mrope"), strict=True)) if a != b]
    rows = "#pairs tbody tr"
    assert list(range(64)) == [int(each.get_attribute("data-pair")) for each in screen.all(rows)]
    screen.choose("#filter", f"what differs ({len(differ)})")
    assert differ == [int(each.get_attribute("data-pair")) for each in screen.all(rows)]
    lanes = {int(each.get_attribute("id")[7:]) for each in screen.all("#map-source .faded")}
    assert set(range(128)) - {lane for j in differ for lane in (j, j + 64)} == lanes
    screen.choose("#filter", "all pairs")
    assert 64 == len(screen.all(rows))
    screen.open(pages["passing"])
    screen.choose("#filter", "lanes that turn in the source and pass in the target")
    faded = {int(each.get_attribute("id")[7:]) for each in screen.all("#map-source .faded")}
    assert set(range(16)) == faded   # pair j of the source has lanes j and j + 16, so that no pair is without
    assert 16 == len(screen.all(rows))


def test_the_certificate_is_saved(screen: Screen, pages: dict[str, Path], tmp_path: Path) -> None:
    """What the link saves is accepted by the checker."""
    screen.open(pages["different"])
    screen.save_into(tmp_path)
    screen.find("#certificate").click()
    saved = tmp_path / "rope-prover-certificate.json"
    for _ in range(100):
        if saved.exists():
            break
        time.sleep(0.1)
    assert prover.prove("ggml/imrope", "ggml/mrope").certificate == saved.read_text(encoding="utf-8")
    assert prover.check(saved.read_text(encoding="utf-8"))


def test_without_scripts(screen: Screen, pages: dict[str, Path]) -> None:
    """The answer, all pairs and the certificate are there; what needs a script is not."""
    screen.open(pages["different"], PHONE, scripts=False)
    rows = screen.driver.find_elements("css selector", "#static tbody tr")
    assert 64 == len(rows)
    assert rows[1].is_displayed()
    assert "lanes 1, 65" in rows[1].text
    assert not screen.find("#interactive").is_displayed()
    assert screen.find("#certificate").is_displayed()


def test_paper(screen: Screen, pages: dict[str, Path]) -> None:
    """Light even where the screen is dark; what a hand would need is gone, pairs and traces stay."""
    screen.open(pages["different"], dark=True, media="print")
    assert "rgba(255, 255, 255, 1)" == screen.find("body").value_of_css_property("background-color")
    for gone in ("#filter", "#detail", "#certificate"):
        assert not screen.find(gone).is_displayed()
    for stays in ("#pair-1", "#trace", "#source-5"):
        assert screen.find(stays).is_displayed()
    assert screen.paper().startswith(b"%PDF-")


def test_what_a_stranger_named_does_nothing(screen: Screen, tmp_path: Path) -> None:
    """A layout whose file is named like a tag that runs a script is text."""
    layout = tmp_path / "<img src=x onerror=document.title='bad'>.toml"
    layout.write_text((Path(__file__).parent.parent / "small_layouts" / "two-axes.toml").read_text())
    page = tmp_path / "page.html"
    page.write_text(prover.load(str(layout)).to_html(), encoding="utf-8")
    screen.open(page, PHONE)
    assert [] == screen.complaints()
    assert [] == screen.all("main img")
    assert "onerror" in screen.text("h1")
    assert screen.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_large_layout(screen: Screen, tmp_path: Path) -> None:
    """4,096 lanes on either side: a part is drawn at a time, and the traces are of all pairs."""
    page = tmp_path / "large.html"
    page.write_text(prover.prove("ggml/normal:head_dim=4096", "ggml/neox:head_dim=4096").to_html(), encoding="utf-8")
    screen.open(page, PHONE)
    assert [] == screen.complaints()
    assert (128, 512) == (len(screen.all("#pairs tbody tr")), len(screen.all("#map-source .lane")))
    screen.write("#at-0-number", "3")
    own = float(np.sum(2 * np.cos(3 * BASE ** (-np.arange(2048) / 2048))))
    shown = re.match(r"Trace: source about (\S+); target about (\S+)\.", screen.text("#trace"))
    assert shown
    np.testing.assert_allclose([float(each) for each in shown.groups()], own, rtol=1e-5)
    screen.run("document.querySelector('#pairs-pager button:last-child').click()")
    assert "128" == screen.all("#pairs tbody tr")[0].get_attribute("data-pair")
    screen.run("document.querySelector('#lanes-pager button:last-child').click()")
    assert screen.find("#source-512").is_displayed()
    assert "Lanes 512 to 1023 of 4096" in screen.text("#lanes-pager")
