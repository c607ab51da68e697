#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The commands in README.md that build: the demonstration, as it is shown there, and the installation, into a folder. Both begin with
# a fresh copy of the sources. What sudo would install has to be installed already.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need meson ninja soffice pdfsig pkcs11-tool
box=$(mktemp -d "${TMPDIR:-/tmp}/smartca.XXXXXX")
trap finish EXIT
trap 'exit 1' INT TERM HUP
mkdir "$box/sources" "$box/bin" "$box/home"
tar -C "$top" --exclude=./build --exclude=./.git -cf - . | tar -C "$box/sources" -xf -
cat >"$box/bin/sudo" <<'EOF'
#!/bin/bash
case "$1 $2" in
"apt-get install") shift 2 && dpkg-query --show "$@" ;;
*) DESTDIR=${HOME%/*}/installed exec "$@" ;;
esac
EOF
chmod 700 "$box/bin/sudo"
export HOME=$box/home PATH=$box/bin:$PATH
unset SMARTCA_BUILD_DIR
docs()
{
    /usr/bin/python3 "$compat/docs.py" "$@"
}

docs script "$top" README.md sources >"$box/commands"
build_as_read()
{
    cd "$box/sources" && timeout --foreground 600 bash -eu "$box/commands"
}
check "README.md: its commands build, demonstrate and install" build_as_read
cp "$box/said" "$box/printed"
equal "README.md: the demonstration is as it is shown" "$(docs shown "$top" README.md sources <"$box/printed" | sed '/^$/d')" ""
for file in usr/bin/smartca usr/lib/x86_64-linux-gnu/pkcs11/smartca-pkcs11.so usr/share/p11-kit/modules/smartca.module; do
    check "$file is where documents say" test -f "$box/installed/${file/x86_64-linux-gnu/"$(gcc -print-multiarch)"}"
done
