#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a stage does where SMARTCA_TEST_INST has a build with AddressSanitizer (SMARTCA_TEST_SANITIZED=yes). Reports go
# to files, so that none is lost with a status or an output that a script does not look at. Tool and agent bring the
# runtime themselves. Where the module is instrumented, too, SMARTCA_TEST_PRELOAD names the runtime that hosts have to
# load first. Sourced, not run.
# shellcheck disable=SC2154 # stage.sh has box, setup.sh has inst

sanitizers_write()
{
    [ -n "${SMARTCA_TEST_SANITIZED:-}" ] || return 0
    export ASAN_OPTIONS="${ASAN_OPTIONS:-}:log_path='$box/sanitizer'" UBSAN_OPTIONS="${UBSAN_OPTIONS:-}:log_path='$box/sanitizer'"
    mkdir "$box/sanitized"
    cat >"$box/sanitized/agent" <<EOF
#!/bin/sh
unset LD_PRELOAD SMARTCA_AGENT
export ASAN_OPTIONS="$ASAN_OPTIONS"
exec "$inst/bin/smartca" "\$@"
EOF
    chmod +x "$box/sanitized/agent"
    sanitized_host /usr/bin/pkcs11-tool >/dev/null
    PATH=$box/sanitized:$PATH
}

# sanitized_host PROGRAM: where it is to be run instead. The host's own leaks are not ours; the module's are looked for
# by suites unit to fault.
sanitized_host()
{
    if [ -z "${SMARTCA_TEST_PRELOAD:-}" ]; then
        echo "$1"
        return
    fi
    local wrapper=$box/sanitized/${1##*/}
    cat >"$wrapper" <<EOF
#!/bin/sh
export SMARTCA_AGENT="\${SMARTCA_AGENT:-$box/sanitized/agent}" LD_PRELOAD="$SMARTCA_TEST_PRELOAD"
export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0"
exec "$1" "\$@"
EOF
    chmod +x "$wrapper"
    echo "$wrapper"
}

# sanitizers_wrote: shows the reports; false when there is one
sanitizers_wrote()
{
    [ -n "${SMARTCA_TEST_SANITIZED:-}" ] || return 0
    if cat "$box"/sanitizer.* 2>/dev/null | grep -v '^$' | sed 's/^/# /' | head -n 120 | grep .; then
        echo "not ok - the sanitizers have nothing to say"
        return 1
    fi
    echo "ok - the sanitizers have nothing to say"
}
