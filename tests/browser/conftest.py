"""The browser of these tests, one for all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from browser_screen import FLAGS, Screen


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
