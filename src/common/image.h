/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token image: the one file from which the module lists. The agent writes it with every attribute
 * value ready, so that the module parses no X.509 and a listing costs one read.
 *
 *     "SCAIMG" 0 version(u8) | u32 length of the rest | u32 CRC-32 of the rest | rest
 *     rest:   2 x stamp (u64 mtime_ns, size, inode) | u64 retry_after_utc | u32 count | slots
 *     slot:   7 texts | u32 pin, key_type, key_bits, schemes, hashes, timeout_s, count | objects
 *     object: u32 count | attributes, or u32 2^31 | u32 place of an equal object
 *     attribute: u32 type | u8 kind | u32 length | value, or u32 type | u8 kind + 128 | u32 length
 * | u32 place of the value text:   u32 length | bytes | 0
 *
 * Everything little-endian. A place is an offset into the rest, to what has been read before: CA
 * certificates are the same in many slots, and most values of keys stand in the certificate. What
 * is decoded stays where it is, so that a listing of a thousand certificates takes little memory.
 * The file is hostile until decoded: every count, length and place is checked against what is
 * there, truncation at any byte is SCA_E_FORMAT.
 */
#ifndef SCA_COMMON_IMAGE_H
#define SCA_COMMON_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "alg.h"
#include "buf.h"
#include "path.h"

#define SCA_IMAGE_VERSION     2u
#define SCA_IMAGE_MAX         (64u * 1024u * 1024u) /* bytes of the file */
#define SCA_IMAGE_SLOTS_MAX   4096u
#define SCA_IMAGE_OBJECTS_MAX 64u /* per slot */
#define SCA_IMAGE_ATTRS_MAX   64u /* per object */

enum sca_attr_kind {
    SCA_ATTR_BYTES = 0,  /* value as it is */
    SCA_ATTR_BOOL = 1,   /* one byte, 0 or 1 */
    SCA_ATTR_ULONG = 2,  /* eight bytes; becomes a CK_ULONG */
    SCA_ATTR_ULONGS = 3, /* n times eight bytes; becomes an array of CK_ULONG */
};

/*
 * @type is a CKA_*. @value.data is never NULL; numbers in it are little-endian, eight bytes each,
 * until they are decoded: then each is an unsigned long of this machine, perhaps not aligned.
 */
struct sca_image_attr {
    uint64_t type;
    enum sca_attr_kind kind;
    struct sca_bytes value;
};

struct sca_image_object {
    union {
        struct sca_image_attr *attrs; /* being built: values are the object's own */
        const uint8_t *base;          /* decoded: what places count from */
    };
    const uint8_t *encoded; /* decoded: its first attribute; NULL while being built */
    size_t attr_count;
};

/* A walk over an object's attributes: begin with {.object = object}. */
struct sca_image_walk {
    const struct sca_image_object *object;
    size_t index;
    const uint8_t *pos;
};

/* The next attribute; false after the last. What it gives borrows from the image. */
bool sca_image_next(struct sca_image_walk *walk, struct sca_image_attr *ret_attr);

/* The first attribute of that type; false when there is none. The same without a walk. */
bool sca_image_find(const struct sca_image_object *object, uint64_t type,
                    struct sca_image_attr *ret_attr);

/* What a typed PIN means (key "pin" of the account). */
enum sca_pin_mode {
    SCA_PIN_NONE = 0,
    SCA_PIN_PASSWORD = 1,
    SCA_PIN_OTP = 2,
    SCA_PIN_PASSWORD_OTP = 3, /* password first, its last six digits are the one-time code */
};

