/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what a host does: C_* calls on the real module with handles, templates, lengths and
 * mechanisms of any kind, and as what the agent answers to it (frames.h). Each call's code is one
 * that the standard knows; every buffer is exactly as long as was said, so that a byte too many is
 * seen; the length of a result fits what the same call said before.
 *     length of the agent's part | the agent's part | (call | arguments)*
 * Source of codes: PKCS#11 3.0, section 5.1.
 */
#include "fuzz.h"

#include <string.h>
#include "cryptoki.h"
#include "frames.h"
#include "module_home.h"

#define CALLS_MAX    200
#define SESSIONS_MAX 4
#define OBJECTS_MAX  8
#define ATTRS_MAX    6

static struct {
    struct sca_bytes left;
    CK_SLOT_ID slots[4];
    CK_SESSION_HANDLE sessions[SESSIONS_MAX];
    CK_OBJECT_HANDLE objects[OBJECTS_MAX];
} host;

/* ---- arguments ------------------------------------------------------------------------------- */

static uint8_t take(void)
{
    if (host.left.len == 0)
        return 0;
    host.left.len--;
    return *host.left.data++;
}

static CK_SESSION_HANDLE take_session(void)
{
    uint8_t which = take();

    return which < 0xf0 ? host.sessions[which % SESSIONS_MAX] : which;
}

static CK_OBJECT_HANDLE take_object(void)
{
    uint8_t which = take();

    return which < 0xf0 ? host.objects[which % OBJECTS_MAX] : which;
}

static CK_SLOT_ID take_slot(void)
{
    uint8_t which = take();

    return which < 0xf0 ? host.slots[which % 4] : which;
}

/* Memory of exactly that size, filled from the input; NULL for 0xff. */
struct room {
    CK_BYTE *data;
    CK_ULONG len;
};

static struct room take_room(void)
{
    uint8_t size = take();
    struct room room = {NULL, size == 0xff ? 0 : size < 0xe0 ? size : (size - 0xdfu) * 64u};

    if (size == 0xff)
        return room;
    fail_pause(true);
    room.data = calloc(1, room.len > 0 ? room.len : 1);
    fail_pause(false);
    fuzz_check(room.data != NULL);
    for (CK_ULONG i = 0; i < room.len && host.left.len > 0; i++)
        room.data[i] = take();
    return room;
}

static CK_ATTRIBUTE_TYPE take_type(void)
{
    static const CK_ATTRIBUTE_TYPE types[] = {CKA_CLASS,
                                              CKA_TOKEN,
                                              CKA_PRIVATE,
                                              CKA_LABEL,
                                              CKA_ID,
                                              CKA_VALUE,
                                              CKA_KEY_TYPE,
                                              CKA_MODULUS,
                                              CKA_SIGN,
                                              CKA_APPLICATION,
                                              CKA_TRUSTED,
                                              CKA_EC_POINT,
                                              CKA_OBJECT_ID,
                                              CKA_ALLOWED_MECHANISMS,
                                              CKA_WRAP_TEMPLATE,
                                              0xdeadUL};
    uint8_t which = take();

    return types[which % (sizeof types / sizeof types[0])];
}

struct template
{
    CK_ATTRIBUTE attrs[ATTRS_MAX];
    CK_ULONG count;
};

static void take_template(struct template *ret_template)
{
    ret_template->count = take() % (ATTRS_MAX + 1);
    for (CK_ULONG i = 0; i < ret_template->count; i++) {
        CK_ATTRIBUTE_TYPE type = take_type();
        struct room room = take_room();

        ret_template->attrs[i] = (CK_ATTRIBUTE){type, room.data, room.len};
    }
}

static void drop_template(struct template *template)
{
    for (CK_ULONG i = 0; i < template->count; i++)
        free(template->attrs[i].pValue);
}

