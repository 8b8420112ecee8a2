"""A headless Chromium, offline: Debian's `chromium` and `chromium-driver`, driven by Selenium.

Where they are missing each test is reported as not run, by its name and with the reason; with SEGSQL_TEST_BROWSER
set, as `.ci/run` does, it fails.
"""

from __future__ import annotations

import json
import os
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND"),
)


class Browser:
    """Opens pages from files, and tells what they did."""

    def __init__(self, driver: Any, folder: Path) -> None:
        self.driver = driver
        self._file = folder / "page.html"

    def open(self, page: str, *, width: int = 1280, scheme: str = "light", media: str = "screen") -> None:
        self._file.write_text(page, encoding="utf-8")
        self.command("Network.enable")
        offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        self.command("Network.emulateNetworkConditions", **offline)
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        preferred = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", media=media, features=preferred)
        self.requests()
        self.complaints()
        self.driver.get(self.url)

    @property
    def url(self) -> str:
        return self._file.as_uri()

    def command(self, name: str, **arguments: object) -> Any:
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, arguments)

    def run(self, script: str) -> Any:
        """What a script of the test's own returns: the page itself may run none."""
        return self.driver.execute_script(script)

    def requests(self) -> list[str]:
        """What has been asked for since the last look."""
        events = (json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance"))
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]

    def complaints(self) -> list[str]:
        """What the browser had to say about the page since the last look, its policy included."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None or find_spec("selenium") is None:
        missing = "no Chromium with its driver, or no Selenium: not run in a browser"
        if os.environ.get("SEGSQL_TEST_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in _FLAGS:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    try:
        yield Browser(driver, tmp_path_factory.mktemp("browser"))
    finally:
        driver.quit()
