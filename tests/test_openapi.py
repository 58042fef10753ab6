"""The OpenAPI document: kept in step with the app, complete, and true of the running server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, Phase, settings
from jsonschema_rs import validator_for
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import allow_header_conformance, positive_data_acceptance

from tests.conftest import make_settings
from tests.scripted import POTHOLE, call, reply, scripted
from tests.server import serve
from townhall import Settings, create_app

DOCUMENT = Path(__file__).parent.parent / "docs" / "openapi.json"
METHODS = ("get", "post", "patch", "delete")


def app_document(folder: Path) -> dict[str, Any]:
    """Return the document as the application writes it."""
    document: dict[str, Any] = json.loads(json.dumps(create_app(make_settings(folder)).openapi()))
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each operation with its name."""
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield f"{method.upper()} {path}", methods[method]


def test_the_document_is_the_apps(tmp_path: Path) -> None:
    """docs/openapi.json is what `make openapi` writes."""
    assert json.loads(DOCUMENT.read_text()) == app_document(tmp_path)


def test_every_operation_is_described(tmp_path: Path) -> None:
    """A sentence, a tag, an example of each body, and every refusal as a problem with its code."""
    lacking = []
    for name, operation in operations(app_document(tmp_path)):
        if not operation.get("description") or not operation.get("tags"):
            lacking.append(f"{name}: description or tag")
        for status, response in operation["responses"].items():
            content = response.get("content", {})
            if int(status) < 400:
                continue
            problem = content.get("application/problem+json", {})
            codes = problem.get("examples", {})
            if not codes or any(
                each["value"]["code"] != code or each["value"]["status"] != int(status)
                for code, each in codes.items()
            ):
                lacking.append(f"{name}: {status} without its codes")
    assert lacking == []


def test_every_body_has_an_example(tmp_path: Path) -> None:
    """Who reads the document can send its examples as they are."""
    document = app_document(tmp_path)
    schemas = document["components"]["schemas"]
    for name, operation in operations(document):
        for body in operation.get("requestBody", {}).get("content", {}).values():
            text = json.dumps(body)
            names = [each for each in schemas if f'"#/components/schemas/{each}"' in text]
            assert any(schemas[each].get("examples") for each in names), name


def test_every_reference_leads_somewhere(tmp_path: Path) -> None:
    """No schema is named that the document does not have, and FastAPI's own 422 is not in it."""
    document = app_document(tmp_path)
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert names <= document["components"]["schemas"].keys()
    assert "HTTPValidationError" not in text


async def test_every_event_is_one_of_the_documents(sqlite_settings: Settings) -> None:
    """What a turn that files and speaks says on the wire fits the schema of its type."""
    document = json.loads(DOCUMENT.read_text())
    schemas = {each["properties"]["type"]["const"]: name for name, each in event_schemas(document)}
    model = scripted(reply("Hello."), call("file_incident", POTHOLE), reply("Filed."))
    async with serve(sqlite_settings, model=model) as server:
        await server.say("hi", "s")
        message = {"message": POTHOLE["description"]}
        events = await server.events("POST", "/sessions/s/turns", json=message)
    for event in events:
        data = json.loads(event.data)
        assert data["type"] == event.event
        reference = {"$ref": f"#/components/schemas/{schemas[data['type']]}"}
        validator_for(reference | {"components": document["components"]}).validate(data)
    assert len(events) == 6


def event_schemas(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the schemas that have one fixed type, with their names."""
    for name, each in document["components"]["schemas"].items():
        if "const" in each.get("properties", {}).get("type", {}):
            yield name, each


schema = schemathesis.openapi.from_path(DOCUMENT)
schema.config.generation.update(modes=list(GenerationMode))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running server; its event loop has a thread of its own."""
    folder = tmp_path_factory.mktemp("api")
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serve(make_settings(folder, model="echo"))) as server,
    ):
        portal.call(server.say, "hi", "sess_0b6f")  # the session of the document's examples
        yield server.url


@schema.parametrize()
@settings(
    max_examples=30,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_server_keeps_its_word(case: Case[Any], url: str) -> None:
    """Whatever is sent, right or wrong: no 5xx, a documented status, type and schema."""
    response = case.call(base_url=url)
    # What a schema cannot say (codes of the town, cursors) is refused too: the status decides.
    excluded: list[Any] = [positive_data_acceptance]
    if case.path in ("/sessions/create", "/sessions/claim"):
        # A session may be called so too, and the address knows more than its own method.
        excluded.append(allow_header_conformance)
    case.validate_response(response, excluded_checks=excluded)
