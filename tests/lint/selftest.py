#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that a check fails on a bad example and passes on a good one: selftest.py check_x [CC].

CASES holds small trees: the good one, and for each bad one the words that the check must say.
"""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
HEAD = "/* SPDX-License-Identifier: Apache-2.0 */\n/*\n * For the test.\n */\n"
COMMANDS = ('[{"directory": "@", "file": "src/common/a.c",'
            ' "command": "cc -Isrc -Wall -o a.o -c src/common/a.c"}]')
BODY = "int f(int a)\n{\n" + "    if (a == 1)\n        return 2;\n" * 15 + "    return 0;\n}\n"
LONG = "int f(void)\n{\n    return 0;\n" + "\n" * 100 + "}\n"
MODULE = ("int C_GetFunctionList(void){return 0;} int C_GetInterface(void){return 0;}"
          "int C_GetInterfaceList(void){return 0;}")

TOOL = ('const struct sca_command sca_command_log = {\n    .name = "log",\n};\n'
        'static const struct option options[] = {{"last", required_argument, NULL, 1}};\n')
RULE = 'static const struct rule rules[] = {\n    {"notify", apply, NULL},\n};\n'


def documented(**changes):
    """A tree in which one command, one option and one setting are told everywhere; changed."""
    files = {"src/cli/cmd_log.c": TOOL, "src/agent/config_load.c": RULE}
    for folder in ("docs/man", "docs/man/vi"):
        files[f"{folder}/smartca.1.scd"] = "*smartca log* [--last N]\n\tShows.\n"
        files[f"{folder}/smartca.conf.5.scd"] = "*notify* = auto\n\tHow.\n"
    for name in ("smartca.bash", "_smartca", "smartca.fish"):
        files[f"src/cli/completions/{name}"] = "log --last\n"
    files.update(changes)
    return files


# check -> [(files, words of the complaint or None when all is well)]
CASES = {
    "check_layers": [
        ({"src/agent/a.c": '#include "cloud/b.h"\n#include <curl/curl.h>\n', "src/cloud/b.h": ""}, None),
        ({"src/common/a.c": '#include "cloud/b.h"\n', "src/cloud/b.h": ""}, "common must not include"),
        ({"src/module/a.c": '#include "../agent/b.h"\n', "src/agent/b.h": ""}, "module must not include"),
        ({"src/cloud/a.c": '#include "cryptoki.h"\n', "include/cryptoki.h": ""}, "cloud must not include"),
        ({"src/common/a.h": '#include "b.h"\n', "src/common/b.c": '#include "common/a.h"\n',
          "src/common/b.h": ""}, "cycle: src/common/a src/common/b"),
        ({"src/module/token/a.c": "#include <openssl/evp.h>\n"}, "<openssl/evp.h> does not belong"),
        ({"src/module/crypto/smartca-crypto.c": "#include <openssl/evp.h>\n"}, None),
        ({"src/common/a.c": "#  include <jansson.h>\n"}, "<jansson.h> does not belong"),
        ({"src/common/a.c": '#include "nowhere.h"\n'}, "is no file of the project"),
        ({"src/extra/a.c": ""}, "no room of this name"),
    ],
    "check_banned": [
        ({"src/module/a.c": '/* sprintf() returns */ const char *s = "goto system(";\n'
          "#define A(x) ((x) + 1)\nint f(void) { assert(a == b); return my_system(1); }\n",
          "tests/unit/t.c": 'void t(void) { setenv("A", "b", 1); }\n'}, None),
        ({"src/cloud/a.c": "void f(char *a) { sprintf(a, a); }\n"}, "sprintf()"),
        ({"src/agent/a.c": 'char *f(void) { return getenv("HOME"); }\n'}, "getenv()"),
        ({"tests/unit/a.c": "int f(char *a) { return atoi (a); }\n"}, "atoi()"),
        ({"src/module/a.c": 'void f(void) { printf("x"); }\n'}, "printf()"),
        ({"src/common/a.c": "void f(void) { pthread_create(0, 0, 0, 0); }\n"}, "pthread_create()"),
        ({"src/module/a.c": "__attribute__((destructor)) void f(void) {}\n"}, "destructor"),
        ({"src/cli/a.c": "int f(void) { goto out; out: return 0; }\n"}, "goto"),
        ({"src/cli/a.h": "#define CHECK(x) \\\n    if (!(x)) \\\n    return 1\n"}, "macro hides return"),
        ({"src/cli/a.h": "#define IN(m) pthread_mutex_lock(m)\n"}, "macro hides pthread_mutex_lock"),
        ({"src/agent/a.c": "void f(void) { assert(n++ < 3); }\n"}, "assert with a side effect"),
        ({"src/agent/a.c": "int f(int a) { SCA_BUF_AUTO b; if (a) return 1; init(&b); return 0; }\n"},
         "before it has a value"),
        ({"src/agent/a.c": "/* TO" "DO: later */\n"}, "finish it"),
        ({"tests/sim/a.py": "HOST = '0.0." "0.0'\n"}, "loopback only"),
    ],
    "check_docs": [
        (documented(), None),
        (documented(**{"docs/man/vi/smartca.1.scd": "*smartca log*\n"}), "option --last of log is not told"),
        (documented(**{"docs/man/smartca.1.scd": "--last\n"}), "the command log is not told"),
        (documented(**{"docs/man/smartca.1.scd": "*smartca log*\n--last *x*\n*smartca sign*\n"}), "no command sign"),
        (documented(**{"docs/man/vi/smartca.conf.5.scd": ""}), "the setting notify is not told"),
        (documented(**{"docs/man/smartca.conf.5.scd": "*notify*, *colour*\n"}), "no setting colour"),
        (documented(**{"src/cli/completions/smartca.fish": "log\n"}), "last is not completed"),
    ],
    "check_po": [
        ({"po/POTFILES": "src/a.c\n", "po/LINGUAS": "vi\n", "src/a.c": 'f(_("Good.\\n"));\n',
          "po/vi.po": 'msgid "Good.\\n"\nmsgstr "Tốt.\\n"\n'}, None),
        ({"po/POTFILES": "", "po/LINGUAS": "", "src/a.c": 'f(_("Good."));\n'}, "src/a.c is not named"),
        ({"po/POTFILES": "src/a.c\n", "po/LINGUAS": "", "src/a.c": "f();\n"}, "src/a.c has no text"),
        ({"po/POTFILES": "src/a.c\n", "po/LINGUAS": "vi\n", "src/a.c": 'f(_("Good."));\n',
          "po/vi.po": 'msgid "Bad."\nmsgstr "Xấu."\n'}, "not translated: Good."),
        ({"po/POTFILES": "src/a.c\n", "po/LINGUAS": "vi\n", "src/a.c": 'f(_("Good."));\n',
          "po/vi.po": '#, fuzzy\nmsgid "Good."\nmsgstr "Xấu."\n'}, "fuzzy: Good."),
        ({"po/sim/POTFILES": "tests/sim/smartca_sim/a.py\n", "po/sim/LINGUAS": "vi\n",
          "tests/sim/smartca_sim/a.py": 'f(_("Good."))\n', "po/sim/vi.po": ""}, "po/sim/vi.po:1: not translated: Good."),
        ({"tests/sim/smartca_sim/a.py": 'f(_("Good."))\n'}, "po/sim/POTFILES:1: tests/sim/smartca_sim/a.py is not named"),
    ],
    "check_size": [
        ({"src/common/a.c": "int f(void)\n{\n    return 0;\n}\n"}, None),
        ({"src/common/a.c": "\n" * 601}, "file: lines 601"),
        ({"src/common/a.c": BODY}, "f: complexity 16"),
        ({"src/common/a.c": LONG}, "f: lines 104"),
        ({"src/common/a.c": LONG,
          "tests/lint/size-exceptions.txt": "src/common/a.c:f lines 104: a table\n"}, None),
        ({"src/common/a.c": "int f(void);\n",
          "tests/lint/size-exceptions.txt": "src/common/a.c:f lines 104: a table\n"}, "no longer needed"),
        ({"src/common/a.c": "int f(void);\n", "tests/lint/size-exceptions.txt": "all of it\n"}, "not of the form"),
    ],
    "check_format": [
        ({"src/common/a.c": "int f(void)\n{\n    return 0;\n}\n", ".clang-format": "@format"}, None),
        ({"src/common/a.c": "int f(void) { return 0; }\n", ".clang-format": "@format"}, "run clang-format"),
    ],
    "check_spdx": [
        ({"src/common/a.c": HEAD, "meson.build": "# SPDX-License-Identifier: Apache-2.0\n"}, None),
        ({"src/common/a.h": "#pragma once\n"}, "a.h:1: no line SPDX"),
        ({"tests/run": "#!/bin/bash\necho\n"}, "run:1: no line SPDX"),
        ({"src/common/a.c": HEAD.splitlines()[0] + "\nint a;\n"}, "what the file is for"),
    ],
    "check_words": [
        ({"src/common/a.c": "/* chứng thư số */\n", "docs/a.md": "A plain sentence.\n"}, None),
        ({"po/vi.po": 'msgstr "Chứng " "chỉ số"\nmsgstr "Chứng chỉ' ' số"\n'}, "chứng thư số"),
        ({"docs/a.md": "We rec" "ieve it.\n"}, "==>"),
    ],
    "check_scripts": [
        ({"a.sh": '#!/bin/bash\necho "$1"\n', "b.py": "x = 1\n"}, None),
        ({"tests/a": "#!/bin/bash\nrm $1\n"}, "SC2086"),
        ({"b.py": "def :\n"}, "b.py:1:"),
    ],
    "check_headers": [
        ({"src/common/a.h": "#include <stddef.h>\nsize_t f(void);\n", "compile_commands.json": COMMANDS}, None),
        ({"src/common/a.h": "size_t f(void);\n", "compile_commands.json": COMMANDS}, "does not compile alone"),
    ],
    "check_exports": [
        ({"m.c": MODULE, "flags": "-Wl,-z,nodelete,-z,now"}, None),
        ({"m.c": MODULE + "int extra;", "flags": "-Wl,-z,nodelete,-z,now"}, "exports extra"),
        ({"m.c": "int C_GetFunctionList(void){return 0;}", "flags": ""}, "does not export C_GetInterface"),
        ({"m.c": MODULE, "flags": "-Wl,-z,nodelete,-z,now,--no-as-needed -lm"}, "needs libm.so.6"),
        ({"m.c": MODULE, "flags": "-Wl,-z,now"}, "not linked with -z nodelete"),
    ],
}


def grow(folder, tree):
    for name, content in tree.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if content == "@format":
            with open(os.path.join(HERE, "..", "..", ".clang-format"), encoding="utf-8") as style:
                content = style.read()
        with open(path, "w", encoding="utf-8") as out:
            out.write(content.replace('"@"', f'"{folder}"'))


def extra_options(check, folder, tree):
    if check == "check_headers":
        return ["--build", folder]
    if check == "check_exports":
        library = os.path.join(folder, "m.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, os.path.join(folder, "m.c"),
                        *tree["flags"].split()], check=True)
        return ["--module", library]
    return []


def run_case(check, tree, complaint):
    with tempfile.TemporaryDirectory(prefix="sca-lint-") as folder:
        grow(folder, tree)
        run = subprocess.run(["/usr/bin/python3", os.path.join(HERE, check + ".py"), "--root", folder,
                              *extra_options(check, folder, tree)], capture_output=True, text=True)
    said = run.stdout + run.stderr
    if run.returncode == 77:
        print(said)
        sys.exit(77)
    good = run.returncode == 0 if complaint is None else run.returncode == 1 and complaint in said
    if not good:
        print(f"{check}: expected {complaint or 'no complaint'}, status {run.returncode}:\n{said}")
    return good


def main():
    check = sys.argv[1]
    cases = CASES[check]
    bad = [case for case in cases if not run_case(check, *case)]
    print(f"{check}: {len(cases) - len(bad)} of {len(cases)} examples judged rightly")
    sys.exit(1 if bad else 0)


main()
