#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Man pages (both languages) and shell completions know every command, option and setting of the source."""
import os
import re

import lintlib

TOOL_PAGE, CONF_PAGE, AGENT_PAGE = "smartca.1.scd", "smartca.conf.5.scd", "smartca-agent.8.scd"
LANGUAGES = ("docs/man", "docs/man/vi")
COMPLETIONS = ("src/cli/completions/smartca.bash", "src/cli/completions/_smartca",
               "src/cli/completions/smartca.fish")
COMMAND = re.compile(r"const struct sca_command sca_command_\w+ = \{\s*\.name = \"([a-z-]+)\"")
OPTION = re.compile(r"\{\s*\"([a-z][a-z0-9-]*)\",\s*(?:no|required|optional)_argument")
SETTING = re.compile(r"^    \{\s*\"([a-z][a-z-]+)\",", re.M)
SETTING_FILES = ("src/agent/config_account.c", "src/agent/config_load.c")
DOCUMENTED = re.compile(r"^\*.*$", re.M)
NOT_TOLD = {"ready-fd"}  # between programs, not for people


def commands(root):
    """name -> its options, as the source has them"""
    found = {}
    for path in lintlib.walk(root, "src/cli", suffixes=(".c",)):
        source = lintlib.text(root, path)
        for name in COMMAND.findall(source):
            found[name] = sorted(set(OPTION.findall(source)) - {"help"})
    return found


def settings(root):
    found = []
    for path in SETTING_FILES:
        if os.path.exists(os.path.join(root, path)):
            found += SETTING.findall(lintlib.text(root, path))
    return found


def pages(root, page):
    for folder in LANGUAGES:
        path = os.path.join(folder, page)
        yield path, lintlib.text(root, path) if os.path.exists(os.path.join(root, path)) else ""


def check_tool(root, known):
    problems = []
    for path, page in pages(root, TOOL_PAGE):
        told = re.findall(r"^\*smartca ([a-z-]+)\*", page, re.M)
        problems += [f"{path}:1: the command {name} is not told" for name in known if name not in told]
        problems += [f"{path}:1: there is no command {name}" for name in told if name not in known]
        for name, options in known.items():
            problems += [f"{path}:1: the option --{option} of {name} is not told" for option in options
                         if f"--{option}" not in page and option not in NOT_TOLD]
    return problems


def check_settings(root, known):
    problems = []
    for path, page in pages(root, CONF_PAGE):
        told = set()
        for line in DOCUMENTED.findall(page):
            told |= set(re.findall(r"\*([a-z][a-z-]+)\*(?!\()", line.split("=")[0]))
        problems += [f"{path}:1: the setting {name} is not told" for name in known if name not in told]
        problems += [f"{path}:1: there is no setting {name}" for name in sorted(told)
                     if name not in known and name != "prompt"]
    return problems


def check_completions(root, known):
    problems = []
    for path in COMPLETIONS:
        source = lintlib.text(root, path) if os.path.exists(os.path.join(root, path)) else ""
        words = set(re.findall(r"[a-z][a-z0-9-]*", source))
        for name, options in known.items():
            problems += [f"{path}:1: {word} is not completed" for word in (name, *options)
                         if word not in words and word not in NOT_TOLD]
    return problems


def main():
    root = lintlib.options(__doc__).root
    known = commands(root)
    lintlib.finish(check_tool(root, known) + check_settings(root, settings(root))
                   + check_completions(root, known))


main()
