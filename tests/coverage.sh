#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How much of each room the tests of unit, wire, module and fault run, and those scripts of compat that drive the tool:
# a table, and a failure where a room falls below its line. Prints TAP lines. What other hosts run is not counted.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/setup.sh
. "$here/setup.sh"
export PATH=/usr/bin:/bin:/usr/sbin:/sbin CCACHE_DISABLE=1
inst=$work/inst-coverage
scripts="account bad-input certs completions csc-browser doctor log login prompts reconcile server-key session setup status watch wizard wizard-services"

# Threads count, too.
if ! { CC=gcc CFLAGS=-fprofile-update=atomic configure coverage -Dtests=enabled -Dfault_points=true -Db_coverage=true --buildtype=debug && build coverage && install_build coverage; }; then
    echo "not ok - the build"
    exit 1
fi
find "$work/coverage" -name '*.gcda' -delete
meson test -C "$work/coverage" --no-rebuild --suite unit --suite wire --suite module --suite fault --no-suite table --timeout-multiplier 3 \
    </dev/null >"$work/coverage-tests.log" 2>&1 || tail -n 20 "$work/coverage-tests.log"
# Tool, agent and module write down what they ran when they end; a script that fails is another suite's matter.
for name in $scripts; do
    SMARTCA_TEST_INST=$inst timeout --kill-after=20 900 bash "$here/compat/$name.sh" </dev/null >"$work/coverage-$name.log" 2>&1 ||
        echo "# compat $name ended with $?: the figures may be too low"
done
gcovr --root "$top" --filter "$top/src/" --exclude-throw-branches --json-summary "$work/coverage/summary.json" \
    --json-summary-pretty "$work/coverage" >"$work/coverage-gcovr.log" 2>&1 || {
    tail -n 20 "$work/coverage-gcovr.log"
    echo "not ok - gcovr"
    exit 1
}
/usr/bin/python3 "$here/coverage.py" "$work/coverage/summary.json"
