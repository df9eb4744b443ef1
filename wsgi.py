"""The web application for WSGI servers: ``gunicorn wsgi:app``."""

from forum_scheduler import logs
from forum_scheduler.app import create_app
from forum_scheduler.serving import warm

logs.configure()
app = warm(create_app())