static CK_MECHANISM take_mechanism(struct room *ret_room)
{
    static const CK_MECHANISM_TYPE types[] = {CKM_RSA_PKCS,
                                              CKM_SHA256_RSA_PKCS,
                                              CKM_SHA1_RSA_PKCS,
                                              CKM_RSA_PKCS_PSS,
                                              CKM_SHA256_RSA_PKCS_PSS,
                                              CKM_ECDSA,
                                              CKM_ECDSA_SHA256,
                                              CKM_SHA256,
                                              CKM_SHA512,
                                              CKM_RSA_X_509,
                                              CKM_AES_CBC,
                                              0x80001234UL};
    uint8_t which = take();

    *ret_room = take_room();
    return (CK_MECHANISM){types[which % (sizeof types / sizeof types[0])], ret_room->data,
                          ret_room->len};
}

/* ---- calls ----------------------------------------------------------------------------------- */

typedef CK_RV call(void);

static CK_RV initialize(void)
{
    return C_Initialize(NULL);
}

static CK_RV finalize(void)
{
    return C_Finalize(NULL);
}

static CK_RV list_slots(void)
{
    CK_ULONG count = take() % 5;
    CK_RV rv = C_GetSlotList(CK_TRUE, count == 0 ? NULL : host.slots, &count);

    fuzz_check(rv != CKR_OK || count <= 4);
    return rv;
}

static CK_RV get_infos(void)
{
    CK_INFO info;
    CK_SLOT_INFO slot_info;
    CK_TOKEN_INFO token_info;
    CK_MECHANISM_TYPE mechanisms[4];
    CK_MECHANISM_INFO mechanism_info;
    CK_ULONG count = 4;
    CK_SLOT_ID slot = take_slot();

    (void)C_GetInfo(&info);
    (void)C_GetSlotInfo(slot, &slot_info);
    (void)C_GetMechanismList(slot, mechanisms, &count);
    (void)C_GetMechanismInfo(slot, CKM_RSA_PKCS, &mechanism_info);
    return C_GetTokenInfo(slot, &token_info);
}

static CK_RV open_session(void)
{
    uint8_t where = take();

    return C_OpenSession(take_slot(), take() % 8, NULL, NULL, &host.sessions[where % SESSIONS_MAX]);
}

static CK_RV close_session(void)
{
    return C_CloseSession(take_session());
}

static CK_RV close_all(void)
{
    return C_CloseAllSessions(take_slot());
}

static CK_RV get_session_info(void)
{
    CK_SESSION_INFO info;

    return C_GetSessionInfo(take_session(), &info);
}

static CK_RV login(void)
{
    CK_SESSION_HANDLE session = take_session();
    CK_USER_TYPE user = take() % 4;
    struct room pin = take_room();
    CK_RV rv = C_Login(session, user, pin.data, pin.len);

    free(pin.data);
    return rv;
}

static CK_RV logout(void)
{
    return C_Logout(take_session());
}

static CK_RV find_init(void)
{
    CK_SESSION_HANDLE session = take_session();
    struct template template;

    take_template(&template);
    CK_RV rv =
        C_FindObjectsInit(session, template.count == 0 ? NULL : template.attrs, template.count);
    drop_template(&template);
    return rv;
}

static CK_RV find(void)
{
    CK_ULONG count = 0;
    CK_RV rv = C_FindObjects(take_session(), host.objects, take() % (OBJECTS_MAX + 1), &count);

    fuzz_check(rv != CKR_OK || count <= OBJECTS_MAX);
    return rv;
}

static CK_RV find_final(void)
{
    return C_FindObjectsFinal(take_session());
}

static CK_RV get_attributes(void)
{
    CK_SESSION_HANDLE session = take_session();
    CK_OBJECT_HANDLE object = take_object();
    struct template template;

    take_template(&template);
    CK_RV rv = C_GetAttributeValue(session, object, template.attrs, template.count);
    drop_template(&template);
    return rv;
}

static CK_RV create_object(void)
{
    CK_SESSION_HANDLE session = take_session();
    uint8_t where = take();
    struct template template;

    take_template(&template);
    CK_RV rv =
        C_CreateObject(session, template.attrs, template.count, &host.objects[where % OBJECTS_MAX]);
    drop_template(&template);
    return rv;
}

