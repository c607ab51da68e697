/* SPDX-License-Identifier: Apache-2.0 */
/* Setting up one target and taking it back, whatever its host. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ask.h"
#include "common/err.h"
#include "common/text.h"
#include "host.h"
#include "setup_file.h"
#include "setup_nss.h"
#include "setup_record.h"
#include "wrap.h"

static enum sca_target_state nss_state(const struct sca_target *target, bool recorded,
                                       const char *recorded_module)
{
    SCA_BUF_AUTO text = {0};
    SCA_TEXT_AUTO file = sca_text_format("%s/pkcs11.txt", target->path);
    struct sca_bytes path = {0};
    if (!file || sca_host_file_read(file, &text) != 0 ||
        !sca_nss_lists((struct sca_bytes){text.data, text.len}, target->module, &path, NULL))
        return SCA_TARGET_ABSENT;
    if (!recorded)
        return SCA_TARGET_BY_HAND;
    bool ours = strlen(target->module) == path.len &&
                memcmp(target->module, path.data, path.len) == 0 &&
                sca_streq(target->module, recorded_module);
    return ours ? SCA_TARGET_OURS : SCA_TARGET_OLD;
}

static enum sca_target_state file_state(const struct sca_target *target, bool recorded)
{
    SCA_BUF_AUTO text = {0};
    int err = sca_host_file_read(target->path, &text);
    if (err == SCA_E_NOENT)
        return SCA_TARGET_ABSENT;
    if (!recorded)
        return SCA_TARGET_RIVAL;
    bool same = !err && text.len == strlen(target->content) &&
                memcmp(text.data, target->content, text.len) == 0;
    return same ? SCA_TARGET_OURS : SCA_TARGET_OLD;
}

static enum sca_target_state block_state(const struct sca_host *host,
                                         const struct sca_target *target)
{
    SCA_BUF_AUTO text = {0};
    SCA_BUF_AUTO wanted = {0};
    struct sca_bytes line = {0};
    size_t begin = 0;
    size_t end = 0;
    if (sca_host_file_read(target->path, &text) != 0)
        return SCA_TARGET_ABSENT;
    struct sca_bytes bytes = {text.data, text.len};
    if (sca_block_find(bytes, &begin, &end)) {
        if (sca_block_put(bytes, host->name, target->content, &wanted) != 0)
            return SCA_TARGET_OLD;
        bool same = wanted.len == text.len && memcmp(wanted.data, text.data, text.len) == 0;
        return same ? SCA_TARGET_OURS : SCA_TARGET_OLD;
    }
    if (!target->rival || !sca_block_rival(bytes, target->rival, &line))
        return SCA_TARGET_ABSENT;
    return memmem(line.data, line.len, "smartca", 7) ? SCA_TARGET_BY_HAND : SCA_TARGET_RIVAL;
}

static enum sca_target_state tool_state(const struct sca_target *target, bool recorded)
{
    SCA_BUF_AUTO text = {0};
    const char *word = target->shows;
    if (sca_host_file_read(target->path, &text) != 0)
        return SCA_TARGET_ABSENT;
    if (word && (!text.len || !memmem(text.data, text.len, word, strlen(word))))
        return SCA_TARGET_ABSENT;
    return recorded ? SCA_TARGET_OURS : SCA_TARGET_BY_HAND;
}

enum sca_target_state sca_target_state(const struct sca_setup *setup, const struct sca_host *host,
                                       const struct sca_target *target)
{
    struct sca_record record = {0};
    bool recorded = sca_record_load(setup, target, &record) == 0;
    enum sca_target_state state = SCA_TARGET_ABSENT;
    switch (target->kind) {
    case SCA_TARGET_NSS:
        state = nss_state(target, recorded, record.module);
        break;
    case SCA_TARGET_FILE:
        state = file_state(target, recorded);
        break;
    case SCA_TARGET_BLOCK:
        state = block_state(host, target);
        break;
    case SCA_TARGET_TOOL:
        state = tool_state(target, recorded);
        break;
    }
    sca_record_clear(&record);
    return state;
}

/* People read it wrapped, programs as one line. */
__attribute__((format(printf, 3, 4))) static int tell(const struct sca_host *host, int status,
                                                      const char *format, ...)
{
    va_list args;
    FILE *out = status == SCA_EXIT_OK ? stdout : stderr;
    va_start(args, format);
    SCA_TEXT_AUTO text = sca_text_vformat(format, args);
    va_end(args);
    SCA_TEXT_AUTO line = text ? sca_text_format("%s: %s", host->title, text) : NULL;
    fflush(stdout);
    if (line && isatty(fileno(out)) == 1)
        sca_wrap_print(out, "", line, SCA_ASK_COLUMNS);
    else
        fprintf(out, "%s\n", line ? line : host->title);
    return status;
}

