"""The WSGI entrance for gunicorn: ``gunicorn carecore.wsgi``."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carecore.settings")

application = get_wsgi_application()
