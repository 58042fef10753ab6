"""The plain form: a report without JavaScript."""

import re

import httpx
from playwright.async_api import Browser, expect

from tests.server import Running


async def test_a_report_without_javascript(clerk_desk: Running, browser: Browser) -> None:
    """The reply and the reference are shown, the conversation goes on and can be left."""
    device = await browser.new_context(java_script_enabled=False)
    page = await device.new_page()
    await page.goto(f"{clerk_desk.url}/app/")
    await page.get_by_role("link", name="write to the desk with a form").click()
    for message in ("There is a pothole on Mabini Street since yesterday", "yes"):
        await page.get_by_role("textbox", name="Your message").fill(message)
        await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".receipt")).to_contain_text(
        re.compile(r"Reference number.*INC-[0-9A-Z]{4}-[0-9A-Z]{4}")
    )
    await expect(page.get_by_role("heading", name="You")).to_have_count(2)
    await page.get_by_role("button", name="Finish").click()
    await expect(page.get_by_role("heading", name="You")).to_have_count(0)
    await device.close()


async def test_the_token_is_out_of_reach(clerk_desk: Running) -> None:
    """The cookie is HttpOnly, SameSite=Strict and for the form's path alone."""
    response = await clerk_desk.client.post("/app/form", data={"message": "Hello", "key": "k1"})
    assert (response.status_code, response.headers["location"]) == (303, "/app/form#latest")
    name, *attributes = response.headers["set-cookie"].split("; ")
    assert name.startswith("townhall_form=")
    assert sorted(attributes) == ["HttpOnly", "Path=/app/form", "SameSite=strict"]


async def test_over_https_the_token_stays_there(clerk_desk: Running) -> None:
    """Behind a proxy that speaks https, the cookie is Secure."""
    origin = clerk_desk.url.replace("http://", "https://")
    response = await clerk_desk.client.post(
        "/app/form", data={"message": "Hello", "key": "k1"}, headers={"Origin": origin}
    )
    assert "Secure" in response.headers["set-cookie"].split("; ")


async def test_other_sites_cannot_send(clerk_desk: Running) -> None:
    """A form on another site is refused before anything is stored."""
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for path in ("/app/form", "/app/form/leave"):
            response = await clerk_desk.client.post(path, data={"message": "x"}, headers=headers)
            assert (response.status_code, response.json()["code"]) == (403, "cross-origin")
    assert (await clerk_desk.client.get("/sessions")).json()["total"] == 0


async def test_the_same_form_twice(clerk_desk: Running) -> None:
    """A form that is sent again, as browsers do on reload, is one message."""
    async with httpx.AsyncClient(base_url=clerk_desk.url) as browser:
        await browser.post("/app/form", data={"message": "Hello", "key": "first"})
        for _ in range(2):
            await browser.post("/app/form", data={"message": "Again", "key": "second"})
        page = (await browser.get("/app/form")).text
    assert page.count("<h2>You</h2>") == 2


async def test_a_message_that_cannot_be(clerk_desk: Running) -> None:
    """A blank message leads back to the form, one that is too long is refused."""
    blank = await clerk_desk.client.post("/app/form", data={"message": " "})
    assert (blank.status_code, "set-cookie" in blank.headers) == (303, False)
    endless = await clerk_desk.client.post("/app/form", data={"message": "x" * 8001})
    assert endless.status_code == 422
    assert "8000" in endless.json()["errors"][0]["reason"]
    assert (await clerk_desk.client.get("/sessions")).json()["total"] == 0


async def test_markup_is_text(clerk_desk: Running) -> None:
    """What a resident writes is shown as written."""
    async with httpx.AsyncClient(base_url=clerk_desk.url) as browser:
        await browser.post("/app/form", data={"message": "<script>x</script> & <b>"})
        page = (await browser.get("/app/form")).text
    assert "&lt;script&gt;x&lt;/script&gt; &amp; &lt;b&gt;" in page
    assert "<script" not in page


async def test_the_readers_language(clerk_desk: Running) -> None:
    """The form speaks the first language that the reader and the town share."""
    response = await clerk_desk.client.get(
        "/app/form", headers={"Accept-Language": "de-DE, fil;q=0.9, en;q=0.8"}
    )
    assert '<html lang="tl">' in response.text
    assert "Sumulat sa munisipyo" in response.text