/* Whether the target's files can be changed now; says why not. */
static bool changeable(const struct sca_host *host, const struct sca_target *target)
{
    if (target->locks && sca_locked(target->locks)) {
        tell(host, SCA_EXIT_FAILED,
             _("%s is in use. Close %s and try again. Nothing was changed there."), target->path,
             host->title);
        return false;
    }
    SCA_TEXT_AUTO part = strdup(target->path);
    while (part && access(part, F_OK) != 0 && strrchr(part, '/') > part)
        *strrchr(part, '/') = '\0';
    if (!part || access(part, W_OK) == 0)
        return true;
    tell(host, SCA_EXIT_FAILED,
         _("%s cannot be written (%s). Make it writable and try again. Nothing was changed there."),
         part, strerror(errno));
    return false;
}

/* argv is char *const[] for history's sake; nothing is written to. */
static int run_words(const char *const words[8], char **ret_said)
{
    char *argv[8] = {0};
    for (size_t i = 0; i < 7 && words[i]; i++)
        argv[i] = (char *)(uintptr_t)words[i];
    return sca_run(argv, ret_said);
}

static int tell_tool(const struct sca_host *host, const struct sca_target *target, int err,
                     const char *said)
{
    const char *name = target->kind == SCA_TARGET_TOOL ? target->tool[0] : "modutil";
    if (err == SCA_E_NOENT && target->kind == SCA_TARGET_TOOL)
        return tell(host, SCA_EXIT_FAILED, _("%s is not installed. Nothing was changed in %s."),
                    name, target->path);
    if (err == SCA_E_NOENT)
        return tell(host, SCA_EXIT_FAILED,
                    _("modutil is not installed. Install it and try again: apt install "
                      "libnss3-tools"));
    return tell(host, SCA_EXIT_FAILED, _("%s could not change %s: %s"), name, target->path,
                said && *said ? said : sca_err_name(err));
}

static int write_content(const struct sca_host *host, const struct sca_target *target)
{
    SCA_BUF_AUTO text = {0};
    SCA_BUF_AUTO wanted = {0};
    int err = 0;
    if (target->kind == SCA_TARGET_FILE) {
        sca_buf_init(&wanted, SCA_HOST_FILE_MAX);
        err = sca_buf_add_text(&wanted, target->content);
    } else {
        err = sca_host_file_read(target->path, &text);
        if (err == 0 || err == SCA_E_NOENT)
            err = sca_block_put((struct sca_bytes){text.data, text.len}, host->name,
                                target->content, &wanted);
    }
    return err ? err
               : sca_host_file_write(target->path, (struct sca_bytes){wanted.data, wanted.len},
                                     0600);
}

/* With a record begun. What fails is taken back. */
static int change(const struct sca_host *host, const struct sca_target *target,
                  struct sca_record *record)
{
    SCA_TEXT_AUTO said = NULL;
    bool tool = target->kind == SCA_TARGET_NSS || target->kind == SCA_TARGET_TOOL;
    int err = target->kind == SCA_TARGET_NSS    ? sca_nss_add(target, &said)
              : target->kind == SCA_TARGET_TOOL ? run_words(target->tool, &said)
                                                : write_content(host, target);
    int finished = sca_record_finish(record);
    if (!err && !finished)
        return tell(host, SCA_EXIT_OK, _("set up in %s"), target->path);
    (void)sca_record_restore(record);
    sca_record_drop(record);
    if (tool && err)
        return tell_tool(host, target, err, said);
    return tell(host, SCA_EXIT_FAILED, _("%s cannot be written (%s). Nothing was changed there."),
                target->path, sca_err_name(err ? err : finished));
}

