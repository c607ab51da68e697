# SPDX-License-Identifier: Apache-2.0
"""What the command says to people, in their locale's language: gettext's domain smartca-sim (po/sim)."""
import errno
import gettext
import os
import sys

DOMAIN = "smartca-sim"


def N_(text):
    """Marks a text that is translated where it is said."""
    return text


_ = gettext.gettext

# What argparse says by itself: it looks in the domain of the program.
OF_ARGPARSE = (
    N_("usage: "), N_("options"), N_("show this help message and exit"), N_("%(prog)s: error: %(message)s\n"),
    N_("argument %(argument_name)s: %(message)s"), N_("expected one argument"), N_("ignored explicit argument %r"),
    N_("unrecognized arguments: %s"), N_("ambiguous option: %(option)s could match %(matches)s"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
)


def begin():
    """As the other programs of the product: UTF-8 whatever the locale, translations of SMARTCA_LOCALE_DIR if it is set."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")
    gettext.bindtextdomain(DOMAIN, os.environ.get("SMARTCA_LOCALE_DIR") or None)
    gettext.textdomain(DOMAIN)


def trouble(problem, folder):
    """A sentence for an OSError; folder: where it was, if it does not say."""
    file = problem.filename or folder
    if isinstance(problem, FileNotFoundError):
        return _("There is no {file}. Check how it is written.").format(file=file)
    if isinstance(problem, PermissionError):
        return _("You may not read or write {file}. Choose another place or change its permissions.").format(file=file)
    code = errno.errorcode.get(problem.errno, "")
    return _("{file} cannot be used ({code}). Choose another place.").format(file=file, code=code)
