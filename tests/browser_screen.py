"""A real browser: Debian's Chromium without a window, and what a person does in it."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-device-scale-factor=1",
)
PHONE, DESK = (360, 740), (1280, 900)


class Screen:
    """One tab of Chromium."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(
        self, page: Path, size: tuple[int, int] = DESK, dark: bool = False, scripts: bool = True, media: str = ""
    ) -> None:
        """Load a file from disk at a size, light or dark, with or without scripts."""
        width, height = size
        self._command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._command("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self._command("Emulation.setScriptExecutionDisabled", value=not scripts)
        for kind in ("browser", "performance"):
            self.driver.get_log(kind)
        self.driver.get(page.as_uri())

    def complaints(self) -> list[str]:
        """What the page wrote to the console, errors of its policy among it."""
        return [line["message"] for line in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Every address that was asked for since the page was opened."""
        told = [json.loads(line["message"])["message"] for line in self.driver.get_log("performance")]
        return [each["params"]["request"]["url"] for each in told if each["method"] == "Network.requestWillBeSent"]

    def run(self, script: str, *given: Any) -> Any:
        """What a script gives back."""
        return self.driver.execute_script(script, *given)

    def find(self, selector: str) -> Any:
        """The first element of a CSS selector."""
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        """The elements of a CSS selector that are there to be seen."""
        return [each for each in self.driver.find_elements("css selector", selector) if each.is_displayed()]

    def text(self, selector: str) -> str:
        """What is to be read there."""
        return str(self.find(selector).text)

    def hover(self, selector: str) -> None:
        """Move the pointer over it."""
        from selenium.webdriver.common.action_chains import ActionChains

        element = self.find(selector)
        self.run("arguments[0].scrollIntoView({block: 'start'})", element)
        ActionChains(self.driver).move_to_element(element).perform()

    def press(self, *keys: str) -> None:
        """Press keys by their names, such as TAB, ARROW_RIGHT, END, one after another."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        actions = ActionChains(self.driver)
        for key in keys:
            actions.send_keys(getattr(Keys, key))
        actions.perform()

    def focused(self) -> str:
        """The id, or else the name, of what has the keyboard."""
        return str(self.run("const e = document.activeElement; return e.id || e.tagName.toLowerCase()"))

    def write(self, selector: str, value: str) -> None:
        """Put another value into a field with the keyboard."""
        from selenium.webdriver.common.keys import Keys

        field = self.find(selector)
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(value)

    def choose(self, selector: str, words: str) -> None:
        """Choose what starts with some words from a list."""
        for option in self.find(selector).find_elements("css selector", "option"):
            if option.text.startswith(words):
                option.click()
                return
        pytest.fail(f"no choice {words!r} in {selector}")

    def detail(self) -> dict[str, list[str]]:
        """The table about what is chosen: label to the cell of each side."""
        rows = [[cell.text for cell in row.find_elements("css selector", "th, td")]
                for row in self.all("#chosen tbody tr")]
        return {label: cells for label, *cells in rows}

    def axe(self) -> list[str]:
        """What axe-core finds against any of its rules, best practices included."""
        path = os.environ.get("AXE_CORE")
        if not path:
            pytest.fail("AXE_CORE names no axe.min.js: run tests/browser/check.sh PYTHON")
        self.run(Path(path).read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(
            "const rules = {'target-size': {enabled: true}}, done = arguments[0];"
            "axe.run(document, {resultTypes: ['violations'], rules}).then(done)"
        )
        assert found["passes"]
        return [f"{each['id']}: {node['html'][:200]} ({each['help']})"
                for each in found["violations"] for node in each["nodes"]]

    def paper(self) -> bytes:
        """The page as a PDF."""
        made = self.driver.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69})
        return base64.b64decode(made["data"])

    def save_into(self, folder: Path) -> None:
        """Where what is saved goes to."""
        self._command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))

    def _command(self, name: str, **about: Any) -> None:
        self.driver.execute_cdp_cmd(name, about)
