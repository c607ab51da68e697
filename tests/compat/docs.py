#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the documents promise, and which of it a test runs.

A block of commands in a document has a mark on the line before it, which nobody sees who reads:

    <!-- run -->                it is run as it stands, in the order of its page
    <!-- run: instead -->       the same, with what `smartca setup` did before taken back: another way to the same end
    <!-- run: sources -->       it is run in a copy of the sources
    <!-- run by: SCRIPT -->     another test has these lines in it
    <!-- commands: NAME -->     the same for docs/scripting.md, which has a script of its own
    <!-- not run: REASON -->    it cannot be run here; REASONS has why
    <!-- file: NAME -->         not commands: what a reader would write into this file, which is then there

A block without a language, or "text", after one that is run is what is printed: each of its lines has to come, "..." is
anything. In man pages an example is a line that begins with "$ ", or a literal block, and a mark is a comment: "; run". A
command in the midst of a sentence is to be in one of the blocks, or is run by itself; `<!-- not run: REASON: COMMAND -->` says
why not.

docs.py pages TOP           documents with something to run, the scripting page apart
docs.py script TOP PAGE [sources]    what is run of it
docs.py shown TOP PAGE [sources] < OUTPUT    the lines that should have been printed and were not
docs.py inline TOP          commands in sentences that no block has
docs.py settings TOP FOLDER          the ini blocks, as configuration files
docs.py census TOP          the numbers; 1 where a block has no mark
docs.py twins TOP           what the two languages have different; 1 where there is something
docs.py links TOP           links to files that are not there; 1 where there is one
"""
import collections
import glob
import os
import re
import sys
import urllib.parse

REASONS = {
    "window": "needs a window, and somebody's hand",
    "service": "needs an account at a real service",
    "root": "changes the computer itself",
    "sandbox": "needs Flatpak or Snap with programs in them",
    "systemd": "needs a person's own systemd, as a log-in starts it",
    "registry": "fetches from a registry on the internet",
    "long": "is the tests themselves, or takes as long",
}
SHELL = ("sh", "bash", "shell", "console")
OUTPUT = ("", "text")
PROGRAMS = frozenset(
    "apt cat certtool certutil chmod cmsutil curl dpkg-buildpackage flatpak gpgconf gpgsm grep java jarsigner keytool ln meson"
    " mkdir modutil ninja node npm openssl osslsigncode p11tool pdfsig pip pkcs11-tool pkg-config printf python3 smartca"
    " smartca-sim soffice ssh ssh-add ssh-agent ssh-keygen sudo systemctl xargs".split())
FENCE = re.compile(r"^( *)```(\w*)\s*$")
MARK = re.compile(r"^ *<!-- (.*?) -->$|^; (.*)$")
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
SENTENCES = re.compile(r"`([^`\n]+)`")
EXAMPLE = "\t$ "
EXCUSE = re.compile(r"<!-- not run: (\w+): (.*?) -->")
# Where somebody is to put a name of their own in, it is the form of a command.
FORM = re.compile(r"\.\.\.|…|\[|(?<![\w$/.-])[A-ZĐÊÔƠƯ]{2}[A-ZÀ-Ỹ-]*(?![\w/:.=])")
ALONE = re.compile(r"^\S+( -\S+| \d+)+$")  # the name of an option, as in "xargs -P 50"
UNSTABLE = ((re.compile(r"\b[2-9A-Z]{3}-[2-9A-Z]{3}\b"), "CODE"), (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "ID"),
            (re.compile(r" on \S+: "), " on COMPUTER: "))

Block = collections.namedtuple("Block", "mark language lines part line")


def read(path):
    with open(path, encoding="utf-8") as source:
        return source.read()


def documents(top):
    """Every page for people, by its path below TOP."""
    found = [os.path.join(top, "README.md"), *glob.glob(f"{top}/tests/sim/*.md")]
    for pattern in ("**/*.md", "man/**/*.scd"):
        found += glob.glob(f"{top}/docs/{pattern}", recursive=True)
    return sorted(os.path.relpath(path, top) for path in found)


def fences(text):
    """The fenced blocks of a page, with the mark before each and the heading it stands under."""
    lines, part, mark, number = text.split("\n"), "", "", 0
    while number < len(lines):
        line = lines[number]
        begin = FENCE.match(line)
        if begin:
            end = number + 1
            while lines[end] != begin[1] + "```":
                end += 1
            body = tuple(inside[len(begin[1]):] for inside in lines[number + 1:end])
            yield Block(mark, begin[2], body, part, number + 1)
            number, mark = end, ""
        elif line.startswith("## "):
            part, mark = line[3:], ""
        elif line:
            found = MARK.match(line)
            mark = found[1] if found else ""
        number += 1


def examples(text):
    """The same of a man page: the runs of lines that begin with a prompt, and literal blocks."""
    lines, mark, inside, first, literal = text.split("\n"), "", [], 0, False
    for number, line in enumerate([*lines, ""], 1):
        literal ^= line == "```"
        if literal:
            first = first or number
            inside += [line.replace("\\\\", "\\")] if line != "```" else []
            continue
        if line.startswith(EXAMPLE):
            first = first or number
            inside.append(line[len(EXAMPLE):].removesuffix("++"))
            continue
        if inside:
            yield Block(mark, "sh", tuple(inside), "", first)
            mark, inside, first = "", [], 0
        found = MARK.match(line)
        mark = found[2] or "" if found else "" if line else mark


def all_blocks(top, page):
    text = read(os.path.join(top, page))
    return list(examples(text) if page.endswith(".scd") else fences(text))


def sections(top, page):
    """The configuration in a man page: lines from one like "[account:work]" on."""
    if page.endswith(".scd"):
        for found in re.findall(r"^\t\\\[.*(?:\n\t.*)*", read(os.path.join(top, page)), re.MULTILINE):
            lines = tuple(line.strip().removeprefix("\\").removesuffix("++") for line in found.split("\n"))
            yield Block("", "ini", lines, "", 0)


def own_blocks(top, page):
    """Without the Vietnamese half of a page that has both: it says the same (twins)."""
    return [block for block in all_blocks(top, page) if block.part != "Tiếng Việt"]


def is_run(block, world):
    wanted = ("run: sources",) if world else ("run", "run: instead")
    return block.language in SHELL and block.mark in wanted


def pages(top):
    for page in documents(top):
        if any(is_run(block, "") for block in own_blocks(top, page)):
            yield page


def script(top, page, world=""):
    for number, block in enumerate(own_blocks(top, page)):
        if block.mark.startswith("file: ") and not world:
            end, name = f"END OF FILE {number}", block.mark[len("file: "):]
            yield f"cat >{name} <<'{end}'"
            yield from block.lines
            yield end
        if is_run(block, world):
            if block.mark == "run: instead":
                yield "smartca unsetup --all >/dev/null"
            yield from block.lines


def steady(line):
    for pattern, word in UNSTABLE:
        line = pattern.sub(word, line)
    return line.strip()


def not_shown(top, page, world=""):
    """Each line that is shown has to be printed; the person's variables are not known here, so pages show none."""
    printed, after_run = [steady(line) for line in sys.stdin], False
    for block in own_blocks(top, page):
        if after_run and block.language in OUTPUT:
            for line in filter(None, map(steady, block.lines)):
                wanted = re.compile(".*".join(map(re.escape, line.split("..."))))
                if not any(wanted.fullmatch(found) for found in printed):
                    yield line
        after_run = is_run(block, world)


