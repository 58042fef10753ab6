"""Text of people and models is text: no script runs, nothing is loaded from elsewhere."""

from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Request, expect

from tests.browser.conftest import OpenChat
from tests.conftest import make_settings
from tests.fakes.answers import Answer, Call, Condition, Rule
from tests.fakes.fake_openai import FakeOpenAI
from tests.server import serve

RUN = "window.hit=1"
FAR = "http://far.example"
ATTACKS = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<img src={FAR}/a.png>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><image href={FAR}/b.png /></svg>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src={FAR}></iframe>",
    f"<object data={FAR}></object>",
    f"<embed src={FAR}>",
    f"<link rel=stylesheet href={FAR}/c.css>",
    f"<style>@import '{FAR}/d.css';</style>",
    f"<style>*{{background:url({FAR}/e.png)}}</style>",
    f"<div style='background:url({FAR}/f.png)'>x</div>",
    f"<video src={FAR}/g.mp4 autoplay onerror={RUN}></video>",
    f"<audio src={FAR}/h.mp3 autoplay></audio>",
    f"<body onload={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    f"<template><script>{RUN}</script></template>",
    f"<a href='javascript:{RUN}' id=hostile>x</a>",
    f"[x](javascript:{RUN})",
    f"[x](data:text/html,<script>{RUN}</script>)",
    f"![x]({FAR}/i.png)",
    f'![x]("onerror="{RUN})',
    f"<base href={FAR}/>",
    f"<meta http-equiv=refresh content='0;url={FAR}'>",
    f"<form action={FAR}><button autofocus formaction=javascript:{RUN}>x</button></form>",
    f"</textarea></title></style><script>{RUN}</script>",
    f"\"><script>{RUN}</script><x y='${{alert(1)}}'>{{{{constructor.constructor('{RUN}')()}}}}",
)


async def test_thirty_attacks(tmp_path: Path, open_chat: OpenChat) -> None:
    """As message, answer, title and in every field of a record, none does anything."""
    everything = "\n\n".join(ATTACKS)
    record: dict[str, object] = {
        "feedback_kind": "complaint",
        "topic": "other",
        "summary": everything,
        "sentiment": "negative",
        "reporter_name": ATTACKS[1],
    }
    rules = [
        Rule(Answer(calls=(Call("file_feedback", record),)), when=Condition(last="</textarea>")),
        Rule(Answer(text=everything), when=Condition(last="filed")),
    ]
    foreign: list[str] = []
    async with FakeOpenAI(rules, default=Answer(text=everything)) as fake:
        settings = make_settings(
            tmp_path, model="fake", model_api="responses", openai_base_url=fake.base_url
        )
        async with serve(settings) as server, open_chat(server.url) as chat:

            def note(request: Request) -> None:
                if urlsplit(request.url).netloc != urlsplit(server.url).netloc:
                    foreign.append(request.url)

            chat.page.on("request", note)
            await chat.ask(everything)
            for attack in ATTACKS[:3]:
                await chat.ask(attack)
            await expect(chat.records).to_have_count(1)
            await expect(chat.records).to_contain_text("<iframe src=http://far.example>")
            for link in await chat.page.get_by_role("link").all():
                href = await link.get_attribute("href") or ""
                assert href.startswith(("http://", "https://", "tel:", "mailto:")), href
            await chat.page.reload()
            await expect(chat.records).to_have_count(1)
            assert await chat.page.evaluate("window.hit") is None
            assert foreign == []
            assert chat.errors == []
