#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The audit log after real signatures: it verifies, tells on who edits it, and goes into a spreadsheet.
# shellcheck source=tests/compat/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need pkcs11-tool openssl
begin
account work 012345678901
ledger=$HOME/.local/state/smartca/ledger

expect "before the first signature there is nothing to verify" "Nothing has been signed" "$tool" log --verify
for number in 1 2 3; do
    echo "file $number" >"file$number"
    check "signature $number" p11 --sign --id "$(key_id)" -m SHA256-RSA-PKCS -i "file$number" -o "file$number.sig"
done
expect "the log verifies" "No line was removed" "$tool" log --verify
expect "its last link is shown, to be noted elsewhere" "3 lines, the last is $(tail -n 1 "$ledger" | tr -d '\n' | sha256sum | cut -d' ' -f1)" \
    "$tool" log --verify

cp "$ledger" whole
sed -i 's/"pid":[0-9]*/"pid":1/2;2s/"outcome":"signed"/"outcome":"denied"/' "$ledger"
refuse "a changed line is found" "line 3 does not follow" "$tool" log --verify
sed 2d whole >"$ledger"
refuse "a removed line is found" "line 2 does not follow" "$tool" log --verify
sed -n '1p;3p;2p' whole >"$ledger"
sed -n '2p' whole >second
{ sed -n 1p whole; sed -n 3p whole; cat second; } >"$ledger"
refuse "moved lines are found" "line 2 does not follow" "$tool" log --verify
sed '$d' whole >"$ledger"
refuse "a line taken off the end is found" "lines after it were removed" "$tool" log --verify
LC_ALL=C.UTF-8 LANGUAGE=vi refuse "in Vietnamese, too, by setting" "Nhật ký|The log" "$tool" log --verify
cat whole >"$ledger"
expect "the whole log verifies again" "No line was removed" "$tool" log --verify

"$tool" log --export csv >log.csv
equal "a spreadsheet reads every entry, and no formula" "$(/usr/bin/python3 -c '
import csv
rows = list(csv.DictReader(open("log.csv", newline="", encoding="utf-8")))
print(len(rows), {row["outcome"] for row in rows}, {row["program"] for row in rows},
      any(value[:1] in "=+-@" for row in rows for value in row.values() if value))')" "3 {'signed'} {'pkcs11-tool'} False"
equal "three paid" "$(counter paid)" 3