/* One credential. Texts are UTF-8 and NUL-terminated, of malloc(3) or (decoded) in the image. */
struct sca_image_slot {
    char *account;      /* configuration section name */
    char *credential;   /* identity for SIGN: lower-case hex SHA-256 of the certificate */
    char *description;  /* CK_SLOT_INFO.slotDescription, at most 64 bytes are shown */
    char *label;        /* CK_TOKEN_INFO.label, at most 32 bytes are shown */
    char *manufacturer; /* 32 */
    char *model;        /* 16 */
    char *serial;       /* 16: end of the certificate's serial number */
    enum sca_pin_mode pin;
    enum sca_key_type key_type;
    uint32_t key_bits;  /* RSA modulus or EC field, bits */
    uint32_t schemes;   /* SCA_BIT(enum sca_scheme) that the service signs with this key */
    uint32_t hashes;    /* SCA_BIT(enum sca_hash) */
    uint32_t timeout_s; /* longest wait for a signature, confirm-timeout and its allowances */
    struct sca_image_object *objects; /* end-entity certificate, CA certificates, keys, profiles */
    size_t object_count;
};

struct sca_image {
    struct sca_stamp conf[2]; /* the configuration files this was made from */
    int64_t retry_after_utc;  /* an account was never fetched: ask the agent again from then on;
                                 0 = every account is here */
    struct sca_image_slot *slots;
    size_t slot_count;
    struct sca_buf bytes; /* decoded: what attributes and texts borrow from */
};

/*
 * Decodes; takes over @content (also on failure) and frees it with the image. SCA_E_FORMAT,
 * SCA_E_LIMIT, SCA_E_VERSION, SCA_E_NOMEM.
 */
int sca_image_decode(struct sca_buf *content, struct sca_image **ret_image);

/*
 * Encodes into @ret_content (initialised here); equal images give equal bytes. SCA_E_LIMIT,
 * SCA_E_NOMEM.
 */
int sca_image_encode(const struct sca_image *image, struct sca_buf *ret_content);

/*
 * The same slot by slot, so that not all of them need to be in memory at once: a slot may be freed
 * when it has been added. Stamps and retry_after_utc come from @head, whose slots do not count;
 * NULL when memory is out. Errors (SCA_E_LIMIT, SCA_E_NOMEM) are final; after the end only free.
 */
struct sca_image_encoder;
struct sca_image_encoder *sca_image_encoder_new(const struct sca_image *head);
int sca_image_encoder_add(struct sca_image_encoder *encoder, struct sca_image_slot *slot);
int sca_image_encoder_end(struct sca_image_encoder *encoder, struct sca_buf *ret_content);
void sca_image_encoder_free(struct sca_image_encoder *encoder);

static inline void sca_image_encoder_cleanup(struct sca_image_encoder **encoder)
{
    sca_image_encoder_free(*encoder);
}
#define SCA_IMAGE_ENCODER_AUTO                                                                     \
    __attribute__((cleanup(sca_image_encoder_cleanup))) struct sca_image_encoder *

/*
 * Building, for the writer; a decoded image is not added to (NULL, SCA_E_INVAL). The writer sets a
 * slot's texts to strings of malloc(3), which the image then owns; NULL is read back as "". Values
 * are copied. An added slot or object is zeroed and stays where it is until the next one is added
 * to the same image or slot. NULL when memory is out or a maximum is reached; int functions return
 * SCA_E_NOMEM, SCA_E_LIMIT.
 */
struct sca_image *sca_image_new(void);
struct sca_image_slot *sca_image_add_slot(struct sca_image *image);
struct sca_image_object *sca_image_add_object(struct sca_image_slot *slot);
int sca_image_add_bytes(struct sca_image_object *object, uint64_t type, struct sca_bytes value);
int sca_image_add_bool(struct sca_image_object *object, uint64_t type, bool value);
int sca_image_add_ulong(struct sca_image_object *object, uint64_t type, uint64_t value);
int sca_image_add_ulongs(struct sca_image_object *object, uint64_t type, const uint64_t *values,
                         size_t count);

void sca_image_free(struct sca_image *image);

static inline void sca_image_cleanup(struct sca_image **image)
{
    sca_image_free(*image);
}
#define SCA_IMAGE_AUTO __attribute__((cleanup(sca_image_cleanup))) struct sca_image *

#endif
