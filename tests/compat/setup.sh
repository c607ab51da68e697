#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# smartca setup and unsetup with profiles and files that the real programs made: afterwards each
# program sees the certificate, and taken back, every file is what it was. Home and module have
# blanks and Vietnamese letters in their names.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need firefox-esr thunderbird soffice modutil certutil keytool java openssl ssh-keygen gpgsm gnupg-pkcs11-scd p11-kit
# shellcheck source=tests/compat/lib-apart.sh
. "$compat/lib-apart.sh"
# shellcheck source=tests/compat/lib-sandbox.sh
. "$compat/lib-sandbox.sh"
begin
account work 012345678901
"$tool" refresh >/dev/null || die "the certificates cannot be fetched"
mkdir -p "$HOME/.local/state"
odd="$box/mô đun.so"
person="Nguyễn Thị Mẫu"

# sums: every file of the home but ours, with modes
sums()
{
    (cd "$HOME" && find . -path ./.local/state/smartca -prune -o -path ./.cache -prune -o \
        \( -type f -exec stat -c '%a %n' {} + -exec sha256sum {} + \) -o -type d -print) | LC_ALL=C sort
}
remember()
{
    sums >before
}
# same NAME: nothing is different from what was remembered
same()
{
    sums >now
    check "$1" diff before now
}
setup()
{
    "$tool" setup --module "$odd" "$@"
}
sees_certificate()
{
    certutil -L -h all -d "sql:$1"
}
# round HOST CHECK [ARGUMENT]...: setup, twice, the check, unsetup; then nothing is left
round()
{
    local host=$1
    shift
    remember
    check "$host: a dry run says what it would do" setup --dry-run "$host"
    same "$host: and changes nothing"
    expect "$host: set up" "set up in" setup "$host"
    mv before first
    remember
    expect "$host: the second time it is there already" "already set up" setup "$host"
    same "$host: and nothing changes"
    mv first before
    expect "$host: sees the certificate" "$person" "$@"
    expect "$host: --list says so" "^$host +set up  " setup --list
    expect "$host: taken out" "taken out of" "$tool" unsetup "$host"
    same "$host: every file is what it was"
    expect "$host: taking out twice is no harm" "was not set up" "$tool" unsetup "$host"
}

# ---- no profile yet
refuse "Firefox without a profile: says what to do" "Start Firefox once" setup firefox
refuse "Thunderbird too" "Start Thunderbird once" setup thunderbird
refuse "LibreOffice without a profile" "Choose a folder in LibreOffice" setup libreoffice