/* The file was changed since: takes out what is ours and leaves the rest. */
static int take_out(const struct sca_host *host, const struct sca_target *target,
                    const struct sca_record *record, char **ret_said)
{
    SCA_BUF_AUTO text = {0};
    SCA_BUF_AUTO wanted = {0};
    int err = sca_host_file_read(record->files[0].path, &text);
    struct sca_bytes bytes = {text.data, text.len};
    struct sca_bytes name = {0};
    size_t begin = 0;
    size_t end = 0;
    (void)host;
    if (err)
        return err == SCA_E_NOENT ? 0 : err;
    if (target->kind == SCA_TARGET_NSS) {
        if (!sca_nss_lists(bytes, record->module, NULL, &name))
            return 0;
        SCA_TEXT_AUTO listed = strndup((const char *)name.data, name.len);
        return listed ? sca_nss_delete(target, listed, ret_said) : SCA_E_NOMEM;
    }
    if (target->kind != SCA_TARGET_BLOCK || !sca_block_find(bytes, &begin, &end))
        return 0;
    err = sca_block_drop(bytes, &wanted);
    if (!err && wanted.len == 0 && !record->files[0].existed)
        return unlink(target->path) == 0 ? 0 : SCA_E_IO;
    return err ? err
               : sca_host_file_write(target->path, (struct sca_bytes){wanted.data, wanted.len},
                                     0600);
}

static int take_back(const struct sca_host *host, const struct sca_target *target,
                     const struct sca_record *record)
{
    SCA_TEXT_AUTO said = NULL;
    int err = target->undo[0] ? run_words(target->undo, &said) : 0;
    if (err)
        return tell_tool(host, target, err, said);
    bool untouched = sca_record_untouched(record);
    err = untouched ? sca_record_restore(record) : take_out(host, target, record, &said);
    if (err && target->kind == SCA_TARGET_NSS && !untouched)
        return tell_tool(host, target, err, said);
    if (err)
        return tell(host, SCA_EXIT_FAILED, _("%s cannot be written (%s)."), target->path,
                    sca_err_name(err));
    sca_record_drop(record);
    if (!untouched && !target->undo[0] &&
        (target->kind == SCA_TARGET_FILE || target->kind == SCA_TARGET_TOOL) &&
        access(target->path, F_OK) == 0)
        return tell(host, SCA_EXIT_OK, _("%s was changed since and is left to you"), target->path);
    return tell(host, SCA_EXIT_OK, _("taken out of %s"), target->path);
}

/* @others: a record whose hosts are to be in the new one too, or an empty one. */
static int set_up(const struct sca_setup *setup, const struct sca_host *host,
                  const struct sca_target *target, const struct sca_record *others)
{
    if (setup->dry_run)
        return tell(host, SCA_EXIT_OK, _("would be set up in %s"), target->path);
    struct sca_record record = {0};
    int err = sca_record_begin(setup, host, target, &record);
    int status = SCA_EXIT_FAILED;
    for (size_t i = 0; !err && i < others->host_count; i++)
        err = sca_record_join(&record, others->hosts[i]);
    if (err) {
        tell(host, SCA_EXIT_FAILED,
             _("A backup of %s cannot be kept in %s (%s). Nothing was changed there."),
             target->path, setup->records, sca_err_name(err));
        sca_record_drop(&record);
    } else {
        status = change(host, target, &record);
    }
    sca_record_clear(&record);
    return status;
}

static int tell_record(const struct sca_host *host, const struct sca_record *record, int err)
{
    return tell(host, SCA_EXIT_FAILED, _("The record %s cannot be read (%s). Nothing was changed."),
                record->path ? record->path : "", sca_err_name(err));
}

/* We were killed when the target was as wanted and the record did not yet say so. */
static int finish_late(const struct sca_setup *setup, const struct sca_host *host,
                       const struct sca_target *target, struct sca_record *record)
{
    bool late =
        sca_record_unfinished(record) && sca_target_state(setup, host, target) == SCA_TARGET_OURS;
    return late && !setup->dry_run ? sca_record_finish(record) : 0;
}

