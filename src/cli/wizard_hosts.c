/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of this computer, and the proof that they can see the certificates. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ask.h"
#include "common/err.h"
#include "common/text.h"
#include "cryptoki.h"
#include "host.h"
#include "wizard.h"

#define HOSTS_MAX 32
#define SLOTS_MAX 64
#define SHOWN_MAX 8 /* slots */

/* ---- programs -------------------------------------------------------------------------------- */

struct found {
    const struct sca_host *hosts[HOSTS_MAX]; /* that could be set up */
    bool chosen[HOSTS_MAX];
    size_t count;
};

/* Prints those that are set up already, collects the others. */
static void look(const struct sca_setup *setup, struct found *found)
{
    for (const struct sca_host *const *host = sca_hosts; *host && found->count < HOSTS_MAX;
         host++) {
        bool open = false;
        SCA_TEXT_AUTO problem = NULL;
        const char *state = sca_host_state(setup, *host, &open, &problem);
        if (open)
            found->hosts[found->count++] = *host;
        else if (problem)
            sca_say("%s: %s", (*host)->title, problem);
        else if (!sca_streq(state, _("not here")))
            sca_say("%s: %s", (*host)->title, state);
    }
}

/* "1 3", "1,3", a program's name, or the words for all and none. */
static bool choose(const char *answer, struct found *found)
{
    static const char blanks[] = " ,;";
    bool all = strcasecmp(answer, _("all")) == 0 || strcasecmp(answer, "all") == 0;
    bool none = strcasecmp(answer, _("none")) == 0 || strcasecmp(answer, "none") == 0;
    for (size_t i = 0; i < found->count; i++)
        found->chosen[i] = all;
    if (all || none)
        return true;
    while (*(answer += strspn(answer, blanks))) {
        size_t len = strcspn(answer, blanks);
        SCA_TEXT_AUTO word = strndup(answer, len);
        size_t number = word ? strtoul(word, NULL, 10) : 0;
        for (size_t i = 0; word && i < found->count; i++) {
            if (strcasecmp(word, found->hosts[i]->name) == 0)
                number = i + 1;
        }
        if (number < 1 || number > found->count)
            return false;
        found->chosen[number - 1] = true;
        answer += len;
    }
    return true;
}

static int ask_which(struct found *found)
{
    putchar('\n');
    sca_say("%s", _("These programs of this computer can be told of your certificates:"));
    putchar('\n');
    for (size_t i = 0; i < found->count; i++) {
        char first[24];
        snprintf(first, sizeof first, "%3zu  ", i + 1);
        sca_say_item(first, found->hosts[i]->title);
    }
    putchar('\n');
    for (;;) {
        SCA_TEXT_AUTO answer = NULL;
        int err = sca_ask_line(_("Which of them? Numbers with blanks between, \"all\" or \"none\""),
                               _("all"), &answer);
        if (err || choose(answer, found))
            return err;
        sca_say("%s", _("This is none of them. Please type the numbers."));
    }
}

int sca_wizard_hosts(const struct sca_setup *setup)
{
    struct found found = {.count = 0};
    bool failed = false;
    putchar('\n');
    look(setup, &found);
    if (found.count == 0)
        return 0;
    int err = ask_which(&found);
    for (size_t i = 0; !err && i < found.count; i++) {
        if (!found.chosen[i])
            continue;
        failed |= sca_host_set_up(setup, found.hosts[i]) != SCA_EXIT_OK;
        err = sca_ask_stopped() ? SCA_E_CANCELLED : 0;
    }
    if (failed)
        sca_say("%s", _("What did not work can be tried again: close the program, then run: "
                        "smartca setup --all"));
    return err;
}

/* ---- the proof ------------------------------------------------------------------------------- */

static bool has_object(const CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session,
                       CK_OBJECT_CLASS class)
{
    CK_ATTRIBUTE wanted = {CKA_CLASS, &class, sizeof class};
    CK_OBJECT_HANDLE object = 0;
    CK_ULONG count = 0;
    if (p11->C_FindObjectsInit(session, &wanted, 1) != CKR_OK)
        return false;
    bool found = p11->C_FindObjects(session, &object, 1, &count) == CKR_OK && count == 1;
    (void)p11->C_FindObjectsFinal(session);
    return found;
}

/* True when the slot has a certificate with its key. */
static bool show_slot(const CK_FUNCTION_LIST *p11, CK_SLOT_ID slot, bool shown)
{
    CK_TOKEN_INFO token;
    CK_SESSION_HANDLE session = 0;
    char label[sizeof token.label + 1];
    char printable[sizeof label * 2];
    if (p11->C_GetTokenInfo(slot, &token) != CKR_OK ||
        p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
        return false;
    bool whole =
        has_object(p11, session, CKO_CERTIFICATE) && has_object(p11, session, CKO_PRIVATE_KEY);
    (void)p11->C_CloseSession(session);
    size_t len = sizeof token.label;
    while (len > 0 && token.label[len - 1] == ' ')
        len--;
    memcpy(label, token.label, len);
    label[len] = '\0';
    sca_text_printable(label, printable, sizeof printable);
    if (shown && whole) {
        SCA_TEXT_AUTO text = sca_text_format(_("%s: certificate and key"), printable);
        sca_say_item("  ✓ ", text ? text : "");
    }
    return whole;
}

static size_t show_slots(const CK_FUNCTION_LIST *p11)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    size_t whole = 0;
    if (p11->C_Initialize(NULL) != CKR_OK)
        return 0;
    if (p11->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK) {
        for (CK_ULONG i = 0; i < count; i++)
            whole += show_slot(p11, slots[i], whole < SHOWN_MAX);
    }
    (void)p11->C_Finalize(NULL);
    return whole;
}

int sca_wizard_proof(const char *module)
{
    void *library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get_list = NULL;
    CK_FUNCTION_LIST *p11 = NULL;
    if (library)
        *(void **)(&get_list) = dlsym(library, "C_GetFunctionList"); /* as POSIX shows it */
    if (!get_list || get_list(&p11) != CKR_OK)
        return sca_cli_fail(_("The module %s cannot be loaded. Install the package "
                              "smartca-pkcs11 again."),
                            module);
    sca_say(_("Now as a program does it, through %s:"), module);
    size_t whole = show_slots(p11);
    dlclose(library);
    if (whole == 0)
        return sca_cli_fail(_("Programs see no certificate. \"smartca doctor\" says why."));
    if (whole > SHOWN_MAX)
        sca_say(_("\"smartca certs\" shows all of them."));
    return SCA_EXIT_OK;
}
