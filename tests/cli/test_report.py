"""report.html, opened in a real browser."""

import json
import re
import shutil

import pytest

import pictures
from browser import opened
from command_line import names, run

THRESHOLDS = {"kind": "estimate", "rate": 0.5, "images": 40, "source": "a test"}
SCRIPT_NAME = "<script>document.title='taken over'</script>.png".replace("/", "\\")


@pytest.fixture(name="results", scope="module")
def _results(tmp_path_factory, sample_results):
    """Of the sample set, evaluated: the page has everything that a page can have."""
    folder = shutil.copytree(sample_results, tmp_path_factory.mktemp("report") / "results")
    assert run("evaluate", folder, cwd=folder.parent).code == 0
    return folder


@pytest.fixture(name="page", scope="module")
def _page(results):
    with opened(results / "report.html") as chrome:
        yield chrome


def column(page, key):
    """What the rows that are shown hold in their data-<key>, from top to bottom."""
    script = "return [...document.querySelectorAll('#table tbody tr:not([hidden])')].map(r => r.dataset[arguments[0]])"
    return page.execute_script(script, key)


def press(page, selector, *keys):
    """Sends keys to an element that the keyboard can reach."""
    element = page.find_element("css selector", selector)
    page.execute_script("arguments[0].focus()", element)
    assert page.switch_to.active_element == element
    element.send_keys(*keys)


def heading(key):
    return f"#table th[data-key={key}] button"


def sorted_by(page):
    script = "return [...document.querySelectorAll('#table th[aria-sort]')].map(h => [h.dataset.key, h.ariaSort])"
    return page.execute_script(script)


def test_it_opens_with_the_worst_image_first(page, results):
    assert page.title.endswith("/test - Touchstone report")
    scores = [float(score) for score in column(page, "score")]
    document = json.loads((results / "results.json").read_text())
    assert scores == sorted((image["score"] for image in document["images"]), reverse=True)
    assert sorted_by(page) == [["score", "descending"]]


def test_headings_sort_by_the_keyboard_and_say_so(page):
    press(page, heading("path"), "\n")
    assert column(page, "path") == sorted(column(page, "path"))
    assert sorted_by(page) == [["path", "ascending"]]
    press(page, heading("path"), "\n")
    assert column(page, "path") == sorted(column(page, "path"), reverse=True)
    press(page, heading("score"), " ")
    press(page, heading("score"), " ")
    assert [float(x) for x in column(page, "score")] == sorted(map(float, column(page, "score")))
    assert sorted_by(page) == [["score", "ascending"]]
    press(page, heading("score"), " ")


def test_filters_hide_rows_and_count_what_is_left(page):
    everything = column(page, "path")
    press(page, "#filter-name", "DENT/")
    found = [path for path in everything if path.startswith("dent/")]
    assert column(page, "path") == found and 0 < len(found) < len(everything)
    shown = page.find_element("id", "shown")
    assert shown.text == f"{len(found)} of {len(everything)} shown"
    press(page, "#filter-label", "good")
    assert column(page, "path") == [] and page.find_element("id", "none").is_displayed()
    press(page, "#filters button[type=reset]", "\n")
    page.execute_async_script("setTimeout(arguments[0])")
    assert column(page, "path") == everything
    press(page, "#filter-label", "good")
    assert set(column(page, "label")) == {"good"}
    press(page, "#filters button[type=reset]", "\n")
    page.execute_async_script("setTimeout(arguments[0])")