/* The target is as wanted: from now on this host is one of those that want it. */
static int join(const struct sca_setup *setup, const struct sca_host *host,
                const struct sca_target *target)
{
    struct sca_record record = {0};
    int err = sca_record_load(setup, target, &record);
    if (!err)
        err = finish_late(setup, host, target, &record);
    if (!err && !setup->dry_run)
        err = sca_record_join(&record, host->name);
    int status = err && err != SCA_E_NOENT
                     ? tell_record(host, &record, err)
                     : tell(host, SCA_EXIT_OK, _("already set up in %s"), target->path);
    sca_record_clear(&record);
    return status;
}

/* Taken back and done anew, for this host and for those that asked before. */
static int renew(const struct sca_setup *setup, const struct sca_host *host,
                 const struct sca_target *target)
{
    struct sca_record old = {0};
    int err = sca_record_load(setup, target, &old);
    int status = SCA_EXIT_OK;
    if (err && err != SCA_E_NOENT)
        status = tell_record(host, &old, err);
    else if (!err && !setup->dry_run)
        status = take_back(host, target, &old);
    status = status ? status : set_up(setup, host, target, &old);
    sca_record_clear(&old);
    return status;
}

int sca_target_setup(const struct sca_setup *setup, const struct sca_host *host,
                     const struct sca_target *target)
{
    static const struct sca_record none = {0};
    switch (sca_target_state(setup, host, target)) {
    case SCA_TARGET_OURS:
        return join(setup, host, target);
    case SCA_TARGET_BY_HAND:
        return tell(host, SCA_EXIT_OK, _("already set up by hand in %s, left as it is"),
                    target->path);
    case SCA_TARGET_RIVAL:
        return tell(host, SCA_EXIT_FAILED,
                    _("%s already has settings of your own for this, which are left alone. Add to "
                      "it by hand:\n%s"),
                    target->path, target->content);
    case SCA_TARGET_OLD:
        return changeable(host, target) ? renew(setup, host, target) : SCA_EXIT_FAILED;
    case SCA_TARGET_ABSENT:
        return changeable(host, target) ? set_up(setup, host, target, &none) : SCA_EXIT_FAILED;
    }
    return SCA_EXIT_FAILED;
}

/* Others still want it. */
static int leave(const struct sca_setup *setup, const struct sca_host *host,
                 const struct sca_target *target, struct sca_record *record)
{
    size_t other = sca_streq(record->hosts[0], host->name) ? 1 : 0;
    const struct sca_host *named = sca_host_find(record->hosts[other]);
    SCA_TEXT_AUTO title = sca_text_format("%s", named ? named->title : record->hosts[other]);
    int err = setup->dry_run ? 0 : sca_record_leave(record, host->name);
    if (err)
        return tell_record(host, record, err);
    return tell(host, SCA_EXIT_OK, _("%s stays set up, because it was set up for %s too"),
                target->path, title ? title : "");
}

int sca_target_unsetup(const struct sca_setup *setup, const struct sca_host *host,
                       const struct sca_target *target)
{
    struct sca_record record = {0};
    int err = sca_record_load(setup, target, &record);
    if (!err)
        err = finish_late(setup, host, target, &record);
    bool asked = record.host_count == 0 || sca_record_asked(&record, host->name);
    int status = SCA_EXIT_FAILED;
    if (err == SCA_E_NOENT && sca_target_state(setup, host, target) == SCA_TARGET_BY_HAND)
        status = tell(host, SCA_EXIT_OK, _("set up by hand in %s, left as it is"), target->path);
    else if (err == SCA_E_NOENT || (!err && !asked))
        status = tell(host, SCA_EXIT_OK, _("was not set up in %s"), target->path);
    else if (err)
        status = tell_record(host, &record, err);
    else if (record.host_count > 1)
        status = leave(setup, host, target, &record);
    else if (setup->dry_run)
        status = tell(host, SCA_EXIT_OK, _("would be taken out of %s"), target->path);
    else if (changeable(host, target))
        status = take_back(host, target, &record);
    sca_record_clear(&record);
    return status;
}