def in_sentences(top, page):
    if page.endswith(".scd"):
        return []
    spans = SENTENCES.findall(FENCED.sub("", read(os.path.join(top, page))))
    return [span for span in spans if ALONE.sub("", span).count(" ") and span.split()[0] in PROGRAMS and not FORM.search(span)]


def excuses(top, page):
    return {command: reason for reason, command in EXCUSE.findall(read(os.path.join(top, page)))}


def inline(top):
    known = {line.split(" #")[0].strip() for page in documents(top) for block in all_blocks(top, page)
             if block.language in SHELL for line in block.lines}
    for page in documents(top):
        for command in in_sentences(top, page):
            if command not in known and command not in excuses(top, page):
                known.add(command)
                yield command


def settings(top, folder):
    number = 0
    for page in documents(top):
        for block in [*all_blocks(top, page), *sections(top, page)]:
            if block.language == "ini" and not block.mark.startswith("file: "):
                number += 1
                name = os.path.join(folder, f"{number} {page.replace('/', '-')}")
                head = "" if block.lines[0].startswith("[") else "[account:work]\nprovider = csc\nurl = https://service.example/\n"
                with open(name, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as made:
                    made.write(head + "\n".join(block.lines) + "\n")
                yield name


def elsewhere(top, block):
    """Where another test has the lines of a block; empty where it has them not."""
    if block.mark.startswith("commands: "):
        return "tests/compat/scripting.sh"
    name = block.mark.removeprefix("run by: ")
    path = os.path.join(top, name)
    if name == block.mark or not os.path.exists(path):
        return ""
    text = read(path)
    return name if name.endswith(".sh") and all(line.split(" #")[0].strip() in text for line in block.lines) else ""


def census(top):
    """Prints the numbers; how many blocks, or commands in sentences, are accounted for by nothing."""
    count, faults = collections.Counter(), 0
    for page in documents(top):
        for block in own_blocks(top, page):
            reason = block.mark.removeprefix("not run: ")
            if block.language not in SHELL:
                continue
            if is_run(block, "") or is_run(block, "sources"):
                count["run"] += 1
            elif elsewhere(top, block):
                count[f"run by {elsewhere(top, block)}"] += 1
            elif reason != block.mark and reason in REASONS:
                count[f"not run: {REASONS[reason]}"] += 1
            else:
                faults += 1
                print(f"{page}:{block.line}: nothing runs these commands, and no reason is given (tests/compat/docs.py): {block.mark}")
        for command, reason in excuses(top, page).items():
            count[f"in a sentence, not run: {REASONS.get(reason, reason)}"] += 1
            if reason not in REASONS or command not in in_sentences(top, page):
                faults += 1
                print(f"{page}: not run, {reason}: {command}: no such reason, or no such command")
    count["in a sentence, run"] = len(list(inline(top)))
    for name, number in sorted(count.items()):
        print(f"{number} {name}")
    return faults


def said(blocks):
    return [(block.mark, block.language, block.lines) for block in blocks if block.language not in OUTPUT]


def twins(top):
    for page in documents(top):
        if "/vi/" in page:
            other = page.replace("/vi/", "/")
            if not os.path.exists(os.path.join(top, other)):
                yield f"{page}: is not there in English"
                continue
            if said(all_blocks(top, page)) != said(all_blocks(top, other)):
                yield f"{page}: other blocks, or marks, than {other}"
            if sorted(set(in_sentences(top, page))) != sorted(set(in_sentences(top, other))):
                yield f"{page}: other commands in its sentences than {other}"
        halves = [said(block for block in all_blocks(top, page) if block.part == part) for part in ("Tiếng Việt", "English")]
        if halves[0] != halves[1]:
            yield f"{page}: the two languages have other blocks, or marks"


def dead_links(top):
    for page in documents(top):
        path = os.path.join(top, page)
        text = read(path)
        for target in LINK.findall(CODE.sub("", text)):
            name = urllib.parse.unquote(target.partition("#")[0])
            if name and "://" not in name and not os.path.exists(os.path.join(os.path.dirname(path), name)):
                yield f"{page}: {target}"
        for span in SENTENCES.findall(FENCED.sub("", text)):
            if re.fullmatch(r"(tests|src|docs|po)/[\w./*-]+", span) and not glob.glob(os.path.join(top, span)):
                yield f"{page}: {span}"


def found(lines):
    lines = list(lines)
    print(*lines, sep="\n")
    return 1 if lines else 0


def main():
    command, top, *rest = sys.argv[1:]
    if command == "census":
        return 1 if census(top) else 0
    if command == "shown":
        return found(not_shown(top, *rest))
    if command in ("twins", "links"):
        return found({"twins": twins, "links": dead_links}[command](top))
    for line in {"pages": pages, "script": script, "inline": inline, "settings": settings}[command](top, *rest):
        print(line)
    return 0


sys.exit(main())
