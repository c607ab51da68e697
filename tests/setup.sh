#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shared by tests/run.sh and tests/demo.sh: installs missing packages, builds, installs into build/.
# Sourced, not run.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Everything made here lies below this folder, which git ignores.
work=${SMARTCA_BUILD_DIR:-$top/build}
# Sanitizers and coverage have builds, and places to install to, of their own.
inst=${SMARTCA_TEST_INST:-$work/inst}
export LC_ALL=C.UTF-8

# tell ENGLISH [VIETNAMESE]: the latter where the script that sources this has set "language" to vi
tell()
{
    if [ "${language:-}" = vi ]; then printf '%s\n' "${2:-$1}"; else printf '%s\n' "$1"; fi
}

# die ENGLISH [VIETNAMESE]
die()
{
    printf '%s: %s\n' "${0##*/}" "$(tell "$@")" >&2
    exit 1
}

as_root()
{
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "needs root to install packages; as root: apt-get install $missing" \
            "cần quyền root để cài gói; với quyền root: apt-get install $missing"
    fi
}

# packages SECTION...: the names listed for these sections
packages()
{
    awk -v wanted=" $* " '
        /^\[/ { section = substr($1, 2, length($1) - 2); next }
        NF && !/^#/ && index(wanted, " " section " ") { print $1, $2 }' "$top/tests/packages.txt"
}

# wanted_packages SECTION...: the same without those whose thing is there already ("NAME THING")
wanted_packages()
{
    packages "$@" | while read -r name thing; do
        [ -n "$thing" ] && { [ -e "$thing" ] || command -v "$thing" >/dev/null; } || echo "$name"
    done
}

missing_packages()
{
    comm -23 <(wanted_packages "$@" | sort) \
        <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' | awk '$1 == "installed" { print $2 }' | sort)
}

# install_packages SECTION...
install_packages()
{
    local section
    for section in "$@"; do
        [ -n "$(packages "$section")" ] || die "tests/packages.txt lists nothing for [$section]"
    done
    command -v apt-get >/dev/null || die "this script knows Debian's apt-get only; see tests/packages.txt" \
        "chương trình này chỉ biết apt-get của Debian; xem tests/packages.txt"
    missing=$(missing_packages "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    tell "Installing: $missing" "Đang cài: $missing"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=5)
    as_root "${apt[@]}" update </dev/null >"$work/apt.log" 2>&1 ||
        die "apt-get update failed, see $work/apt.log" "apt-get update không thành công, xem $work/apt.log"
    # shellcheck disable=SC2086 # a list of names
    as_root "${apt[@]}" install --no-install-recommends $missing </dev/null >>"$work/apt.log" 2>&1 ||
        die "apt-get install failed, see $work/apt.log" "apt-get install không thành công, xem $work/apt.log"
}

# configure NAME [meson option]...: the build folder $work/NAME, made once, for what is installed at $inst
configure()
{
    local name=$1
    shift
    if ! grep -qF "\"$inst/bin/smartca\"" "$work/$name/build_config.h" 2>/dev/null; then
        rm -rf "${work:?}/$name"
        PATH=/usr/bin:/bin:/usr/sbin:/sbin meson setup "$work/$name" "$top" \
            --prefix="$inst" --libdir=lib "$@" >"$work/$name.log" 2>&1 || {
            tail -n 30 "$work/$name.log"
            return 1
        }
    fi
}

# build NAME [target]...
build()
{
    local name=$1
    shift
    PATH=/usr/bin:/bin:/usr/sbin:/sbin ninja -C "$work/$name" "$@" >"$work/$name.log" 2>&1 || {
        grep -E -A 12 'FAILED|error:|warning:' "$work/$name.log" | head -n 60
        return 1
    }
}

# build_and_install NAME [meson option]...: installed below $inst, so that the paths compiled in are
# the true ones
build_and_install()
{
    configure "$@" && build "$1" && install_build "$1"
}

# install_build NAME: what is built there goes to $inst
install_build()
{
    PATH=/usr/bin:/bin:/usr/sbin:/sbin meson install -C "$work/$1" --no-rebuild --quiet \
        >"$work/install.log" 2>&1 && return 0
    cat "$work/install.log"
    return 1
}

mkdir -p "$work" || die "cannot write to $work" "không ghi được vào $work"
