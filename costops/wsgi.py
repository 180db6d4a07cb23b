"""The WSGI application that granian serves.

All modules are imported before the first request, so that no request waits for them, and what was made until then is
left out of garbage collection: looking through it again and again held up one request in three for 100 ms. A request
for a thousand budgets makes objects by the ten thousand that live until it is answered, so the collector waits for more
of them than Python's 700 before it looks.
"""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from costops import env as environment
from costops.web_limits import limit_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "costops.settings")
limit_connections(settings.DATABASES["default"], environment.read())
django_application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)

from usage.api.handler import with_short_way  # noqa: E402 - after Django is set up

application = with_short_way(django_application)
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