# ---- Firefox, two profiles, one used and one new
mozilla=$HOME/.mozilla/firefox
mkdir -p "$mozilla"
firefox-esr --headless -CreateProfile một >/dev/null 2>&1
firefox-esr --headless -CreateProfile hai >/dev/null 2>&1
one=$(echo "$mozilla"/*.một)
two=$(echo "$mozilla"/*.hai)
use_firefox()
{
    timeout 100 firefox-esr --headless --profile "$one" --screenshot "$box/page.png" about:blank
    [ -s "$one/pkcs11.txt" ]
}
check "Firefox has used its profile" use_firefox
both_profiles()
{
    sees_certificate "$one" && sees_certificate "$two"
}
round firefox both_profiles
setup firefox >/dev/null
equal "both profiles are set up" "$(grep -lF "library=$odd" "$one/pkcs11.txt" "$two/pkcs11.txt" | wc -l)" 2
check "Firefox starts with it" use_firefox
"$tool" unsetup firefox >/dev/null
equal "taken out after Firefox ran" "$(grep -c "library=." "$one/pkcs11.txt")" 0

# ---- a profile in use
firefox-esr --headless --no-remote --profile "$one" >/dev/null 2>&1 &
firefox=$!
tries=0
# The link "lock" outlives Firefox, the lock itself does not.
until grep -q ":$(stat -c %i "$one/.parentlock") " /proc/locks || [ $tries -gt 300 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
before=$(sha256sum "$one/pkcs11.txt")
refuse "a profile in use is left alone" "$one is in use. Close Firefox" setup firefox
equal "nothing changed there" "$(sha256sum "$one/pkcs11.txt")" "$before"
expect "the other one was set up" "library=$odd" cat "$two/pkcs11.txt"
kill_below $firefox
kill $firefox
wait $firefox 2>/dev/null
"$tool" unsetup firefox >/dev/null

# ---- configured by hand before
modutil -force -dbdir "sql:$one" -add "Của tôi" -libfile "$module" >/dev/null 2>&1 </dev/null
remember
expect "set up by hand: recognised" "by hand in $one, left as it is" setup firefox
expect "set up by hand: not taken out" "by hand in $one, left as it is" "$tool" unsetup firefox
same "the person's entry is as it was"
modutil -force -dbdir "sql:$one" -delete "Của tôi" >/dev/null 2>&1 </dev/null

# ---- changed by the person since
setup firefox >/dev/null
modutil -force -dbdir "sql:$one" -add other -libfile /usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-trust.so >/dev/null 2>&1 </dev/null
expect "changed since: ours is taken out" "taken out of $one" "$tool" unsetup firefox
equal "and only ours" "$(grep '^name=' "$one/pkcs11.txt" | grep -v NSS)" "name=other"
modutil -force -dbdir "sql:$one" -delete other >/dev/null 2>&1 </dev/null

# ---- missing modutil, read-only profile
mkdir bin
for program in /usr/bin/firefox-esr /usr/bin/certutil; do ln -s $program bin/; done
remember
refuse "without modutil: says how to get it" "apt install libnss3-tools" \
    env PATH="$box/bin" "$tool" setup --module "$odd" firefox
same "and changes nothing"
read_only()
{
    # shellcheck disable=SC2016 # the inner shell expands it
    "${apart[@]}" bash -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"' \
        bash "$one" "$tool" setup --module "$odd" firefox
}
refuse "a read-only profile: says so" "$one cannot be written" read_only
"$tool" unsetup firefox >/dev/null
same "and changes nothing"

# ---- LibreOffice takes Firefox's default profile where there is no Thunderbird, then Thunderbird's
default_profile()
{
    sees_certificate "$one" || sees_certificate "$two"
}
round libreoffice default_profile
thunderbird --headless -CreateProfile thư >/dev/null 2>&1
mail=$(echo "$HOME"/.thunderbird/*.thư)
round thunderbird sees_certificate "$mail"
round libreoffice sees_certificate "$mail"
mkdir "chứng thư"
certutil -N -d "sql:chứng thư" --empty-password
export MOZILLA_CERTIFICATE_FOLDER="sql:$box/chứng thư"
expect "LibreOffice: the folder of MOZILLA_CERTIFICATE_FOLDER goes first" "set up in $box/chứng thư" setup libreoffice
"$tool" unsetup libreoffice >/dev/null
unset MOZILLA_CERTIFICATE_FOLDER

# ---- a profile that two programs share stays until the last of them is taken out
remember
setup thunderbird libreoffice >/dev/null
expect "shared: LibreOffice leaves what Thunderbird uses" "stays set up, because it was set up for Thunderbird too" "$tool" unsetup libreoffice
expect "shared: it is there" "$person" sees_certificate "$mail"
expect "shared: who did not ask takes nothing out" "was not set up" "$tool" unsetup libreoffice
setup libreoffice >/dev/null
"$tool" setup --module "$module" thunderbird >/dev/null
expect "shared: with another module, for both" "stays set up, because it was set up for LibreOffice too" "$tool" unsetup thunderbird
expect "shared: the last one takes it out" "taken out of" "$tool" unsetup libreoffice
same "shared: every file is what it was"

# ---- a policy of the computer, which Firefox follows by itself; a list of profiles that the group may write
mkdir policies
printf '{"policies": {"SecurityDevices": {"Add": {"Ký từ xa": "%s"}}}}' "$odd" >policies/policies.json
distribution=/usr/lib/firefox-esr/distribution
expect "policy: nothing is left to do" "knows the module by its installation" covered "$box/policies" $distribution \
    "$tool" setup --module "$odd" firefox
same "policy: and nothing changes"
chmod 664 "$mozilla/profiles.ini"
expect "a list of profiles that others may write is read" "set up in $one" setup firefox
"$tool" unsetup firefox >/dev/null
chmod 600 "$mozilla/profiles.ini"

# ---- other NSS databases, and the one that Chromium shares
before=$(sha256sum "chứng thư"/*)
expect "nss: set up" "set up in $box/chứng thư" setup "nss:chứng thư"
expect "nss: sees the certificate" "$person" sees_certificate "chứng thư"
expect "nss: taken out" "taken out of" "$tool" unsetup "nss:chứng thư"
equal "nss: as it was" "$(sha256sum "chứng thư"/*)" "$before"
setup "nss:chứng thư" >/dev/null
expect "nss: all includes it" "taken out of $box/chứng thư" "$tool" unsetup --all
equal "nss: as it was, again" "$(sha256sum "chứng thư"/*)" "$before"
refuse "nss: no database there" "There is no NSS database.*certutil -N" setup "nss:$box/bin"
if command -v chromium >/dev/null; then
    round chromium sees_certificate "$HOME/.pki/nssdb"
    mkdir -p "$HOME/.config/chromium"
    sleep 300 &
    sleeper=$!
    ln -s "$(uname -n)-$sleeper" "$HOME/.config/chromium/SingletonLock"
    refuse "Chromium in use is left alone" "in use. Close Chromium" setup chromium
    kill $sleeper
    wait $sleeper 2>/dev/null
    expect "a lock that outlived its program is no hindrance" "set up in" setup chromium
    certutil -A -n mine -t ,, -i "$sim/root.pem" -d "sql:$HOME/.pki/nssdb"
    expect "what Chromium's user put in stays" "taken out of" "$tool" unsetup chromium
    expect "the certificate is there" "^mine" certutil -L -d "sql:$HOME/.pki/nssdb"
    refuse "the module is not" "not found" modutil -dbdir "sql:$HOME/.pki/nssdb" -list smartca
fi

# ---- Java wants an ASCII path
refuse "Java: a path that it cannot read" "other letters than those of ASCII" setup java
setup_plain()
{
    "$tool" setup "$@"
}
java_config=$HOME/.config/smartca/java-pkcs11.cfg
keytool_list()
{
    keytool -list -v -keystore NONE -storetype PKCS11 -storepass 0000 -J-Dfile.encoding=UTF-8 -J-Dstdout.encoding=UTF-8 \
        -providerClass sun.security.pkcs11.SunPKCS11 -providerArg "$java_config" &&
        keytool -list -keystore NONE -storetype PKCS11 -storepass 0000 \
            "-J-Djava.security.properties=$HOME/.config/smartca/java.security" -providerName SunPKCS11-SmartCA
}
odd_kept=$odd
odd=$module
round java keytool_list

# ---- OpenSSL, by the engine
odd=$odd_kept
engine_list()
{
    OPENSSL_CONF=$HOME/.config/smartca/openssl-engine.cnf openssl pkey -engine pkcs11 -inform engine \
        -in "pkcs11:type=public" -pubin -noout -text_pub && echo "$person"
}
round openssl engine_list

# ---- OpenSSH and GnuPG: a file of the person with its own lines, without an end of line at last
umask 022
mkdir -m 700 "$HOME/.ssh" "$HOME/.gnupg"
printf 'Host xa\n    User lan' >"$HOME/.ssh/config"
printf 'default-cache-ttl 60' >"$HOME/.gnupg/gpg-agent.conf"
ssh_takes()
{
    ssh -F "$HOME/.ssh/config" -G xa | grep -x "user lan" &&
        ssh -F "$HOME/.ssh/config" -G xa | grep -ix "pkcs11provider $odd" && ssh-keygen -D "$odd" && echo "$person"
}
round openssh ssh_takes
learn()
{
    gpgconf --kill gpg-agent
    gpg-connect-agent "SCD LEARN --force" /bye | grep "CERTINFO\|KEYPAIRINFO" && gpgsm --learn-card && gpgsm --list-keys
    local status=$?
    gpgconf --kill gpg-agent
    rm -rf "$HOME"/.gnupg/{private-keys-v1.d,S.*,pubring.kbx*,trustlist.txt,random_seed,common.conf,*.lock,reader_0.status,crls.d}
    return $status
}
round gnupg learn
printf 'PKCS11Provider /opt/other.so\n' >"$HOME/.ssh/config"
remember
refuse "a provider of the person's own is left alone" "settings of your own" setup openssh
same "and nothing changes"
printf 'PKCS11Provider /usr/lib/smartca-pkcs11.so\n' >"$HOME/.ssh/config"
expect "ours set up by hand is recognised" "by hand in" setup openssh
expect "and not taken out" "by hand in" "$tool" unsetup openssh
rm "$HOME/.ssh/config"
setup openssh >/dev/null
printf 'Host xa\n' >>"$HOME/.ssh/config"
"$tool" unsetup openssh >/dev/null
equal "what was written below our block since stays" "$(cat "$HOME/.ssh/config")" "Host xa"

# ---- the doctor tells it all, and what to run
doctor()
{
    "$tool" doctor
}
"$tool" setup openssl nss:"chứng thư" >/dev/null
expect "the doctor: a program that sees the token" "^✓ OpenSSL sees the token" doctor
expect "the doctor: one that does not, and what to run" "^    smartca setup firefox" doctor
"$tool" unsetup openssl nss:"chứng thư" >/dev/null

# ---- Flatpak: the socket's unit, flatpak's own permission, p11-kit's client in the profile
flatpak_homes
user_systemctl
if command -v flatpak >/dev/null; then
    flatpak override --user --show org.mozilla.firefox >/dev/null
    old_path=$PATH
    PATH=$box/fake:$PATH
    refuse "Flatpak without a runtime folder: says so" "no runtime folder" env -u XDG_RUNTIME_DIR "$tool" setup --dry-run flatpak
    odd=$module
    through_socket()
    {
        grep -x "filesystems=xdg-run/p11-kit/pkcs11;" "$HOME/.local/share/flatpak/overrides/org.mozilla.firefox" &&
            grep "^library=.*/p11-kit-client.so" "$app/a.default/pkcs11.txt" && sees_certificate "$app/a.default" &&
            sees_certificate "$HOME/.var/app/org.chromium.Chromium/.pki/nssdb"
    }
    round flatpak through_socket
    PATH=$old_path
