"""The web application for WSGI servers: ``gunicorn wsgi:app``."""

from forum_scheduler.app import create_app

app = create_app()
