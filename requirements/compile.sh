#!/bin/sh
# Compiles one hashed lock: compile.sh UV runtime|dev|bench
set -eu
uv=$1 group=$2
cd "$(dirname "$0")/.."
set -- --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet
case $group in
    runtime) ;;
    dev) set -- "$@" --extra prove --group dev ;;
    bench) set -- "$@" --extra prove --group dev --group bench ;;
esac
"$uv" pip compile "$@" pyproject.toml --output-file "requirements/$group.lock"