else
    skip "Flatpak" "flatpak is not installed"
fi

# ---- Snap: p11-kit's client where the Snap may load it, a socket of its own where it may use it
old_path=$PATH
PATH=$box/fake:$PATH
snap_homes
odd=$module
through_snap()
{
    grep "^library=$HOME/snap/firefox/common/smartca/p11-kit-client.so" "$snapped/a.default/pkcs11.txt" &&
        XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR/snap.firefox sees_certificate "$snapped/a.default" &&
        XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR/snap.chromium sees_certificate "$HOME/snap/chromium/current/.pki/nssdb"
}
round snap through_snap
ln -s "$(uname -n)-$$" "$HOME/snap/chromium/common/chromium/SingletonLock"
refuse "Snap: Chromium in use is left alone" "in use. Close" setup snap
rm "$HOME/snap/chromium/common/chromium/SingletonLock"
"$tool" unsetup snap >/dev/null
mkdir "$HOME/snap/libreoffice"
refuse "the Snap of LibreOffice: says that it cannot be" "The Snap of LibreOffice sees no certificates" setup --dry-run snap
rm -r "$HOME/snap" "$HOME/.var"
PATH=$old_path

# ---- LibreOffice really opens the database that was set up
strace_office()
{
    echo "Tờ khai" >to-khai.txt
    timeout 120 strace -f -qq -xx -e trace=openat -o office.trace soffice --headless --norestore --infilter="Text (encoded):UTF8" \
        --convert-to 'pdf:writer_pdf_Export:{"SignPDF":{"type":"boolean","value":"true"},"SignCertificateSubjectName":{"type":"string","value":"CN=no one"}}' \
        to-khai.txt
    /usr/bin/python3 - office.trace <<'END' | sort -u
import re, sys
for name in re.findall(r'openat\([^"]*"((?:\\x..)*)"', open(sys.argv[1]).read()):
    name = bytes.fromhex(name.replace("\\x", "")).decode(errors="replace")
    if name.endswith("/pkcs11.txt"):
        print(name)
END
}
if command -v strace >/dev/null; then
    expect "LibreOffice opens the database that setup chose" "/.thunderbird/[^/]*/pkcs11.txt" strace_office
    settings=$HOME/.config/libreoffice/4/user
    mkdir -p "$settings"
    cat >"$settings/registrymodifications.xcu" <<END
