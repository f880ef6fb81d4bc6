"""Pictures of the notebooks get the alternative text that their outputs hold: {"image/png": {"alt": "…"}}."""

from myst_nb.core.render import NbElementRenderer

_render_image = NbElementRenderer.render_image


def _with_alternative(self, data):
    """MyST-NB takes the width and the height from the metadata of an output, but not yet `alt`."""
    images = _render_image(self, data)
    for image in images:
        image.setdefault("alt", data.output_metadata.get(data.mime_type, {}).get("alt", ""))
    return images


def setup(app):
    NbElementRenderer.render_image = _with_alternative
    return {"parallel_read_safe": True}
