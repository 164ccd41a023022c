"""The contents list of a page."""

import re

from markupsafe import Markup

_FEWEST = 3  # sections that need a list
_SECTION = re.compile(r"<h2>(.*?)</h2>", re.DOTALL)


def with_contents(body: Markup) -> Markup:
    """The body with a list of its sections in front, each of which can be linked to.

    >>> with_contents(Markup("<h2>a</h2><h2>b</h2>"))
    Markup('<h2>a</h2><h2>b</h2>')
    """
    titles = _SECTION.findall(body)
    if len(titles) < _FEWEST:
        return body
    links = (f'<a href="#section-{k}">{title}</a>' for k, title in enumerate(titles, start=1))
    numbers = iter(range(1, len(titles) + 1))
    linked = _SECTION.sub(lambda at: f'<h2 id="section-{next(numbers)}">{at[1]}</h2>', body)
    return Markup(f'<nav class="small">{" · ".join(links)}</nav>\n{linked}')
