/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a credential asks for before it signs. Version 1 says it with authMode, PIN and OTP, version
 * 2 with the object "auth"; services mix them, so the object is read where it is and the rest where
 * it is not.
 */
#include <string.h>
#include <strings.h>
#include "cloud/json.h"
#include "cloud/wire_csc.h"
#include "common/text.h"

#define DEPTH_MAX 16u /* of brackets in an expression */

/* ---- the choice between objects -------------------------------------------------------------- */

/* An expression under evaluation for one set of objects. */
struct reading {
    const char *pos;
    const struct sca_csc_object *objects;
    size_t count;
    uint32_t chosen; /* SCA_BIT(index) */
    unsigned depth;
    bool broken;
};

static bool read_either(struct reading *reading);

/* The word at the position; its length. Brackets are words of their own. */
static size_t next_word(struct reading *reading)
{
    reading->pos += strspn(reading->pos, " \t");
    if (*reading->pos == '(' || *reading->pos == ')')
        return 1;
    return strcspn(reading->pos, " \t()");
}

static bool take_word(struct reading *reading, const char *word)
{
    size_t len = next_word(reading);

    if (len != strlen(word) || strncasecmp(reading->pos, word, len) != 0)
        return false;
    reading->pos += len;
    return true;
}

static bool read_object(struct reading *reading)
{
    size_t len = next_word(reading);

    for (size_t i = 0; i < reading->count; i++) {
        const char *id = reading->objects[i].id;
        if (len > 0 && strlen(id) == len && strncmp(id, reading->pos, len) == 0) {
            reading->pos += len;
            return (reading->chosen & SCA_BIT(i)) != 0;
        }
    }
    reading->broken = true;
    return false;
}

static bool read_operand(struct reading *reading)
{
    if (!take_word(reading, "("))
        return read_object(reading);
    reading->broken |= ++reading->depth > DEPTH_MAX;
    bool value = !reading->broken && read_either(reading);
    reading->depth--;
    reading->broken |= !take_word(reading, ")");
    return value;
}

static bool read_both(struct reading *reading)
{
    bool value = read_operand(reading);

    while (!reading->broken && take_word(reading, "AND"))
        value = read_operand(reading) && value;
    return value;
}

static bool read_either(struct reading *reading)
{
    bool value = read_both(reading);

    while (!reading->broken) {
        if (take_word(reading, "OR"))
            value = read_both(reading) || value;
        else if (take_word(reading, "XOR"))
            value = read_both(reading) != value;
        else
            break;
    }
    return value;
}

static bool satisfies(const char *expression, const struct sca_csc_object *objects, size_t count,
                      uint32_t chosen, bool *ret_broken)
{
    struct reading reading = {
        .pos = expression, .objects = objects, .count = count, .chosen = chosen};

    bool value = read_either(&reading);
    *ret_broken = reading.broken || next_word(&reading) != 0;
    return value && !*ret_broken;
}

/* What can be configured costs the person nothing, a tap less than typing a code. */
static unsigned trouble_of(const struct sca_csc_object *objects, size_t count, uint32_t chosen)
{
    static const unsigned troubles[] = {
        [SCA_CSC_PIN] = 1, [SCA_CSC_OTP] = 1, [SCA_CSC_APP] = 4, [SCA_CSC_SENT_OTP] = 8};
    unsigned sum = 0;

    for (size_t i = 0; i < count; i++) {
        if ((chosen & SCA_BIT(i)) != 0)
            sum += troubles[objects[i].factor];
    }
    return sum;
}

size_t sca_csc_choose_objects(const char *expression, struct sca_csc_object *objects, size_t count)
{
    const uint32_t all = SCA_BIT(count) - 1;
    uint32_t best = all;
    bool broken = false;
    size_t kept = 0;

    if (expression == NULL || expression[0] == '\0')
        return count;
    for (uint32_t chosen = 1; !broken && chosen <= all; chosen++) {
        if (satisfies(expression, objects, count, chosen, &broken) &&
            (best == all || trouble_of(objects, count, chosen) < trouble_of(objects, count, best)))
            best = chosen;
    }
    if (broken)
        return count;
    for (size_t i = 0; i < count; i++) {
        if ((best & SCA_BIT(i)) != 0)
            objects[kept++] = objects[i];
    }
    return kept;
}

/* ---- version 2 ------------------------------------------------------------------------------- */

static bool has_word(const char *text, const char *word)
{
    return text != NULL && strcasestr(text, word) != NULL;
}

static enum sca_csc_factor factor_of(const json_t *object)
{
    const char *type = sca_json_text(object, "type");
    const char *generator = sca_json_text(object, "generator");

