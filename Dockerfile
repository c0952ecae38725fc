# syntax=docker/dockerfile:1
# One image for the four services; which one runs is the command: `python -m bridge`, ….

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/backsmith
COPY requirements/runtime.lock requirements/
RUN /opt/backsmith/bin/pip install --require-hashes -r requirements/runtime.lock
COPY requirements/build.lock requirements/
RUN python -m venv /opt/build && /opt/build/bin/pip install --require-hashes -r requirements/build.lock
COPY pyproject.toml README.md LICENSE ./
COPY chassis chassis
COPY orchestrator_svc orchestrator_svc
COPY generator_svc generator_svc
COPY files_svc files_svc
COPY bridge bridge
COPY cli cli
COPY protos protos
RUN /opt/build/bin/python -m hatchling build -t wheel \
    && /opt/backsmith/bin/pip install --no-deps dist/*.whl

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin backsmith \
    && install --directory --owner backsmith --mode 0700 /data
COPY --from=build /opt/backsmith /opt/backsmith
ENV PATH=/opt/backsmith/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    BACKSMITH_SERVER_LISTEN=0.0.0.0:8001 \
    BACKSMITH_BRIDGE_LISTEN=0.0.0.0:8000
USER 10001
WORKDIR /data
EXPOSE 8000 8001
# What a gRPC service answers; compose.yaml has the bridge's own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-P", "-m", "chassis.probe", "127.0.0.1:8001"]
CMD ["python", "-P", "-m", "bridge"]
