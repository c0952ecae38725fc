#!/bin/sh
# Compiles one hashed lock: compile.sh UV runtime|dev|bench|build
set -eu
uv=$1 group=$2
cd "$(dirname "$0")/.."
set -- --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header --quiet
case $group in
    runtime) set -- "$@" pyproject.toml ;;
    dev) set -- "$@" --extra prove --group dev pyproject.toml ;;
    bench) set -- "$@" --extra prove --group dev --group bench pyproject.toml ;;
    build) set -- "$@" --group build ;;
esac
"$uv" pip compile "$@" --output-file "requirements/$group.lock"
