"""The app needs its host once, and sends it nothing."""

from browsing import opened
from PIL import Image

from colorlab.base.paths import DATA

BRIDGE = DATA / "gallery" / "cincinnati_bridge.jpg"


def test_networks_that_do_not_arrive_are_told_of(chromium, host):
    context = chromium.new_context()
    page = context.new_page()
    page.route("**/*.onnx*", lambda route: route.abort())
    page.goto(host.address)
    page.locator("#error").wait_for()
    assert page.locator("#error-text").inner_text() == (
        "The networks could not be loaded. Check the connection, then load this page again."
    )
    context.close()


def test_nothing_is_sent_and_then_no_host_is_needed(page, host):
    requests = []
    page.context.on("request", lambda request: requests.append((request.method, request.url)))
    page.reload()
    opened(page, BRIDGE)
    assert {method for method, _ in requests} == {"GET"}
    assert all(url.startswith((host.address, "blob:" + host.address.removesuffix("/app/"))) for _, url in requests)
    host.shutdown()
    host.server_close()
    page.reload()
    page.locator("#examples img").nth(6).wait_for()
    opened(page, BRIDGE)
    page.locator("#examples img").evaluate_all("images => Promise.all(images.map((image) => image.decode()))")
    with page.expect_download() as saved:
        page.locator("#save").click()
    assert Image.open(saved.value.path()).size == Image.open(BRIDGE).size
