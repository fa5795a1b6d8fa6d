#!/usr/bin/env bash
# Installs a build to a scratch prefix, looks for what it must give, and builds and runs a project
# that finds it there.
#   check_install.sh BUILD_DIR
set -euo pipefail
build=${1:?usage: check_install.sh BUILD_DIR}
consumer=$(cd "$(dirname "${BASH_SOURCE[0]}")/consumer" && pwd)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/prefix

cmake --install "$build" --prefix "$prefix" > "$scratch/install.log"

for file in bin/lastack include/lastack/core/time.hpp share/man/man1/lastack.1 \
  share/bash-completion/completions/lastack; do
  [[ -s $prefix/$file ]] || { echo "not installed: $file" && exit 1; }
done

"$prefix"/bin/lastack --version
version=$("$prefix"/bin/lastack --version | sed 's/^lastack //')
grep -q "\"Lastack $version\"" "$prefix"/share/man/man1/lastack.1 ||
  { echo "the man page is not of version $version" && exit 1; }
bash -n "$prefix"/share/bash-completion/completions/lastack

# A copy, so that nothing of the source tree is within reach by a relative path.
cp -r "$consumer" "$scratch/consumer"
cmake -S "$scratch/consumer" -B "$scratch/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_BUILD_TYPE=Release
cmake --build "$scratch/build"
"$scratch"/build/consumer
