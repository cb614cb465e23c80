#!/bin/sh
# Makes the secrets that docker-compose.yml hands to its services as files: passwords of the database roles, the URLs that contain them, and
# the operator's key. What is there is kept, so it can be run again; to change a password see docs/production.md.
#
#   sh deploy/make-secrets.sh [folder, default: secrets beside docker-compose.yml]
set -eu
folder=${1:-$(dirname "$0")/../secrets}
mkdir -p "$folder"
# The folder shuts everybody else out. The files in it are readable by all, because compose mounts each one as it is into containers whose
# users (999, 1000) are not ours.
chmod 700 "$folder"
umask 022

# 24 random bytes in letters that need no escaping, neither in a URL nor in SQL.
random() { head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

keep() {
  if [ -s "$folder/$1" ]; then return; fi
  printf '%s\n' "$2" >"$folder/$1"
  echo "made $1"
}

keep postgres_password "$(random)"
keep temporal_password "$(random)"
keep sunset_admin_password "$(random)"
keep sunset_password "$(random)"
keep operator_key "sk_$(random)"
keep database_admin_url "postgres://sunset_admin:$(cat "$folder/sunset_admin_password")@postgres:5432/sunset"
keep database_url "postgres://sunset:$(cat "$folder/sunset_password")@postgres:5432/sunset"
echo "the secrets are in $folder"
