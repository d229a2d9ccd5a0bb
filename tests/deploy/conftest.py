"""A portal that answers over HTTP, for programs that are not ours."""

import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections


class Silent(WSGIRequestHandler):
    def log_message(self, *_arguments):
        pass


@pytest.fixture
def address(own_database):
    """Where the portal answers, one request after the other."""
    application = get_wsgi_application()

    def answer(environ, start):
        try:
            yield from application(environ, start)
        finally:
            connections.close_all()

    server = make_server("127.0.0.1", 0, answer, handler_class=Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
