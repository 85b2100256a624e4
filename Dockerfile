# One image for every process; the command says which. The sandbox and the one-machine stack's own servers stay out of it.
FROM python:3.11-slim AS build
ARG REQUIREMENTS=production
WORKDIR /app
COPY requirements/${REQUIREMENTS}.txt requirements/
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/${REQUIREMENTS}.txt
COPY pyproject.toml README.md LICENSE ./
COPY contracts contracts
COPY vault vault
COPY connectors connectors
COPY hub hub
COPY orchestration orchestration
RUN rm -rf connectors/sandbox orchestration/demo && /venv/bin/python -m compileall -q /app

FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends tesseract-ocr-fra && rm -rf /var/lib/apt/lists/*
RUN useradd --system --no-create-home --uid 10001 unefois
# A volume takes owner and mode of the folder it is mounted on for the first time.
RUN install -d -o 10001 -m 0700 /shares /shares/originals /shares/owner /shares/door /shares/release /shares/worker \
    /shares/pipelines /shares/dagster /run/unefois /run/token /var/unefois
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp PATH=/venv/bin:$PATH
USER 10001
CMD ["python", "-m", "hub.app", "door"]
