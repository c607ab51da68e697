#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes the pictures of docs/screenshots: what the real programs show of an invented person at the simulated service. Run
# by hand after such a view has changed, as root: tests/screenshots.sh [NAME]... (doctor wizard waiting watch phone notice
# libreoffice firefox thunderbird; all where none is named). It makes a Debian 12 of its own in build/screenshots, once (two minutes, 2 GB),
# where this project is installed as anybody would have it; nothing is installed outside.
set -u
# shellcheck source=tests/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || die "needs root, for a system of its own"
root=$work/screenshots/root
out=$top/docs/screenshots
mkdir -p "$work/screenshots" "$work/identities"

new_system()
{
    rm -rf "$root"
    mmdebstrap --variant=minbase --include="$(packages screenshots | paste -sd,)" bookworm "$root" &&
        printf 'en_GB.UTF-8 UTF-8\nvi_VN.UTF-8 UTF-8\n' >"$root/etc/locale.gen" && chroot "$root" locale-gen &&
        chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash mau && echo may-tinh-1 >"$root/etc/hostname" &&
        echo "127.0.0.1 localhost may-tinh-1" >"$root/etc/hosts" && touch "$root/made"
}

[ -e "$root/made" ] || new_system >"$work/screenshots/system.log" 2>&1 || die "no system could be made, see $work/screenshots/system.log"
configure plain-usr --prefix=/usr -Dtests=disabled || exit 1
build plain-usr || exit 1
DESTDIR=$root meson install -C "$work/plain-usr" --no-rebuild >"$work/screenshots/install.log" || exit 1
rm -rf "$root/src" "$root/home/mau"
mkdir -p "$root/src/build/inst/lib" && cp -r "$top/tests" "$root/src/" && cp -r "$work/identities" "$root/src/build/" &&
    ln -s /usr/bin "$root/src/build/inst/bin" && ln -s "$(cd "$root" && echo /usr/lib/*/pkcs11)" "$root/src/build/inst/lib/" && install -d -o 1000 -g 1000 "$root/home/mau" &&
    chown -R 1000:1000 "$root/src/build" || exit 1

# Processes, mounts and the computer's name are its own; what runs there ends with it.
unshare --mount --pid --uts --ipc --fork bash -s "$root" "$@" <<'THERE'
root=$1
shift
mount --make-rprivate / && mount -t proc proc "$root/proc" && mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts" &&
    mount -t tmpfs -o mode=1777 shm "$root/dev/shm" && mount -t tmpfs -o mode=1777 tmp "$root/tmp" && mount -t tmpfs -o mode=755 run "$root/run" &&
    install -d -m 700 -o 1000 -g 1000 "$root/run/user/1000" && hostname may-tinh-1 || exit 1
exec chroot --userspec=1000:1000 "$root" env -i HOME=/home/mau USER=mau LOGNAME=mau PATH=/usr/bin:/bin \
    bash /src/tests/screenshots-inside.sh /home/mau/pictures "$@"
THERE
status=$?
mkdir -p "$out"
cp "$root"/home/mau/pictures/*.png "$out/"
ls -l "$out"
exit $status
