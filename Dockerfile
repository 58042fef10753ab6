# One image: the web page is built in the first stage, the server runs in the second as nobody.
FROM node:20-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci
COPY docs/openapi.json /src/docs/openapi.json
COPY web ./
RUN npm run build

FROM python:3.12-slim
WORKDIR /app
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY townhall ./townhall
COPY --from=web /src/townhall/web ./townhall/web
RUN pip install --no-cache-dir --no-deps . \
 && useradd --system --home /data --create-home townhall
USER townhall
ENV TOWNHALL_DATA=/data TOWNHALL_LOG_FORMAT=json
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/ready', timeout=2)"]
CMD ["townhall", "serve", "--host", "0.0.0.0", "--port", "8000"]