<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="CertDir" oor:op="fuse"><value>$box/chứng thư</value></prop></item>
</oor:items>
END
    expect "LibreOffice: its own setting goes before the profiles" "set up in $box/chứng thư" setup libreoffice
    expect "and that is what it opens" "^$box/chứng thư/pkcs11.txt$" strace_office
    "$tool" unsetup libreoffice >/dev/null
    rm -r "$HOME/.config/libreoffice"
fi

# ---- all of them; p11-kit's file for a person is not for root
remember
setup --all >/dev/null 2>&1
expect "--all: set up" "^openssl +set up  " setup --list
"$tool" unsetup --all >/dev/null 2>&1
same "--all: every file is what it was"
refuse "an unknown program" "no program \"excel\"" setup excel
refuse "a module that is not there" "There is no module $box/none.so" "$tool" setup --module "$box/none.so" openssl
nobody_module_file()
{
    install -d -o nobody -m 700 "$box/other home"
    chmod 755 "$box"
    setpriv --reuid nobody --clear-groups env -u XDG_RUNTIME_DIR HOME="$box/other home" "$tool" setup --module "$odd" p11-kit &&
        cat "$box/other home/.config/pkcs11/modules/smartca.module"
}
if [ "$(id -u)" = 0 ]; then
    refuse "root's p11-kit: says why not" "no configuration of root" setup p11-kit
    expect "a person's p11-kit gets a module file, without a runtime folder too" "^module: $odd" nobody_module_file
fi
equal "nothing was signed" "$(counter prompts) $(counter paid)" "0 0"
