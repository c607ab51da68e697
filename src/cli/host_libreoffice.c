/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LibreOffice uses one NSS database: that of MOZILLA_CERTIFICATE_FOLDER, else of its own setting
 * (Tools, Options, Security, Certificate), else the default profile of Thunderbird, then Firefox,
 * then Mozilla, in their classic folders. Source: LibreOffice,
 * xmlsecurity/source/xmlsec/nss/nssinitializer.cxx.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/text.h"
#include "host.h"
#include "setup_file.h"
#include "setup_nss.h"

static const char setting_name[] = "<prop oor:name=\"CertDir\"";

static const char *const folders[] = {".thunderbird", ".mozilla-thunderbird", ".mozilla/firefox",
                                      ".mozilla"};

/* The setting in registrymodifications.xcu, or NULL; entities of XML are undone. */
static char *find_setting(struct sca_bytes text)
{
    const char *value =
        text.len ? memmem(text.data, text.len, setting_name, strlen(setting_name)) : NULL;
    const char *end = value ? (const char *)text.data + text.len : NULL;
    value = value ? memmem(value, (size_t)(end - value), "<value>", 7) : NULL;
    const char *stop = value ? memmem(value, (size_t)(end - value), "</value>", 8) : NULL;
    if (!stop)
        return NULL;
    value += 7;
    char *path = strndup(value, (size_t)(stop - value));
    char *amp = path;
    while (amp && (amp = strstr(amp, "&amp;")) != NULL) {
        memmove(amp + 1, amp + 5, strlen(amp + 5) + 1);
        amp++;
    }
    return path;
}

static char *read_setting(const struct sca_setup *setup)
{
    SCA_TEXT_AUTO file =
        sca_text_format("%s/libreoffice/4/user/registrymodifications.xcu", setup->config_home);
    SCA_BUF_AUTO text = {0};
    if (!file || sca_host_file_read(file, &text) != 0)
        return NULL;
    return find_setting((struct sca_bytes){text.data, text.len});
}

static void add_folder(const struct sca_setup *setup, const char *folder,
                       struct sca_targets *targets)
{
    if (strncmp(folder, "sql:", 4) == 0)
        folder += 4;
    if (*folder != '/' || access(folder, F_OK) != 0) {
        sca_targets_problem(targets, _("The folder that LibreOffice is told to use is not there."),
                            folder);
        return;
    }
    struct sca_target *target =
        sca_targets_add(targets, SCA_TARGET_NSS, setup, strdup(folder), NULL);
    if (target)
        target->locks = strdup(folder);
}

static void find(const struct sca_setup *setup, struct sca_targets *targets)
{
    const char *told = secure_getenv("MOZILLA_CERTIFICATE_FOLDER");
    SCA_TEXT_AUTO setting = read_setting(setup);
    if (!sca_program_here("soffice") && !sca_program_here("libreoffice"))
        return;
    if ((told && *told) || (setting && *setting)) {
        add_folder(setup, told && *told ? told : setting, targets);
        return;
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders && targets->count == 0; i++)
        sca_profiles_add(setup, sca_text_format("%s/%s", setup->home, folders[i]), true, targets);
    if (targets->count == 0)
        sca_targets_problem(targets,
                            _("LibreOffice finds no certificates: there is no profile of "
                              "Firefox or Thunderbird where it looks."),
                            _("Choose a folder in LibreOffice, Tools, Options, Security, "
                              "Certificate, and run this again."));
}

const struct sca_host sca_host_libreoffice = {
    .name = "libreoffice",
    .title = "LibreOffice",
    .about = N_("the module in the profile that it takes certificates from, by modutil"),
    .find = find,
};
