#!/bin/sh
# Runs a command whose secrets come from files: NAME_FILE=path sets NAME to what the file says, as in the databases' official images.
set -eu
for name in FRONTDESK_API_KEY FRONTDESK_ENGINE_KEY FRONTDESK_PAGE_KEY PGPASSWORD; do
    eval "file=\${${name}_FILE:-}"
    if [ -n "$file" ]; then
        [ -s "$file" ] || { echo "error: ${name}_FILE is $file, which is missing or empty; expected a file with the secret" >&2; exit 2; }
        export "$name=$(cat "$file")"
        unset "${name}_FILE"
    fi
done
exec "$@"
