#!/bin/sh
# Every source file is as .clang-format wants it; `tests/tidy/check_format.sh --fix` makes it so.
# Versions of clang-format differ in details, so this is always Debian 12's.
set -eu
cd "$(dirname "$0")/../.."
mode="--dry-run -Werror"
[ "${1:-}" != --fix ] || mode=-i
# shellcheck disable=SC2086  # the mode is two words
find include sim tools tests -name '*.[ch]pp' -print0 | xargs -0 clang-format-14 $mode
