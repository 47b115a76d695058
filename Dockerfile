# Confab on Debian 13, built from source. It runs as its own user. docker-compose.yml starts a cluster. A standalone server for this machine only:
#   docker build -t confab . && docker run -p 127.0.0.1:3000:3000 -v confab-data:/var/lib/confab confab serve --auth=open

FROM debian:trixie-slim AS build
WORKDIR /confab
COPY tools tools
RUN tools/setup build
COPY . .
RUN cmake --preset release && cmake --build --preset release --target confab
RUN strip --strip-debug build/release/confab
# The packages that contain the program's libraries.
RUN ldd build/release/confab | awk '$3 ~ /^\// { print $3 }' | xargs realpath | xargs dpkg-query --search | cut --delimiter=: --fields=1 \
    | sort --unique > build/runtime-packages

FROM debian:trixie-slim
COPY --from=build /confab/build/runtime-packages /tmp/runtime-packages
RUN apt-get update \
    && xargs apt-get install --yes --no-install-recommends ca-certificates curl < /tmp/runtime-packages \
    && rm -r /var/lib/apt/lists/* /tmp/runtime-packages
RUN useradd --system --create-home --home-dir /var/lib/confab confab
COPY --from=build /confab/build/release/confab /usr/local/bin/confab
ENV CONFAB_LISTEN=0.0.0.0:3000 CONFAB_DATA=/var/lib/confab/data
EXPOSE 3000
WORKDIR /var/lib/confab
USER confab
# Any response is healthy. The health of a container does not depend on its engines.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD curl --silent --output /dev/null --request OPTIONS http://127.0.0.1:3000/apps
ENTRYPOINT ["confab"]
CMD ["serve"]
