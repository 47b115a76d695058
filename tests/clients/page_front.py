"""nginx in front of the nodes. It also serves the page of the tests, so page and API have one origin."""

from pathlib import Path

from services import Nginx

HERE = Path(__file__).resolve().parent
API = "    location / {\n"
PAGE = f"""\
    location = /follow.html {{
        root {HERE};
    }}

"""


class PageFront(Nginx):
    assert Nginx.template.count(API) == 1
    template = Nginx.template.replace(API, PAGE + API)
