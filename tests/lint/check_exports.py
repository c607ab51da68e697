#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The module exports three symbols, needs libc only and stays loaded.

--module FILE: smartca-pkcs11.so; --crypto FILE: smartca-crypto.so.
"""
import re
import subprocess

import lintlib

EXPORTED = {"C_GetFunctionList", "C_GetInterface", "C_GetInterfaceList"}
LIBC = re.compile(r"^(libc\.so\.\d+|ld-linux[\w-]*\.so\.\d+)$")
LIBCRYPTO = re.compile(r"^(libc\.so\.\d+|ld-linux[\w-]*\.so\.\d+|libcrypto\.so\.3)$")
SANITIZER = re.compile(r"\b__(asan|ubsan|tsan)_")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def exported(path):
    rows = [row.split() for row in output(lintlib.need("nm"), "-D", "--defined-only", path).splitlines()]
    return {row[-1].split("@")[0] for row in rows if len(row) > 2 and row[1] != "A"}


def needed(dynamic):
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic))


def check_module(path):
    dynamic = output(lintlib.need("readelf"), "-d", path)
    names = exported(path)
    yield from (f"{path}: exports {name}" for name in sorted(names - EXPORTED))
    yield from (f"{path}: does not export {name}" for name in sorted(EXPORTED - names))
    yield from (f"{path}: needs {name}" for name in sorted(needed(dynamic)) if not LIBC.match(name))
    for flag, pattern in (("-z nodelete", "NODELETE"), ("-z now", r"\bNOW\b|BIND_NOW")):
        if not re.search(pattern, dynamic):
            yield f"{path}: not linked with {flag}"
    if "(TEXTREL)" in dynamic:
        yield f"{path}: has text relocations"


def check_crypto(path):
    dynamic = output(lintlib.need("readelf"), "-d", path)
    yield from (f"{path}: needs {name}" for name in sorted(needed(dynamic)) if not LIBCRYPTO.match(name))
    yield from (f"{path}: exports {name}" for name in sorted(exported(path)) if not name.startswith(("sca_", "smartca_")))


def main():
    given = lintlib.options(__doc__, "module", "crypto")
    problems = []
    for path, check in ((given.module, check_module), (given.crypto, check_crypto)):
        if path is None:
            continue
        if SANITIZER.search(output("nm", "-D", path)):
            print("SKIP: built with a sanitizer, which adds libraries of its own")
            raise SystemExit(lintlib.SKIP)
        problems += check(path)
    lintlib.finish(problems)


main()
