/* SPDX-License-Identifier: Apache-2.0 */
/* See host.h. Attribute values only look like what they stand for: the module parses none. */
#include "host.h"

#include <dlfcn.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

CK_FUNCTION_LIST_3_0 *host;

static char root[64];
static struct sca_paths *paths;

static struct sca_bytes text_bytes(const char *text)
{
    return (struct sca_bytes){(const uint8_t *)text, strlen(text)};
}

static void environment(const char *name, const char *below)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", root, below);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(setenv(name, path, 1), 0);
}

static void make_home(void)
{
    char path[128];
    snprintf(root, sizeof root, "/tmp/smartca-host-XXXXXX");
    assert_non_null(mkdtemp(root));
    environment("HOME", "home");
    environment("XDG_CONFIG_HOME", "config");
    environment("XDG_CACHE_HOME", "cache");
    environment("XDG_STATE_HOME", "state");
    environment("XDG_RUNTIME_DIR", "run");
    setenv("SMARTCA_AGENT", "/nonexistent/smartca", 1);
    snprintf(path, sizeof path, "%s/config/smartca.conf", root);
    setenv("SMARTCA_CONF", path, 1);
    unsetenv("SMARTCA_DEBUG");
    host_write_file(path, "[smartca]\n[account:work]\nprovider = vnpt-smartca\n");
    assert_int_equal(sca_paths_new(&paths), 0);
    assert_int_equal(sca_dir_ensure(paths->cache_dir), 0);
}

