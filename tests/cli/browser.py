"""A real browser, without a window and without a network."""

import contextlib
import shutil
import tempfile

import pytest

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --force-prefers-reduced-motion"
).split()


@contextlib.contextmanager
def opened(page, width=1280, height=900, scheme="light"):
    """The driver of Debian's chromium that shows a local page; skips the test where there is none."""
    selenium = pytest.importorskip("selenium.webdriver", reason="python3-selenium is not installed")
    service = pytest.importorskip("selenium.webdriver.chrome.service")
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip("chromium and chromium-driver are not installed (scripts/setup.sh --tests)")
    with tempfile.TemporaryDirectory() as profile:
        options = selenium.ChromeOptions()
        options.binary_location = browser
        for flag in [*FLAGS, f"--user-data-dir={profile}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        chrome = selenium.Chrome(service=service.Service(driver), options=options)
        try:
            metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
            chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
            chrome.get(page.resolve().as_uri())
            yield chrome
            assert [entry["message"] for entry in chrome.get_log("browser")] == []
        finally:
            chrome.quit()