    if (has_word(type, "OOB"))
        return SCA_CSC_APP;
    if (has_word(type, "Challenge"))
        return SCA_CSC_SENT_OTP;
    return has_word(generator, "otp") || has_word(type, "otp") ? SCA_CSC_OTP : SCA_CSC_PIN;
}

static void read_objects(const json_t *auth, struct sca_csc_credential *credential)
{
    const json_t *objects = json_object_get(auth, "objects");

    for (size_t i = 0;
         i < json_array_size(objects) && credential->object_count < SCA_CSC_OBJECTS_MAX; i++) {
        const json_t *object = json_array_get(objects, i);
        struct sca_csc_object *place = &credential->objects[credential->object_count];
        const char *id = sca_json_text(object, "id");
        if (id == NULL || id[0] == '\0' || strlen(id) >= sizeof place->id)
            continue;
        memcpy(place->id, id, strlen(id) + 1);
        place->factor = factor_of(object);
        credential->object_count++;
    }
    credential->object_count = sca_csc_choose_objects(
        sca_json_text(auth, "expression"), credential->objects, credential->object_count);
}

/* ---- version 1 ------------------------------------------------------------------------------- */

static void add_factor(struct sca_csc_credential *credential, const char *id,
                       enum sca_csc_factor factor)
{
    struct sca_csc_object *place = &credential->objects[credential->object_count++];

    memcpy(place->id, id, strlen(id) + 1);
    place->factor = factor;
}

/* "optional" is not needed. */
static bool is_present(const json_t *part)
{
    bool present = false;

    return sca_json_bool(part, "presence", &present) && present;
}

static void read_factors(const json_t *object, struct sca_csc_credential *credential)
{
    const json_t *otp = json_object_get(object, "OTP");

    if (is_present(json_object_get(object, "PIN")))
        add_factor(credential, "PIN", SCA_CSC_PIN);
    if (is_present(otp))
        add_factor(credential, "OTP",
                   has_word(sca_json_text(otp, "type"), "online") ? SCA_CSC_SENT_OTP : SCA_CSC_OTP);
}

/* ---- both ------------------------------------------------------------------------------------ */

static enum sca_csc_mode mode_of(const char *text)
{
    return text != NULL && strcasecmp(text, "explicit") == 0   ? SCA_CSC_EXPLICIT
           : text != NULL && strcasecmp(text, "implicit") != 0 ? SCA_CSC_BROWSER
                                                               : SCA_CSC_IMPLICIT;
}

static void read_key(const json_t *key, struct sca_csc_credential *credential)
{
    const json_t *algo = json_object_get(key, "algo");
    const char *status = sca_json_text(key, "status");
    int64_t bits = 0;

    credential->disabled = status != NULL && strcasecmp(status, "disabled") == 0;
    if (json_is_string(algo))
        sca_csc_algos_add(&credential->algos, json_string_value(algo));
    for (size_t i = 0; i < json_array_size(algo); i++)
        sca_csc_algos_add(&credential->algos, json_string_value(json_array_get(algo, i)));
    if (sca_json_int(key, "len", &bits) && bits > 0 && bits <= UINT16_MAX)
        credential->key_bits = (uint32_t)bits;
}

/* Without a word it is level 1. MySign writes the key small. */
static bool is_pinned(const json_t *object)
{
    int64_t level = 1;

    if (!sca_json_int(object, "SCAL", &level) && !sca_json_int(object, "scal", &level))
        return json_object_get(object, "SCAL") != NULL &&
               !json_is_null(json_object_get(object, "SCAL"));
    return level != 1;
}

uint32_t sca_csc_session_max(const struct sca_csc_credential *credential)
{
    return credential->pinned || credential->multisign < 2 ? 0 : credential->multisign;
}

void sca_csc_parse_credential(const json_t *object, struct sca_csc_credential *ret_credential)
{
    const json_t *auth = json_object_get(object, "auth");
    struct sca_csc_credential credential = {.multisign = 1};
    int64_t multisign = 0;

    read_key(json_object_get(object, "key"), &credential);
    if (sca_json_int(object, "multisign", &multisign) && multisign > 1)
        credential.multisign = multisign < UINT32_MAX ? (uint32_t)multisign : UINT32_MAX;
    credential.pinned = is_pinned(object);
    if (json_is_object(auth)) {
        credential.mode = mode_of(sca_json_text(auth, "mode"));
        read_objects(auth, &credential);
    } else {
        credential.mode = mode_of(sca_json_text(object, "authMode"));
        read_factors(object, &credential);
    }
    *ret_credential = credential;
}
