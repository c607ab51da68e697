#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Debian packages as a stranger meets them: made from the release archive, twice with the same bytes; lintian has
# nothing to say; in a clean Debian 12 they install, sign, and leave nothing behind when they go. Prints TAP lines.
set -u
# shellcheck source=tests/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
failures=0
area=$work/package
chroot=$area/chroot
debs=$area/debs

result()
{
    if [ "$1" = 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        failures=$((failures + 1))
        [ ! -s "$area/said" ] || tail -n "${3:-30}" "$area/said" | sed 's/^/# /'
    fi
}

check()
{
    local name=$1
    shift
    "$@" >"$area/said" 2>&1 </dev/null
    result $? "$name"
}

# False where something in it is still mounted.
remove_system()
{
    umount "$chroot/dev/pts" "$chroot/proc" 2>/dev/null
    ! mountpoint -q "$chroot/proc" && ! mountpoint -q "$chroot/dev/pts" && rm -rf "$chroot"
}

# shellcheck disable=SC2317 # called by the trap
finish()
{
    local status=$?
    remove_system || echo "# $chroot is still mounted; its folder stays"
    [ $status -ne 0 ] || status=$((failures > 0))
    exit $status
}

# ---- the archive

release_archive()
{
    configure plain --werror -Dtests=enabled &&
        meson dist -C "$work/plain" --no-tests --allow-dirty --formats gztar &&
        cp "$work/plain/meson-dist/"smartca-pkcs11-*.tar.gz "$area/"
}

# build_packages FOLDER: what the archive makes of itself there
build_packages()
{
    mkdir -p "$1" && tar -C "$1" -xf "$archive" && cd "$1"/smartca-pkcs11-* &&
        DEB_BUILD_OPTIONS="nocheck noautodbgsym" CCACHE_DISABLE=1 dpkg-buildpackage -b -us -uc
}

same_bytes()
{
    (cd "$area/one" && sha256sum -- *.deb) >"$area/sums" && (cd "$area/elsewhere" && sha256sum --check --strict "$area/sums")
}

# ---- a clean system

inside()
{
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$chroot" "$@"
}

# inside_alone COMMAND...: no process but its own can be seen, for doctor looks at all that run
inside_alone()
{
    # shellcheck disable=SC2016 # the inner shell expands it
    unshare --mount --pid --fork --kill-child bash -c "$(declare -f inside)"'; chroot=$0; mount -t proc proc "$chroot/proc" && inside "$@"' \
        "$chroot" "$@"
}

files_of()
{
    # What package managers write for themselves, and caches of the font and man programs, are no one's leftovers.
    (cd "$chroot" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./var/lib/dpkg \
        -o -path ./var/lib/apt -o -path ./var/cache -o -path ./var/log -o -path ./root \) -prune -o -print | sort)
}

new_system()
{
    # The option stays in the new system, for the apt-get there.
    mmdebstrap --variant=minbase --aptopt='Acquire::Retries "5"' --include=libnss3-tools,locales,opensc,openssl,poppler-utils,procps,python3,python3-pyte bookworm "$chroot" &&
        mount -t proc proc "$chroot/proc" && mount -t devpts -o newinstance,ptmxmode=0666 devpts "$chroot/dev/pts" &&
        inside localedef -i vi_VN -c -f UTF-8 vi_VN.UTF-8 && mkdir -p "$chroot/debs" && cp "$debs"/*.deb "$chroot/debs/" &&
        printf '#!/bin/sh\nexit 101\n' >"$chroot/usr/sbin/policy-rc.d" && chmod 755 "$chroot/usr/sbin/policy-rc.d"
}

# What the packages depend on stays: it is compared without them.
install_dependencies()
{
    local names
    names=$(for deb in "$debs"/*.deb; do dpkg-deb -f "$deb" Depends; done | tr ',' '\n' | sed 's/[(|].*//; s/ //g' |
        sort -u | grep -v -e '^smartca' -e '^$')
    # shellcheck disable=SC2086 # a list of names
    inside apt-get -q update && inside apt-get -q -y install --no-install-recommends $names
}

install_packages_there()
{
    inside sh -c 'apt-get -q -y install --no-install-recommends /debs/*.deb'
}

remove_packages_there()
{
    inside apt-get -q -y purge smartca smartca-pkcs11 smartca-simulator
}

nothing_left()
{
    files_of >"$area/after" && diff "$area/before" "$area/after"
}

# sign_there: as a person would, with installed files only
sign_there()
{
    mkdir -p "$chroot/tmp/tests/compat" "$chroot/tmp/tests/lint" "$chroot/tmp/po/sim" &&
        cp "$top/tests"/{package-inside,sanitized,setup,stage}.sh "$chroot/tmp/tests/" &&
        cp "$top/tests/compat"/{lib,lib-mistakes}.sh "$top/tests/compat"/{at_terminal,helper,vietnamese}.py "$chroot/tmp/tests/compat/" &&
        cp "$top/tests/lint/po.py" "$chroot/tmp/tests/lint/" && cp "$top/po/vi.po" "$chroot/tmp/po/" && cp "$top/po/sim/vi.po" "$chroot/tmp/po/sim/" &&
        /usr/bin/python3 "$top/tests/compat/helper.py" pdf "$chroot/tmp/contract.pdf" &&
        inside_alone bash /tmp/tests/package-inside.sh /tmp/contract.pdf
}

[ "$(id -u)" = 0 ] || {
    echo "the clean system needs root"
    exit 77
}
rm -rf "$area/one" "$area/elsewhere" "$debs" "$area"/*.tar.gz
mkdir -p "$area" "$debs"
remove_system
trap finish EXIT
trap 'exit 1' INT TERM HUP

check "meson dist makes the archive" release_archive
archive=$(echo "$area"/smartca-pkcs11-*.tar.gz)
[ -f "$archive" ] || exit 1
check "the archive builds its packages" build_packages "$area/one"
check "and elsewhere, in another time zone, language and umask" \
    env TZ=Asia/Ho_Chi_Minh LANG=vi_VN.UTF-8 bash -c "umask 027; $(declare -f build_packages); archive='$archive'; build_packages '$area/elsewhere'"
check "they are the same, byte for byte" same_bytes
cp "$area/one"/*.deb "$debs/" || exit 1
lintian --allow-root --fail-on error,warning --no-tag-display-limit "$area/one"/*.changes >"$area/said" 2>&1
result $? "lintian has no error and no warning"

check "a clean Debian 12" new_system
check "takes what the packages need" install_dependencies
files_of >"$area/before"
check "takes the packages" install_packages_there
check "has a tool that knows its version" inside smartca --version
check "signs with them" sign_there
grep -B 40 '^not ok' "$area/said" | sed 's/^/# /'
sed -n 's/^ok - /ok - there: /p' "$area/said"
check "lets them go" remove_packages_there
check "and nothing is left" nothing_left
