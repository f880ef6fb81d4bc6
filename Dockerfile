# The course in a container. It needs Docker and nothing else.
#
#   docker build -t colorlab .
#   docker run --rm -it -p 127.0.0.1:8888:8888 -v colorlab-runs:/home/learner/colorlab/runs colorlab
#
# JupyterLab prints its address, with a token that it makes for this start. A command in its place:
#
#   docker run --rm -v colorlab-runs:/home/learner/colorlab/runs colorlab colorlab run 09 --profile smoke
#
# For an NVIDIA GPU, with NVIDIA's container toolkit on the machine:
#
#   docker build -t colorlab:gpu --build-arg LOCK=requirements-gpu.lock .
#   docker run --gpus all …
FROM python:3.12.12-slim-bookworm

# The version of make is Debian's: an older one leaves its archive when a newer one comes.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 learner \
    && install --directory --owner 1000 --group 1000 /home/learner/colorlab
USER 1000
WORKDIR /home/learner/colorlab

# The environment first, by the same `make env` as everywhere: it is built again only when these files change.
ARG LOCK=requirements.lock
COPY --chown=1000:1000 Makefile pyproject.toml README.md LICENSE requirements.lock requirements-gpu.lock ./
RUN mkdir colorlab runs \
    && PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 make env LOCK="$LOCK"

COPY --chown=1000:1000 . .
# The copy gives the lock a new time; the environment, which was made from it, must stay newer for make.
RUN touch .venv/.ready
# git's history stays outside; `--build-arg COMMIT=$(git rev-parse HEAD)` names the version in the records of runs.
ARG COMMIT=unknown
ENV PATH=/home/learner/colorlab/.venv/bin:$PATH \
    COLORLAB_COMMIT=$COMMIT \
    JUPYTER_PREFER_ENV_PATH=1
EXPOSE 8888
CMD ["jupyter-lab", "--ip=0.0.0.0", "--port=8888", "--no-browser", "--LabApp.default_url=/lab/tree/notebooks"]
