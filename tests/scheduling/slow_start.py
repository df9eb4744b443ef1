"""An app that takes its time to load in a worker's child process, as on a busy machine."""

from __future__ import annotations

import multiprocessing
import time

from flask import Flask

from forum_scheduler import app
from forum_scheduler.config import Config

SECONDS = 6.0


def create_app(config: Config) -> Flask:
    if multiprocessing.parent_process() is not None:
        time.sleep(SECONDS)
    return app.create_app(config)
