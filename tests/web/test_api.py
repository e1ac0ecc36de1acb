"""The API as OpenAPI describes it: whatever is sent, the server answers, and as it says."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.web.visitor import Visitor

SKIPPED = ("/api/changes", "/api/jobs")
"""A stream has no end; jobs are processes, and have tests of their own."""


def operations(page: Visitor) -> list[Any]:
    """Return what the API can be asked."""
    schema = schemathesis.openapi.from_dict(page.get("/api/openapi.json"))
    schema.app = page.app
    asked: list[Any] = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]
    return [one for one in asked if not one.path.startswith(SKIPPED)]


def asking(page: Visitor, operation: Any, examples: int) -> Callable[[], None]:
    """Return what asks one route many things that its description allows."""

    @settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def asked(case: Any) -> None:
        headers = {"X-Photojournal": "1", "Idempotency-Key": uuid.uuid4().hex}
        cookies = {page.guard.cookie_name: page.guard.cookie}
        answer = case.call(base_url=page.guard.base, headers=headers, cookies=cookies)
        assert 403 != answer.status_code
        assert answer.status_code < 500 or 503 == answer.status_code, answer.text
        case.validate_response(
            answer, checks=[response_schema_conformance, status_code_conformance]
        )

    return asked


def test_every_route_answers_as_it_is_described(page: Visitor) -> None:
    asked = operations(page)
    assert {"/api/rows", "/api/decisions", "/pictures/{row}/{name}"} <= {one.path for one in asked}
    for operation in asked:
        asking(page, operation, 3)()
    assert not (page.root / "data" / "crash_runtime.log").exists()


@pytest.mark.soak
def test_every_route_answers_whatever_it_is_asked(page: Visitor) -> None:
    for operation in operations(page):
        asking(page, operation, 200)()
    assert not (page.root / "data" / "crash_runtime.log").exists()
