"""Fixtures of the agendas' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.agendas.stories import Story, told


@pytest.fixture
def story(app: Flask) -> Iterator[Story]:
    yield from told()
