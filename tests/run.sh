#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs every test. On a bare Debian 12 it installs what it needs first (tests/packages.txt).
# The last line is "N passed, N failed, N skipped"; the exit status is 0 when nothing failed.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/setup.sh
. "$here/setup.sh"

usage()
{
    cat <<EOF
usage: tests/run.sh [--quick | --coverage] [--suite NAME]...
  --quick       the plain build only: no sanitizers, no valgrind, no static analysis
  --coverage    how much of each room the tests run, the same as --suite coverage
  --suite NAME  only this one: lint unit wire module conformance fault sim compat hazards bench remote asan tsan fuzz analysis valgrind coverage package
EOF
}

given=("$@")
quick=no
chosen=()
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=yes ;;
    --coverage) chosen+=(coverage) ;;
    --suite) [ $# -gt 1 ] || { usage >&2; exit 2; }; shift; chosen+=("$1") ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done
all=(lint unit wire module conformance fault sim compat hazards bench)
[ $quick = yes ] || all+=(remote asan tsan fuzz analysis valgrind coverage package)
for name in "${chosen[@]}"; do
    case " ${all[*]} " in
    *" $name "*) ;;
    *) die "there is no suite $name; known: ${all[*]}" ;;
    esac
done
[ ${#chosen[@]} -gt 0 ] || chosen=("${all[@]}")

wanted()
{
    case " ${chosen[*]} " in *" $1 "*) return 0 ;; esac
    return 1
}

# note: reads result lines, keeps them, shows what did not pass
note()
{
    tee -a "$results" | grep -v '^PASS' || true
}

step()
{
    printf -- '-- %s (%d s)\n' "$*" $((SECONDS - started))
}

# meson_suite BUILD LABEL SUITE [meson option]...
meson_suite()
{
    local name=$1 label=$2 suite=$3 log=$work/$1/meson-logs/testlog.json
    shift 3
    step "$label"
    rm -f "$log"
    meson test -C "$work/$name" --no-rebuild --suite "$suite" "$@" </dev/null >"$work/$name-$suite.log" 2>&1
    if [ -s "$log" ]; then
        /usr/bin/python3 "$here/collect.py" meson "$label" <"$log" | note
    elif grep -q 'No suitable tests' "$work/$name-$suite.log"; then
        echo "FAIL $label: the suite is empty" | note
    else
        { echo "FAIL $label: meson test did not run"; sed 's/^/    /' "$work/$name-$suite.log" | tail -n 20; } | note
    fi
}

# tap LABEL SECONDS COMMAND...: a program that prints TAP lines
tap()
{
    local label=$1 limit=$2 output=$work/out-${1//[^a-z0-9]/-}.txt status
    shift 2
    step "$label"
    setsid -w timeout --kill-after=20 "$limit" "$@" </dev/null >"$output" 2>&1
    status=$?
    echo "# status $status" >>"$output"
    /usr/bin/python3 "$here/collect.py" tap "$label" $status <"$output" | note
}

# sanitizer_suite NAME COMPILER SANITIZERS SUITE...
sanitizer_suite()
{
    local name=$1 compiler=$2 sanitize=$3 suite inst=$work/inst-$1
    shift 3
    step "building for $name"
    if ! { CC=$compiler configure "$name" --werror -Dtests=enabled -Dfault_points=true -Db_sanitize="$sanitize" -Db_lundef=false &&
        build "$name"; }; then
        echo "FAIL $name: does not build" | note
        return
    fi
    for suite in "$@"; do
        meson_suite "$name" "$name $suite" "$suite" --timeout-multiplier 4
    done
}

# sanitized_compat "SCRIPT [ARGUMENT]..."...: scripts of compat with tool and agent of the asan build (sanitized.sh)
sanitized_compat()
{
    local words
    while [ $# -gt 0 ]; do
        read -r -a words <<<"$1"
        tap "asan compat ${words[0]}" 900 env SMARTCA_TEST_INST="$work/inst-asan" SMARTCA_TEST_SANITIZED=yes \
            bash "$here/compat/${words[0]}.sh" "${words[@]:1}"
        shift
    done
}

# The module is instrumented, too, where pkcs11-tool and hosts of our own are all that load it; not for browsers.
asan_compat()
{
    local inst=$work/inst-asan
    if ! { install_build asan && CC=gcc configure uninstrumented --werror -Dtests=disabled &&
        build uninstrumented src/module/smartca-pkcs11.so src/module/smartca-crypto.so; }; then
        echo "FAIL asan: nothing to run compat with" | note
        return
    fi
    SMARTCA_TEST_PRELOAD=$(clang -print-file-name="libclang_rt.asan-$(uname -m).so")
    export SMARTCA_TEST_PRELOAD
    sanitized_compat "providers pkcs11-tool" status log watch reconcile session
    unset SMARTCA_TEST_PRELOAD
    cp "$work/uninstrumented/src/module/smartca-pkcs11.so" "$inst/lib/pkcs11"
    cp "$work/uninstrumented/src/module/smartca-crypto.so" "$inst/lib/smartca"
    sanitized_compat account account-broken doctor setup wizard wizard-services
}

# Two runs in one build folder would spoil each other.
if [ "${SMARTCA_TESTS_LOCKED:-}" != "$work" ]; then
    SMARTCA_TESTS_LOCKED=$work flock --nonblock --close --conflict-exit-code 75 "$work/lock" "$0" "${given[@]}"
    status=$?
    [ $status != 75 ] || die "another run is using $work"
    exit $status
fi

results=$work/results.txt
: >"$results"
started=$SECONDS
[ -n "${HOME:-}" ] || export HOME=$work/home
mkdir -p "$HOME"
unset SMARTCA_CONF SMARTCA_AGENT SMARTCA_DEBUG
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export ASAN_OPTIONS=abort_on_error=0:detect_stack_use_after_return=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

step "packages"
install_packages build demo test bench host package
step "building"
if ! build_and_install plain --werror -Dtests=enabled; then
    echo "FAIL build" | note
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi

rm -f "$work"/out-compat-*.txt
for suite in lint unit wire module conformance fault sim; do
    wanted $suite && meson_suite plain $suite $suite
done
if wanted compat; then
    for script in "$here"/compat/[a-z]*.sh; do
        case ${script##*/} in lib.sh | lib-*.sh | valgrind.sh) continue ;; esac
        name=${script##*/}
        tap "compat ${name%.sh}" 900 bash "$script"
    done
    step "the matrix"
    /usr/bin/python3 "$here/compat/matrix.py" table "$work"/out-compat-*.txt
    tap "matrix" 60 /usr/bin/python3 "$here/compat/matrix.py" check "$top/docs/hosts.md" "$work"/out-compat-*.txt
fi
wanted conformance && tap "conformance profiles" 120 bash "$here/conformance/profiles.sh"
if wanted hazards; then
    for name in loading process places; do
        tap "hazards $name" 300 bash "$here/hazards/$name.sh"
    done
fi
wanted bench && tap "bench" 300 bash "$here/bench/smoke.sh"
if wanted remote; then # as programs in Flatpak and Snap reach the module
    export SMARTCA_TEST_THROUGH=p11-kit-client
    for name in pkcs11-tool legacy java openssl osslsigncode curl openssh nss p11tool gnutls pdfsig gpgsm pykcs11 node \
        libreoffice firefox chromium thunderbird; do
        tap "remote $name" 900 bash "$here/compat/$name.sh"
    done
    unset SMARTCA_TEST_THROUGH
fi
if wanted asan; then
    sanitizer_suite asan clang address,undefined unit wire module conformance fault
    asan_compat
fi
wanted tsan && sanitizer_suite tsan gcc thread module shared
if wanted fuzz; then # 18 targets, two cores: about two minutes
    step "building for fuzz"
    if CC=clang configure fuzz --werror -Dtests=enabled -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false &&
        build fuzz fuzzers; then
        tap "fuzz" 900 /usr/bin/python3 "$here/fuzz/run.py" "$work/fuzz" 12
        grep '^# [0-9]* targets' "$work/out-fuzz.txt" || true
    else
        echo "FAIL fuzz: does not build" | note
    fi
    step "building for msan"
    if CC=clang configure msan --werror -Dtests=enabled -Dfuzz=true -Db_sanitize=memory -Db_lundef=false &&
        build msan fuzzers-of-libc; then
        tap "msan" 300 /usr/bin/python3 "$here/fuzz/run.py" "$work/msan" 6 calls digestinfo image ipc token
    else
        echo "FAIL msan: does not build" | note
    fi
fi
if wanted analysis; then
    tap "analysis cppcheck" 900 bash "$here/lint/cppcheck.sh" "$work/plain"
    tap "analysis clang-tidy" 1800 bash "$here/lint/tidy.sh" "$work/plain"
    tap "analysis scan-build" 1200 bash "$here/lint/scan-build.sh" "$work/scan-build"
fi
wanted valgrind && tap "valgrind" 600 bash "$here/compat/valgrind.sh"
if wanted coverage; then
    tap "coverage" 3000 bash "$here/coverage.sh"
    grep '^# ' "$work/out-coverage.txt" | grep -v '^# status'
fi
wanted package && tap "package" 1200 bash "$here/package.sh"

count()
{
    grep -c "^$1" "$results" || true
}
passed=$(count PASS) failed=$(count FAIL) skipped=$(count SKIP)
step "done, details in $results"
if [ "$failed" -gt 0 ]; then
    echo "Failed:"
    grep '^FAIL' "$results"
fi
if [ "$skipped" -gt 0 ]; then
    echo "Skipped:"
    grep '^SKIP' "$results"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
