#!/bin/sh
# Starts the server with its password from a file, which the image itself can't read.
set -eu
POSTGRES_PWD=$(cat "$POSTGRES_PWD_FILE")
export POSTGRES_PWD
# Its parts find one another by the container's own address, as the image's entrypoint does it.
: "${TEMPORAL_BROADCAST_ADDRESS:=$(hostname -i | cut -d ' ' -f 1)}"
export TEMPORAL_BROADCAST_ADDRESS
exec temporal-server --allow-no-auth start
