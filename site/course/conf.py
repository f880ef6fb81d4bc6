"""Settings of the site: Sphinx with MyST-NB and the book theme. `make site` builds it (site/pages.py)."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the extensions of our own, beside this file

# The address of the repository, such as https://github.com/OWNER/NAME. While it is empty, the pages have no launch
# links, and they name files that are not on the site without a link. The workflow pages.yml sets it on GitHub.
repository = os.environ.get("COLORLAB_REPOSITORY", "").rstrip("/")
branch = os.environ.get("COLORLAB_BRANCH", "main")

project = "colorlab"
html_title = "colorlab"
language = "en"  # Sphinx has a translation into en_GB, with which its search fails
extensions = [
    "myst_nb",
    "sphinx_copybutton",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "alternatives",
    "docstrings",
    "elsewhere",
    "head",
]
exclude_patterns = ["extra"]

# Notebooks are shown as they are committed. A widget needs its notebook, so its text stands in for it.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
nb_merge_streams = True
nb_render_markdown_format = "myst"  # with tables, which plain CommonMark lacks
myst_enable_extensions = ["attrs_inline", "colon_fence", "dollarmath", "amsmath"]
myst_heading_anchors = 4
highlight_language = "text"
default_role = "literal"  # docstrings mark code with single backticks
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the signature would be longer than a phone is wide
add_module_names = False
copybutton_selector = "div.cell_input pre, div.highlight:not(div.output div.highlight) > pre"

# The site serves MathJax itself. The font is fetched from beside the script.
mathjax_path = "mathjax/tex-chtml.js"

html_theme = "sphinx_book_theme"
html_static_path = ["static"]
html_css_files = ["course.css"]
templates_path = ["templates"]
html_favicon = "icon.svg"
html_use_index = html_domain_indices = False
html_extra_path = ["extra"]
html_context = {"default_mode": "auto", "language": "en-GB"}  # light or dark as the visitor's system is
html_show_sphinx = False
html_show_copyright = False
html_copy_source = True
html_sourcelink_suffix = ""
html_theme_options = {
    "use_download_button": False,  # a line below the title offers it
    "use_fullscreen_button": False,
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "toc_title": "On this page",
    "home_page_in_toc": False,
    "footer_content_items": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"**": ["brand.html", "search-button-field.html", "sbt-sidebar-nav.html"]}
