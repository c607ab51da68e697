/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL: two configurations of ours that include the system's, one for the engine of libp11, one
 * for pkcs11-provider. OPENSSL_CONF chooses. Source: config(5); libp11, README; pkcs11-provider(7).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/text.h"
#include "host.h"
#include "setup_nss.h"

static const char *const system_files[] = {"/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf",
                                           "/usr/lib/ssl/openssl.cnf"};

/* A value of config(5): a backslash before what would mean something. */
static char *quoted(const char *value)
{
    char *text = calloc(1, 2 * strlen(value) + 1);
    for (char *to = text; to && *value; value++) {
        if (strchr("\\\"'$#`", *value))
            *to++ = '\\';
        *to++ = *value;
    }
    return text;
}

static const char *system_file(void)
{
    for (size_t i = 0; i < sizeof system_files / sizeof *system_files; i++) {
        if (access(system_files[i], R_OK) == 0)
            return system_files[i];
    }
    return NULL;
}

static char *content(const char *module, const char *sections)
{
    const char *file = system_file();
    return sca_text_format("# Made by \"smartca setup openssl\"; \"smartca unsetup openssl\" "
                           "removes it.\n"
                           "%s%s\n"
                           "[default]\n"
                           "openssl_conf = openssl_init\n"
                           "%s = %s\n",
                           file ? ".include = " : "# no openssl.cnf of the system was found",
                           file ? file : "", sections, module);
}

static void find(const struct sca_setup *setup, struct sca_targets *targets)
{
    if (!sca_program_here("openssl"))
        return;
    SCA_TEXT_AUTO module = quoted(setup->module);
    if (!module)
        return;
    sca_targets_add(targets, SCA_TARGET_FILE, setup,
                    sca_text_format("%s/smartca/openssl-engine.cnf", setup->config_home),
                    content(module, "[openssl_init]\n"
                                    "engines = smartca_engines\n"
                                    "[smartca_engines]\n"
                                    "pkcs11 = smartca_pkcs11\n"
                                    "[smartca_pkcs11]\n"
                                    "engine_id = pkcs11\n"
                                    "init = 0\n"
                                    "MODULE_PATH"));
    sca_targets_add(targets, SCA_TARGET_FILE, setup,
                    sca_text_format("%s/smartca/openssl-provider.cnf", setup->config_home),
                    content(module, "[openssl_init]\n"
                                    "providers = smartca_providers\n"
                                    "[smartca_providers]\n"
                                    "default = smartca_default\n"
                                    "pkcs11 = smartca_pkcs11\n"
                                    "[smartca_default]\n"
                                    "activate = 1\n"
                                    "[smartca_pkcs11]\n"
                                    "module = pkcs11.so\n"
                                    "activate = 1\n"
                                    "pkcs11-module-path"));
}

static void explain(const struct sca_setup *setup, const struct sca_targets *targets)
{
    (void)setup;
    if (targets->count < 2)
        return;
    printf(
        _("  With the engine (apt install libengine-pkcs11-openssl): OPENSSL_CONF=\"%s\" openssl "
          "cms -sign -engine pkcs11 -keyform engine -inkey \"pkcs11:type=private\" ...\n"),
        targets->items[0].path);
    printf(_("  With pkcs11-provider: OPENSSL_CONF=\"%s\" openssl cms -sign -inkey "
             "\"pkcs11:type=private\" ...\n"),
           targets->items[1].path);
}

const struct sca_host sca_host_openssl = {
    .name = "openssl",
    .title = "OpenSSL",
    .about = N_("a configuration for the engine and one for the provider, in files of their own"),
    .find = find,
    .explain = explain,
};
