"""Links to files of the repository that are no pages of the site.

They lead to the repository if its address is set. Else the file's path is shown, for a reader who has a copy.
"""

import posixpath

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.osutil import relative_uri

from colorlab.base.paths import ROOT

ON_THE_SITE = {"report/report.pdf": "report.pdf"}  # files that are copied to the site as they are


class Elsewhere(SphinxTransform):
    """Runs before Sphinx looks for what links lead to."""

    default_priority = 5

    def apply(self, **kwargs):
        links = [*self.document.findall(addnodes.pending_xref), *self.document.findall(addnodes.download_reference)]
        for link in links:
            if link["reftype"] == "myst" and link.get("refdomain") != "doc":
                self._lead(link)

    def _lead(self, link):
        here = self.env.docname
        path, _, anchor = link["reftarget"].partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(here), path))
        if path in ON_THE_SITE:
            return link.replace_self(_reference(link, relative_uri(here, ON_THE_SITE[path])))
        if not (ROOT / path).exists():
            return None  # Sphinx will warn
        if self.config.repository:
            address = f"{self.config.repository}/blob/{self.config.branch}/{path}" + (f"#{anchor}" if anchor else "")
            return link.replace_self(_reference(link, address))
        return link.replace_self(_as_text(link, path))


def _reference(link, address):
    return nodes.reference("", "", *link.children[0].children, refuri=address, internal=False)


def _as_text(link, path):
    """The path in place of a text that names the file; after the text otherwise."""
    text, before = link.astext(), link.parent[link.parent.index(link) - 1] if link.parent.index(link) else None
    literal = nodes.literal(path, path)
    if path.endswith(text.rstrip("/")) or (isinstance(before, nodes.Text) and before.endswith("(")):
        return [literal]
    return [*link.children[0].children, nodes.Text(" ("), literal, nodes.Text(")")]


def setup(app):
    app.add_config_value("repository", "", "env")
    app.add_config_value("branch", "main", "env")
    app.add_transform(Elsewhere)
    return {"parallel_read_safe": True}
