#!/bin/sh
# Run by the postgres image when it makes its data folder, and by hand to change passwords: reads them from files, so that they stand in no
# command line and in no environment that `docker inspect` shows.
set -eu
TEMPORAL_PASSWORD=$(cat "$TEMPORAL_PASSWORD_FILE")
SUNSET_ADMIN_PASSWORD=$(cat "$SUNSET_ADMIN_PASSWORD_FILE")
SUNSET_PASSWORD=$(cat "$SUNSET_PASSWORD_FILE")
export TEMPORAL_PASSWORD SUNSET_ADMIN_PASSWORD SUNSET_PASSWORD
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<EOF
\\getenv temporal_password TEMPORAL_PASSWORD
\\getenv sunset_admin_password SUNSET_ADMIN_PASSWORD
\\getenv sunset_password SUNSET_PASSWORD
\\i $ROLES_SQL
EOF
