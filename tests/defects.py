#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Puts one deliberate defect after the other into a copy of the sources and sees the tests named for it turn red.

usage: tests/defects.py [NAME]...   (default: all; the copy and its build stand in build/defects)

Not part of tests/run.sh: it judges the tests, not the product. Ends with "N seen, N missed".
"""
import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
AREA = os.path.join(TOP, "build", "defects")
COPY = os.path.join(AREA, "source")
BUILD = os.path.join(AREA, "build")


@dataclass
class Defect:
    name: str
    path: str
    before: str
    after: str
    tests: tuple  # of meson; one red is enough


DEFECTS = (
    Defect("signature-not-verified", "src/agent/verify.c",
           "return ok == 1 ? 0 : SCA_E_BAD_SIGNATURE;", "(void)ok;\n    return 0;", ("verify", "txn")),
    Defect("lost-reply-taken-for-nothing-spent", "src/cloud/base.c",
           "    if (err == 0 || err == SCA_E_SERVER)\n", "    if (err == 0)\n", ("cloud-flows",)),
    Defect("not-found-believed-at-once", "src/cloud/watch.c",
           "watch->not_found >= NOT_FOUND_POLLS &&", "watch->not_found >= 1 || NOT_FOUND_POLLS == 0 ||",
           ("wire-sp769_v1", "wire-sp769_v2", "wire-sp769_resume")),
    Defect("sent-before-journaled", "src/agent/txn_run.c",
           "    int err = sca_journal_place(txn->txns->env.paths, txn->record, &txn->sync.fds[0],\n"
           "                                &txn->sync.fds[1]);\n", "    int err = 0;\n", ("agent", "txn")),
    Defect("sent-before-it-is-durable", "src/agent/txn_run.c",
           "    int err = sca_sync_wait(txn->txns->syncer, &txn->sync);\n\n", "    int err = 0;\n\n", ("txn_many",)),
    Defect("secret-not-wiped", "src/common/secret.c",
           "        explicit_bzero(data, len);", "        (void)data;", ("secret",)),
    Defect("reader-one-byte-too-far", "src/common/buf.c",
           "len > sca_reader_left(reader))", "len > sca_reader_left(reader) + 1)", ("buf", "ipc")),
    Defect("lock-held-while-waiting", "src/module/token/op.c",
           "    rv = finish(session, op, data, output, output_len, &keep);\n",
           "    pthread_mutex_lock(&session->lock);\n"
           "    rv = finish(session, op, data, output, output_len, &keep);\n"
           "    pthread_mutex_unlock(&session->lock);\n", ("test_sign_threads",)),
    Defect("service-told-not-to-ask-and-forgotten", "src/agent/txn_session.c",
           "    return sca_unasked_note(paths, txn->account, SCA_UNASKED_FOREVER);\n", "    (void)paths;\n    return 0;\n",
           ("txn_session",)),
    Defect("silence-of-a-service-not-heeded", "src/agent/unasked.c",
           "return now_utc < until_utc + SLACK_S;", "return now_utc > until_utc + SLACK_S;", ("unasked", "txn_session")),
    Defect("authorize-before-the-yes", "src/cloud/csc_sign.c",
           "csc->base.sign.consent && csc->service.documents", "csc->base.sign.consent && csc->lent", ("wire-mysign_unasked",)),
    Defect("other-users-served", "src/agent/peer.c",
           "    if (who.uid != geteuid())\n", "    if (who.uid == (uid_t)-1)\n", ("peer",)),
    Defect("one-more-than-the-budget", "src/agent/budget.c",
           "now_utc) >= account->max_per_day", "now_utc) > account->max_per_day", ("budget", "txn")),
    Defect("certificate-of-the-service-not-checked", "src/cloud/http_exchange.c",
           "CURLOPT_SSL_VERIFYPEER, 1L", "CURLOPT_SSL_VERIFYPEER, 0L", ("cloud-http",)),
    Defect("redirect-followed", "src/cloud/http_exchange.c",
           "CURLOPT_FOLLOWLOCATION, 0L", "CURLOPT_FOLLOWLOCATION, 1L", ("cloud-http",)),
    Defect("ledger-line-changed-unseen", "src/agent/ledger_chain.c",
           "return prev != NULL && strcmp(prev, walk->check.last) == 0;", "return prev != NULL;",
           ("ledger",)),
    Defect("child-uses-the-parents-library", "src/module/token/library.c",
           "    (void)pthread_atfork(NULL, NULL, forget_in_child);", "    (void)forget_in_child;", ("test_process",)),
    Defect("wrong-password-sent-again", "src/module/token/op_sign.c",
           "        (void)sca_session_logout(session); /*", "        (void)0; /*", ("test_sign",)),
)


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, **more)


def prepare():
    """Times are new: what was built from a defect of the last run is older than the sound file."""
    files = run("git", "-C", TOP, "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout.split("\0")
    shutil.rmtree(COPY, ignore_errors=True)
    for name in filter(None, files):
        if os.path.isfile(os.path.join(TOP, name)):
            os.makedirs(os.path.dirname(os.path.join(COPY, name)), exist_ok=True)
            shutil.copy(os.path.join(TOP, name), os.path.join(COPY, name))
    if not os.path.exists(os.path.join(BUILD, "build.ninja")):
        made = run("meson", "setup", BUILD, COPY, "-Dtests=enabled", "-Dfault_points=true")
        if made.returncode != 0:
            sys.exit(made.stdout[-2000:] + made.stderr)


def known_tests():
    listed = run("meson", "test", "-C", BUILD, "--list").stdout.splitlines()
    return {line.rsplit(" / ", 1)[-1] for line in listed if " / " in line}


def red(defect):
    """None when it does not build, else whether a test failed."""
    built = run("ninja", "-C", BUILD)
    if built.returncode != 0:
        print(built.stdout[-2000:])
        return None
    return run("meson", "test", "-C", BUILD, "--no-rebuild", *defect.tests).returncode != 0


def attempt(defect):
    path = os.path.join(COPY, defect.path)
    with open(path, encoding="utf-8") as file:
        sound = file.read()
    if sound.count(defect.before) != 1:
        return f"its place in {defect.path} is not there (once)"
    if red(defect) is not False:
        return "the tests are red without it"
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(sound.replace(defect.before, defect.after))
        seen = red(defect)
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(sound)
    if seen is None:
        return "it does not build"
    return None if seen else "no test noticed: " + ", ".join(defect.tests)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*(d.name for d in DEFECTS), []], metavar="NAME")
    wanted = parser.parse_args().names
    prepare()
    unknown = {test for d in DEFECTS for test in d.tests} - known_tests()
    if unknown:
        sys.exit("there is no test " + ", ".join(sorted(unknown)))
    missed = chosen = 0
    for defect in DEFECTS:
        if wanted and defect.name not in wanted:
            continue
        chosen += 1
        problem = attempt(defect)
        missed += problem is not None
        print(f"{'MISSED' if problem else 'seen  '} {defect.name}{': ' + problem if problem else ''}", flush=True)
    print(f"{chosen - missed} seen, {missed} missed")
    return missed > 0


sys.exit(main())
