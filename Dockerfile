# One image for every process; the command says which. The sandbox and the one-machine stack stay out of it.
FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements/production.txt requirements/
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/production.txt
COPY pyproject.toml README.md LICENSE ./
COPY contracts contracts
COPY vault vault
COPY connectors connectors
COPY hub hub
COPY orchestration orchestration
RUN rm -rf connectors/sandbox orchestration/demo

FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends tesseract-ocr-fra && rm -rf /var/lib/apt/lists/*
RUN useradd --system --no-create-home --uid 10001 unefois
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PYTHONPATH=/app PYTHONUNBUFFERED=1 PATH=/venv/bin:$PATH
USER unefois
CMD ["python", "-m", "hub.app", "door"]