static void load(void)
{
    if (host)
        return;
    void *library = dlopen(SCA_TEST_MODULE, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail_msg("%s", dlerror());
    CK_C_GetInterface get_interface;
    *(void **)&get_interface = dlsym(library, "C_GetInterface");
    assert_non_null(get_interface);
    CK_INTERFACE *interface = NULL;
    assert_int_equal(get_interface(NULL, NULL, &interface, 0), CKR_OK);
    host = interface->pFunctionList;
}

int host_set_up(void **state)
{
    make_home();
    load();
    host_write_image(host_image(*state ? *(const size_t *)*state : 1));
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

int host_tear_down(void **state)
{
    (void)state;
    host->C_Finalize(NULL);
    sca_paths_free(paths);
    paths = NULL;
    return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const struct sca_paths *host_paths(void)
{
    return paths;
}

const char *host_root(void)
{
    return root;
}

void host_write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static struct sca_image_object *add_object(struct sca_image_slot *slot, CK_OBJECT_CLASS class,
                                           size_t index)
{
    char text[64];
    struct sca_image_object *object = sca_image_add_object(slot);
    assert_non_null(object);
    sca_image_add_ulong(object, CKA_CLASS, class);
    sca_image_add_bool(object, CKA_TOKEN, true);
    sca_image_add_bool(object, CKA_PRIVATE, false);
    sca_image_add_bool(object, CKA_MODIFIABLE, false);
    snprintf(text, sizeof text, "%zu-%zu-%lu", index, slot->object_count, class);
    sca_image_add_bytes(object, CKA_UNIQUE_ID, text_bytes(text));
    if (class == CKO_PROFILE)
        return object;
    snprintf(text, sizeof text, "Certificate %zu", index);
    sca_image_add_bytes(object, CKA_LABEL, text_bytes(text));
    snprintf(text, sizeof text, "identifier %08zu", index);
    sca_image_add_bytes(object, CKA_ID, text_bytes(text));
    return object;
}

static void add_key_facts(struct sca_image_object *key)
{
    uint8_t modulus[256];
    memset(modulus, 0xA5, sizeof modulus);
    sca_image_add_ulong(key, CKA_KEY_TYPE, CKK_RSA);
    sca_image_add_bytes(key, CKA_MODULUS, (struct sca_bytes){modulus, sizeof modulus});
    sca_image_add_bytes(key, CKA_PUBLIC_EXPONENT, text_bytes("\x01\x01\x01"));
}

static void add_slot(struct sca_image *image, size_t index)
{
    char text[80];
    struct sca_image_slot *slot = sca_image_add_slot(image);
    assert_non_null(slot);
    slot->account = strdup("work");
    snprintf(text, sizeof text, "%064zx", index);
    slot->credential = strdup(text);
    snprintf(text, sizeof text, "VNPT SmartCA %zu", index);
    slot->description = strdup(text);
    snprintf(text, sizeof text, "Nguyễn Thị Mẫu %zu", index);
    slot->label = strdup(text);
    slot->manufacturer = strdup("VNPT");
    slot->model = strdup("SmartCA");
    snprintf(text, sizeof text, "%08zX", index);
    slot->serial = strdup(text);
    slot->key_type = SCA_KEY_RSA;
    slot->key_bits = 2048;
    slot->schemes = SCA_BIT(SCA_SCHEME_PKCS1);
    slot->hashes = SCA_BIT(SCA_HASH_SHA256);
    slot->timeout_s = 330;

    struct sca_image_object *object = add_object(slot, CKO_CERTIFICATE, index);
    sca_image_add_ulong(object, CKA_CERTIFICATE_TYPE, CKC_X_509);
    sca_image_add_ulong(object, CKA_CERTIFICATE_CATEGORY, CK_CERTIFICATE_CATEGORY_TOKEN_USER);
    sca_image_add_bytes(object, CKA_SUBJECT, text_bytes("0subject"));
    sca_image_add_bytes(object, CKA_ISSUER, text_bytes("0issuer"));
    sca_image_add_bytes(object, CKA_SERIAL_NUMBER, text_bytes("\x02\x01\x07"));
    sca_image_add_bytes(object, CKA_VALUE, text_bytes("0certificate"));
    add_key_facts(add_object(slot, CKO_PUBLIC_KEY, index));
    object = add_object(slot, CKO_PRIVATE_KEY, index);
    add_key_facts(object);
    sca_image_add_bool(object, CKA_SENSITIVE, true);
    sca_image_add_bool(object, CKA_SIGN, true);
    sca_image_add_ulongs(object, CKA_ALLOWED_MECHANISMS,
                         (const uint64_t[]){CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS}, 2);
    for (CK_ULONG profile = CKP_BASELINE_PROVIDER; profile <= CKP_PUBLIC_CERTIFICATES_TOKEN;
         profile++)
        sca_image_add_ulong(add_object(slot, CKO_PROFILE, index), CKA_PROFILE_ID, profile);
}

struct sca_image *host_image(size_t slots)
{
    struct sca_image *image = sca_image_new();
    assert_non_null(image);
    for (size_t i = 0; i < slots; i++)
        add_slot(image, i);
    return image;
}

void host_encode(struct sca_image *image, struct sca_buf *ret_content)
{
    for (size_t i = 0; i < 2; i++)
        if (paths->conf[i])
            image->conf[i] = sca_path_stamp(paths->conf[i]);
    assert_int_equal(sca_image_encode(image, ret_content), 0);
}

void host_write_bytes(const void *data, size_t len)
{
    assert_int_equal(sca_file_replace(paths->image, (struct sca_bytes){data, len}), 0);
}

void host_write_image(struct sca_image *image)
{
    SCA_BUF_AUTO content;
    host_encode(image, &content);
    sca_image_free(image);
    host_write_bytes(content.data, content.len);
}

int host_listen(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_int_equal(sca_dir_ensure(paths->socket_dir), 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", paths->socket);
    const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listening >= 0);
    assert_int_equal(bind(listening, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(chmod(address.sun_path, 0600), 0);
    assert_int_equal(listen(listening, 8), 0);
    return listening;
}

void host_initialize(void)
{
    assert_int_equal(host->C_Initialize(NULL), CKR_OK);
}

CK_ULONG host_slot_count(void)
{
    CK_ULONG count = 0;
    assert_int_equal(host->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    return count;
}

CK_SLOT_ID host_slot(size_t index)
{
    static CK_SLOT_ID slots[2048];
    CK_ULONG count = sizeof slots / sizeof slots[0];
    assert_true(host_slot_count() > index);
    assert_int_equal(host->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    assert_true(index < count);
    return slots[index];
}

CK_SESSION_HANDLE host_session(CK_SLOT_ID slot, CK_FLAGS flags)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    assert_int_equal(host->C_OpenSession(slot, flags | CKF_SERIAL_SESSION, NULL, NULL, &session),
                     CKR_OK);
    assert_int_not_equal(session, CK_INVALID_HANDLE);
    return session;
}

CK_ULONG host_find(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attrs, CK_ULONG count,
                   CK_OBJECT_HANDLE *ret_objects, CK_ULONG max)
{
    CK_ULONG found = 0;
    assert_int_equal(host->C_FindObjectsInit(session, attrs, count), CKR_OK);
    assert_int_equal(host->C_FindObjects(session, ret_objects, max, &found), CKR_OK);
    assert_int_equal(host->C_FindObjectsFinal(session), CKR_OK);
    return found;
}

CK_OBJECT_HANDLE host_object(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
    CK_OBJECT_HANDLE object;
    CK_ATTRIBUTE attr = {CKA_CLASS, &class, sizeof class};
    assert_int_equal(host_find(session, &attr, 1, &object, 1), 1);
    return object;
}
