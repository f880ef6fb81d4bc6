"""What each page gets beside its text: a description for search engines, links to open a notebook elsewhere, and places
where a path may break.
"""

import re
from html import escape
from urllib.parse import quote

from docutils import nodes

GITHUB = "https://github.com/"  # the services that open a notebook take it from there
LONGEST = 160  # characters of a description, about what a search engine shows


def launch_links(repository: str, branch: str, notebook: str) -> dict[str, str]:
    """Where a notebook can be opened: {name: address}. Without a repository on github.com, nowhere."""
    if not repository.startswith(GITHUB):
        return {}
    where, branch = repository.removeprefix(GITHUB), quote(branch)
    return {
        "Colab": f"https://colab.research.google.com/github/{where}/blob/{branch}/{notebook}",
        "Codespaces": f"https://codespaces.new/{where}?ref={branch}",
        "Binder": f"https://mybinder.org/v2/gh/{where}/{branch}?urlpath={quote(f'lab/tree/{notebook}', safe='')}",
    }


def _description(doctree):
    """The first paragraph of a page, cut after a word."""
    text = " ".join(next((one.astext() for one in doctree.findall(nodes.paragraph)), "").split())
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"


def _breakable(body):
    """Let the paths in a page's text break after their slashes, and so not within a name."""
    return re.sub(r'(?<=<span class="pre">)[^<]+', lambda code: re.sub(r"/(?=\w)", "/<wbr>", code[0]), body)


def _complete(app, pagename, templatename, context, doctree):
    if doctree is None:
        return
    context["body"] = _breakable(context["body"])
    if 'name="description"' not in context["metatags"]:
        context["metatags"] += f'<meta name="description" content="{escape(_description(doctree))}" />'
    source = app.env.doc2path(pagename, base=False)
    if str(source).endswith(".ipynb"):
        download = f'<a href="{context["pathto"]("_sources/" + str(source), 1)}" download>Download this notebook</a>'
        launch = launch_links(app.config.repository, app.config.branch, str(source))
        links = [download, *(f'<a href="{address}">Open in {name}</a>' for name, address in launch.items())]
        line = f'</h1>\n<p class="notebook-links">{" ".join(links)}</p>'
        context["body"] = context["body"].replace("</h1>", line, 1)


def setup(app):
    app.connect("html-page-context", _complete)
    return {"parallel_read_safe": True}