def test_what_was_missed_and_false_alarms_can_be_found(touchstone, tmp_path, results):
    """At a threshold in the midst of the scores, so that there is something of each."""
    document = json.loads((results / "results.json").read_text())
    folder = shutil.copytree(results, tmp_path / "results")
    scores = sorted(image["score"] for image in document["images"] if image["label"] == "good")
    threshold = scores[len(scores) // 2]
    document["thresholds"] = {**THRESHOLDS, "score": threshold, "pixel": threshold}
    for image in document["images"]:
        image["verdict"] = "anomalous" if image["score"] > threshold else "normal"
    (folder / "results.json").write_text(json.dumps(document))
    assert touchstone("evaluate", folder).code == 0
    expected = {"false alarm": [], "missed": [], "right": []}
    for image in sorted(document["images"], key=lambda image: (-image["score"], image["path"])):
        is_good, is_normal = image["label"] == "good", image["verdict"] == "normal"
        expected["right" if is_good == is_normal else "false alarm" if is_good else "missed"].append(image["path"])
    with opened(folder / "report.html") as chrome:
        for outcome, paths in expected.items():
            press(chrome, "#filters button[type=reset]", "\n")
            chrome.execute_async_script("setTimeout(arguments[0], 1100)")  # else a list takes keys as one word
            press(chrome, "#filter-outcome", outcome[0])
            assert column(chrome, "path") == paths
    assert expected["false alarm"] and expected["right"]


def test_the_viewer_compares_photograph_and_heat_map_by_the_keyboard(page):
    first, second, *_ = column(page, "path")
    press(page, "#table .look", "\n")
    viewer = page.find_element("id", "viewer")
    assert viewer.is_displayed() and page.find_element("id", "viewer-name").text == first
    clip = "return getComputedStyle(document.getElementById('view-heat')).clipPath"
    assert page.execute_script(clip) == "inset(0px 0px 0px 50%)"
    press(page, "#split", *["\ue012"] * 5)  # arrow left
    assert page.execute_script(clip) == "inset(0px 0px 0px 45%)"
    for name in ("photo", "heat", "mask"):
        assert page.execute_script(f"return document.getElementById('view-{name}').naturalWidth") == 64
    press(page, "#next", "\n")
    assert page.find_element("id", "viewer-name").text == second
    press(page, "#previous", "\n")
    assert page.find_element("id", "viewer-name").text == first
    assert not page.find_element("id", "previous").is_enabled()
    page.switch_to.active_element.send_keys("\ue00c")  # escape
    assert not viewer.is_displayed()
    assert page.switch_to.active_element == page.find_element("css selector", "#table .look")


def test_the_worst_images_are_at_the_top_and_open_the_viewer(page):
    paths = column(page, "path")
    tiles = page.find_elements("css selector", "#worst .tile")
    assert [tile.find_element("class name", "name").text for tile in tiles] == paths[:6]
    places = page.execute_script(
        "return ['#worst .tile', '#histogram', '#table'].map(s => document.querySelector(s).getBoundingClientRect().top)")
    assert places == sorted(places)
    press(page, "#worst .tile:nth-child(3)", "\n")
    assert page.find_element("id", "viewer-name").text == paths[2]
    page.switch_to.active_element.send_keys("\ue014")  # arrow right: the next image
    assert page.find_element("id", "viewer-name").text == paths[3]
    page.switch_to.active_element.send_keys("\ue012")
    page.switch_to.active_element.send_keys("\ue012")
    assert page.find_element("id", "viewer-name").text == paths[1]
    page.switch_to.active_element.send_keys("\ue00c")
    assert page.switch_to.active_element == tiles[2]


def test_the_charts_are_drawn(page):
    for name in ("histogram", "image-roc", "pixel-roc", "pro"):
        drawn = f"return document.getElementById('{name}').getContext('2d').getImageData(0, 0, 999, 999).data"
        assert page.execute_script(drawn + ".some(value => value > 0)"), name
        assert page.find_element("id", name).get_attribute("aria-label")


def test_links_lead_to_the_files_beside_it(page, results):
    links = page.execute_script("return [...document.querySelectorAll('body > :not(dialog) a')].map(a => a.getAttribute('href'))")
    files = [link for link in links if link and not link.startswith("#")]
    assert len(files) == 3 + len(column(page, "path"))
    assert all((results / link).is_file() for link in files)


@pytest.mark.parametrize("width, scheme", [(1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")])
def test_nothing_is_wider_than_the_window(results, width, scheme):
    with opened(results / "report.html", width=width, scheme=scheme) as chrome:
        assert chrome.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        background = chrome.execute_script("return getComputedStyle(document.body).backgroundColor")
        brightness = sum(map(int, re.findall(r"\d+", background)[:3])) / 3
        assert (brightness > 200) == (scheme == "light") and (brightness < 60) == (scheme == "dark")


def contrast_with_white(colour):
    """WCAG 2's contrast ratio of a CSS rgb() colour."""
    shares = [int(x) / 255 for x in re.findall(r"\d+", colour)[:3]]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in shares]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_prints_all_pictures_and_colours_that_show_on_paper(results, scheme):
    with opened(results / "report.html", scheme=scheme) as chrome:
        loaded = "return [...document.querySelectorAll('#table img')].map(i => i.complete && i.naturalWidth > 0)"
        pictures_there = chrome.execute_script(loaded)
        assert all(pictures_there) and len(pictures_there) > 2 * len(column(chrome, "path"))
        media = {"media": "print", "features": [{"name": "prefers-color-scheme", "value": scheme}]}
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        colours = "return [...document.querySelectorAll(arguments[0])].map(e => getComputedStyle(e).color)"
        for selector in ("body", "#table a", ".chip", ".card .what", ".hint"):
            shown = set(chrome.execute_script(colours, selector))
            assert shown and min(map(contrast_with_white, shown)) >= 4.5, selector


def test_names_of_files_do_nothing(touchstone, tmp_path, gallery):
    tricky = [SCRIPT_NAME, "quote\".png", "new\nline.png", "\u202egnp.exe.png", "&amp;.png", "x" * 200 + ".png"]
    for i, name in enumerate([*tricky, b"caf\xe9.png".decode(errors="surrogateescape")]):
        pictures.save(tmp_path / "in" / f"{i}.png", seed=i).rename(tmp_path / "in" / name)
    (tmp_path / "in" / "</script><b>.png".replace("/", "\\")).write_bytes(b"no image")
    assert touchstone("score", "in", "-g", gallery, "-o", "r").code == 3
    with opened(tmp_path / "r" / "report.html", width=400) as chrome:
        assert chrome.title == "in - Touchstone report"
        assert chrome.execute_script("return document.scripts.length") == 3
        assert SCRIPT_NAME in column(chrome, "path") and "\ufffdgnp.exe.png" in column(chrome, "path")
        assert chrome.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        first = chrome.find_element("css selector", "#table a")
        assert chrome.execute_script("return arguments[0].href", first).startswith("file://")


def test_it_needs_no_pictures(touchstone, tmp_path, gallery, check):
    assert touchstone("score", check, "-g", gallery, "-o", "r", "--no-heatmaps").code == 0
    assert "thumbnails" not in names(tmp_path / "r")
    with opened(tmp_path / "r" / "report.html") as chrome:
        assert len(column(chrome, "path")) == 3
        assert chrome.find_elements("css selector", ".look") == []


def test_it_is_the_same_for_every_number_of_threads(touchstone, tmp_path, gallery, check):
    for threads in ("1", "3"):
        assert touchstone("score", check, "-g", gallery, "-o", "r" + threads, "--threads", threads).code == 0
    assert (tmp_path / "r1" / "report.html").read_bytes() == (tmp_path / "r3" / "report.html").read_bytes()