static CK_RV set_attributes(void)
{
    CK_SESSION_HANDLE session = take_session();
    CK_OBJECT_HANDLE object = take_object();
    struct template template;

    take_template(&template);
    CK_RV rv = C_SetAttributeValue(session, object, template.attrs, template.count);
    drop_template(&template);
    return rv;
}

static CK_RV copy_object(void)
{
    CK_SESSION_HANDLE session = take_session();
    CK_OBJECT_HANDLE object = take_object();
    CK_OBJECT_HANDLE copy = 0;
    struct template template;

    take_template(&template);
    CK_RV rv = C_CopyObject(session, object, template.attrs, template.count, &copy);
    drop_template(&template);
    return rv;
}

static CK_RV destroy_object(void)
{
    CK_SESSION_HANDLE session = take_session();

    return C_DestroyObject(session, take_object());
}

static CK_RV get_size(void)
{
    CK_ULONG size = 0;
    CK_SESSION_HANDLE session = take_session();

    return C_GetObjectSize(session, take_object(), &size);
}

typedef CK_RV init_call(CK_SESSION_HANDLE, CK_MECHANISM *, CK_OBJECT_HANDLE);
typedef CK_RV update_call(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG);
typedef CK_RV whole_call(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG *);
typedef CK_RV final_call(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG *);

static CK_RV init(init_call *call)
{
    CK_SESSION_HANDLE session = take_session();
    CK_OBJECT_HANDLE key = take_object();
    struct room parameter;
    CK_MECHANISM mechanism = take_mechanism(&parameter);
    CK_RV rv = call(session, take() == 0xff ? NULL : &mechanism, key);

    free(parameter.data);
    return rv;
}

static CK_RV update(update_call *call)
{
    CK_SESSION_HANDLE session = take_session();
    struct room part = take_room();
    CK_RV rv = call(session, part.data, part.len);

    free(part.data);
    return rv;
}

static CK_RV whole(whole_call *call)
{
    CK_SESSION_HANDLE session = take_session();
    struct room input = take_room();
    struct room output = take_room();
    CK_ULONG len = output.len;
    CK_RV rv = call(session, input.data, input.len, output.data, &len);

    fuzz_check(rv != CKR_OK || output.data == NULL || len <= output.len);
    free(input.data);
    free(output.data);
    return rv;
}

static CK_RV final(final_call *call)
{
    CK_SESSION_HANDLE session = take_session();
    struct room output = take_room();
    CK_ULONG len = output.len;
    CK_RV rv = call(session, output.data, &len);

    fuzz_check(rv != CKR_OK || output.data == NULL || len <= output.len);
    free(output.data);
    return rv;
}

static CK_RV sign_init(void)
{
    return init(C_SignInit);
}

static CK_RV sign(void)
{
    return whole(C_Sign);
}

static CK_RV sign_update(void)
{
    return update(C_SignUpdate);
}

static CK_RV sign_final(void)
{
    return final(C_SignFinal);
}

static CK_RV verify_init(void)
{
    return init(C_VerifyInit);
}

static CK_RV verify(void)
{
    CK_SESSION_HANDLE session = take_session();
    struct room data = take_room();
    struct room signature = take_room();
    CK_RV rv = C_Verify(session, data.data, data.len, signature.data, signature.len);

    free(data.data);
    free(signature.data);
    return rv;
}

static CK_RV verify_update(void)
{
    return update(C_VerifyUpdate);
}

static CK_RV verify_final(void)
{
    return update(C_VerifyFinal);
}

static CK_RV digest_init(void)
{
    struct room parameter;
    CK_SESSION_HANDLE session = take_session();
    CK_MECHANISM mechanism = take_mechanism(&parameter);
    CK_RV rv = C_DigestInit(session, &mechanism);

    free(parameter.data);
    return rv;
}

static CK_RV digest(void)
{
    return whole(C_Digest);
}

static CK_RV digest_update(void)
{
    return update(C_DigestUpdate);
}

static CK_RV digest_final(void)
{
    return final(C_DigestFinal);
}

static CK_RV make_random(void)
{
    return update(C_GenerateRandom);
}

static CK_RV cancel(void)
{
    CK_SESSION_HANDLE session = take_session();

    return C_SessionCancel(session, take() * 0x400UL);
}

