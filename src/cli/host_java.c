/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Java's SunPKCS11: a configuration file of ours, and a java.security of ours that names it, which
 * a program takes with -Djava.security.properties. Nothing of Java is changed. Java reads both
 * as Latin-1; the second knows escapes, the first does not, so the path in it must be ASCII.
 * Source: JDK, PKCS#11 Reference Guide; sun/security/pkcs11/Config.java.
 */
#include <stdio.h>
#include <string.h>
#include "common/text.h"
#include "host.h"
#include "setup_nss.h"

static bool is_ascii(const char *text)
{
    while (*text != '\0' && (uint8_t)*text < 0x80)
        text++;
    return *text == '\0';
}

/* One letter of UTF-8 at @text; its length in bytes goes to @ret_len. */
static uint32_t letter_at(const char *text, size_t *ret_len)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t len = *bytes < 0x80 ? 1 : *bytes < 0xe0 ? 2 : *bytes < 0xf0 ? 3 : 4;
    uint32_t letter = len == 1 ? *bytes : *bytes & (0x7fu >> len);
    size_t i = 1;
    for (; i < len && (bytes[i] & 0xc0) == 0x80; i++)
        letter = letter << 6 | (bytes[i] & 0x3fu);
    *ret_len = i;
    return letter;
}

/* A value of a .properties file, which Java reads as Latin-1: \u for what is not ASCII. */
static int add_property(struct sca_buf *out, const char *value)
{
    size_t len = 0;
    for (; *value; value += len) {
        uint32_t letter = letter_at(value, &len);
        if (letter == '\\')
            sca_buf_add_text(out, "\\\\");
        else if (letter < 0x80)
            sca_buf_add_u8(out, (uint8_t)letter);
        else if (letter < 0x10000)
            sca_buf_addf(out, "\\u%04x", letter);
        else
            sca_buf_addf(out, "\\u%04x\\u%04x", 0xd800 + ((letter - 0x10000) >> 10),
                         0xdc00 + ((letter - 0x10000) & 0x3ff));
    }
    return out->err;
}

static char *security_text(const char *config)
{
    SCA_BUF_AUTO out;
    sca_buf_init(&out, 65536);
    sca_buf_add_text(&out,
                     "# Made by \"smartca setup java\": -Djava.security.properties=THIS-FILE\n"
                     "security.provider.12=SunPKCS11 ");
    if (add_property(&out, config) || sca_buf_add(&out, "\n", 2))
        return NULL;
    char *text = (char *)out.data;
    out = (struct sca_buf){0};
    return text;
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
    char *security = config ? security_text(config) : NULL;
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
                    sca_text_format("%s/smartca/java.security", setup->config_home), security);
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
