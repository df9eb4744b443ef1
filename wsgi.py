"""The web application for WSGI servers: ``gunicorn wsgi:app``."""

from forum_scheduler import logs
from forum_scheduler.app import create_app

logs.configure()
app = create_app()