static CK_RV get_state(void)
{
    return final(C_GetOperationState);
}

static call *const calls[] = {
    initialize,     finalize,     list_slots,     get_infos,        open_session,
    close_session,  close_all,    login,          get_session_info, logout,
    find_init,      find,         find_final,     get_attributes,   create_object,
    set_attributes, copy_object,  destroy_object, get_size,         sign_init,
    sign,           sign_update,  sign_final,     verify_init,      verify,
    verify_update,  verify_final, digest_init,    digest,           digest_update,
    digest_final,   make_random,  cancel,         get_state,
};

/* ---- the world ------------------------------------------------------------------------------- */

static struct sca_image_object *add_object(struct sca_image_slot *slot, CK_OBJECT_CLASS class)
{
    static const uint8_t bytes[256] = {0xc3, 1, 2, 3, [255] = 1};
    struct sca_image_object *object = sca_image_add_object(slot);

    fuzz_check(object != NULL);
    sca_image_add_ulong(object, CKA_CLASS, class);
    sca_image_add_bool(object, CKA_TOKEN, true);
    sca_image_add_bool(object, CKA_PRIVATE, false);
    sca_image_add_bytes(object, CKA_ID, (struct sca_bytes){bytes, 3});
    sca_image_add_bytes(object, CKA_VALUE, (struct sca_bytes){bytes, 200});
    if (class == CKO_CERTIFICATE)
        return object;
    sca_image_add_ulong(object, CKA_KEY_TYPE, CKK_RSA);
    sca_image_add_bool(object, class == CKO_PRIVATE_KEY ? CKA_SIGN : CKA_VERIFY, true);
    sca_image_add_bytes(object, CKA_MODULUS, (struct sca_bytes){bytes, sizeof bytes});
    sca_image_add_bytes(object, CKA_PUBLIC_EXPONENT, (struct sca_bytes){bytes + 1, 3});
    return object;
}

static void add_slot(struct sca_image *image, const char *name, enum sca_pin_mode pin)
{
    struct sca_image_slot *slot = sca_image_add_slot(image);

    fuzz_check(slot != NULL);
    slot->account = strdup(name);
    slot->credential = strdup(name);
    slot->label = strdup("Nguyễn Thị Mẫu");
    slot->pin = pin;
    slot->key_type = SCA_KEY_RSA;
    slot->key_bits = 2048;
    slot->schemes = SCA_BIT(SCA_SCHEME_PKCS1) | SCA_BIT(SCA_SCHEME_PSS);
    slot->hashes = SCA_BIT(SCA_HASH_SHA256) | SCA_BIT(SCA_HASH_SHA512);
    slot->timeout_s = 60;
    add_object(slot, CKO_CERTIFICATE);
    add_object(slot, CKO_PUBLIC_KEY);
    add_object(slot, CKO_PRIVATE_KEY);
}

static void set_up(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    fail_pause(true);
    module_home();
    struct sca_image *image = sca_image_new();
    add_slot(image, "work", SCA_PIN_NONE);
    add_slot(image, "home", SCA_PIN_PASSWORD_OTP);
    module_image(image);
    fail_pause(false);
}

/* As the module's table of return values; a made-up code, or one of another world, is a defect. */
static bool known(CK_RV rv)
{
    return rv <= CKR_FUNCTION_REJECTED && rv != CKR_GENERAL_ERROR;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    SCA_BUF_AUTO words = {.max = 1u << 20};

    set_up();
    memset(&host, 0, sizeof host);
    host.left = (struct sca_bytes){data, size};
    uint8_t len = take();
    len = len < host.left.len ? len : (uint8_t)host.left.len;
    fuzz_frames((struct sca_bytes){host.left.data, len}, &words);
    host.left.data += len;
    host.left.len -= len;
    module_agent_says((struct sca_bytes){words.data, words.len});
    for (int i = 0; i < CALLS_MAX && host.left.len > 0; i++)
        fuzz_check(known(calls[take() % (sizeof calls / sizeof calls[0])]()));
    (void)C_Finalize(NULL);
    module_agent_leaves();
}
