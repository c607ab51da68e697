/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Java's SunPKCS11: a configuration file of ours, and a java.security of ours that names it, which
 * a program takes with -Djava.security.properties. Nothing of Java is changed. Java reads the first
 * file as Latin-1, so the paths in it must be ASCII. Source: JDK, PKCS#11 Reference Guide;
 * sun/security/pkcs11/Config.java.
 */
#include <stdio.h>
#include <string.h>
#include "common/text.h"
#include "host.h"
#include "setup_nss.h"

static bool is_ascii(const char *text)
{
    while (*text > 0)
        text++;
    return *text == '\0';
}

static void find(const struct sca_setup *setup, struct sca_targets *targets)
{
    if (!sca_program_here("java") && !sca_program_here("keytool"))
        return;
    if (!is_ascii(setup->module) || strchr(setup->module, '"')) {
        sca_targets_problem(targets,
                            _("Java cannot load a module whose path has other letters "
                              "than those of ASCII."),
                            _("Name it by another path: --module PATH"));
        return;
    }
    char *config = sca_text_format("%s/smartca/java-pkcs11.cfg", setup->config_home);
    SCA_TEXT_AUTO security =
        config ? sca_text_format("security.provider.12=SunPKCS11 %s\n", config) : NULL;
    sca_targets_add(targets, SCA_TARGET_FILE, setup, config,
                    sca_text_format("# Made by \"smartca setup java\"; \"smartca unsetup java\" "
                                    "removes it.\n"
                                    "# Java sees one token in each file: slotListIndex 0 is the "
                                    "first of \"smartca certs\".\n"
                                    "name = SmartCA\n"
                                    "library = %s\n"
                                    "slotListIndex = 0\n",
                                    setup->module));
    sca_targets_add(targets, SCA_TARGET_FILE, setup,
                    sca_text_format("%s/smartca/java.security", setup->config_home),
                    sca_text_format("# Made by \"smartca setup java\": -Djava.security.properties="
                                    "THIS-FILE\n%s",
                                    security ? security : ""));
}

static void explain(const struct sca_setup *setup, const struct sca_targets *targets)
{
    (void)setup;
    if (targets->count < 2)
        return;
    printf(_("  A program of yours: java \"-Djava.security.properties=%s\" ...\n"),
           targets->items[1].path);
    printf(_("  See what Java sees: keytool -list -keystore NONE -storetype PKCS11 -providerClass "
             "sun.security.pkcs11.SunPKCS11 -providerArg \"%s\"\n"),
           targets->items[0].path);
}

const struct sca_host sca_host_java = {
    .name = "java",
    .title = "Java",
    .about = N_("a configuration of SunPKCS11 in a file of its own"),
    .find = find,
    .explain = explain,
};
