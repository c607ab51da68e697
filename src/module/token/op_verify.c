/* SPDX-License-Identifier: Apache-2.0 */
/* The key's numbers are copied at the Init: a session object may be gone before the end. */
#include "op_verify.h"

#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "op_key.h"

enum {
    PART_MAX = 1040,       /* bytes of one number of a key */
    PKCS1_PADDING_MIN = 11 /* bytes, RFC 8017 section 9.2 */
};

struct key_part {
    uint8_t data[PART_MAX];
    size_t len;
};

struct sca_verify_op {
    struct sca_op op;
    struct key_part part[2]; /* modulus and exponent, or curve and point */
};

/* A number without leading zeros, or bytes as they are; false when absent or too long. */
static bool copy_part(const struct sca_object *object, CK_ATTRIBUTE_TYPE type, bool is_number,
                      struct key_part *ret_part)
{
    CK_ATTRIBUTE attr;
    if (!sca_object_attr(object, type, &attr))
        return false;
    const uint8_t *data = attr.pValue;
    size_t len = attr.ulValueLen;
    while (is_number && len && !data[0]) {
        data++;
        len--;
    }
    if (!len || len > sizeof ret_part->data)
        return false;
    memcpy(ret_part->data, data, len);
    ret_part->len = len;
    return true;
}

/* Takes the OCTET STRING off CKA_EC_POINT. */
static bool unwrap_point(struct key_part *point)
{
    const uint8_t *der = point->data;
    const size_t head = point->len > 2 && der[1] == 0x81 ? 3 : 2;
    if (point->len <= head || der[0] != 0x04 || der[1] > 0x81 || der[head - 1] != point->len - head)
        return false;
    point->len -= head;
    memmove(point->data, point->data + head, point->len);
    return true;
}

static bool copy_key(struct sca_verify_op *op, const struct sca_object *object,
                     enum sca_key_type type)
{
    if (type == SCA_KEY_RSA)
        return copy_part(object, CKA_MODULUS, true, &op->part[0]) &&
               copy_part(object, CKA_PUBLIC_EXPONENT, true, &op->part[1]);
    return copy_part(object, CKA_EC_PARAMS, false, &op->part[0]) &&
           copy_part(object, CKA_EC_POINT, false, &op->part[1]) && unwrap_point(&op->part[1]);
}

CK_RV sca_verify_op_init(struct sca_session *session, const CK_MECHANISM *mechanism,
                         CK_OBJECT_HANDLE handle)
{
    if (!mechanism) {
        sca_op_cancel(session, SCA_OP_VERIFY);
        return CKR_OK;
    }
    CK_RV rv = sca_op_check_free(session, SCA_OP_VERIFY);
    if (rv != CKR_OK)
        return rv;
    const struct sca_mech *mech = sca_mech_find(mechanism->mechanism);
    if (!mech || mech->key_type == SCA_KEY_NONE)
        return CKR_MECHANISM_INVALID;
    SCA_OP_KEY_AUTO key = {0};
    rv = sca_op_key_find(session, handle, mech, CKO_PUBLIC_KEY, CKA_VERIFY, &key);
    if (rv != CKR_OK)
        return rv;
    if (!sca_mech_listed(mech, key.slot->image))
        return CKR_MECHANISM_INVALID;
    if (!sca_crypto_get())
        return CKR_DEVICE_ERROR;

    struct sca_verify_op *op = calloc(1, sizeof *op);
    if (!op)
        return CKR_HOST_MEMORY;
    rv = copy_key(op, key.object, mech->key_type)
             ? sca_intake_start(&op->op.intake, mech, mechanism)
             : CKR_KEY_SIZE_RANGE;
    if (rv != CKR_OK) {
        sca_op_free(&op->op);
        return rv;
    }
    return sca_op_install(session, SCA_OP_VERIFY, &op->op);
}

static struct sca_public_key public_key(const struct sca_verify_op *op)
{
    const struct sca_bytes first = {op->part[0].data, op->part[0].len};
    const struct sca_bytes second = {op->part[1].data, op->part[1].len};
    if (op->op.intake.mech->key_type == SCA_KEY_RSA)
        return (struct sca_public_key){.type = SCA_KEY_RSA, .modulus = first, .exponent = second};
    return (struct sca_public_key){.type = SCA_KEY_EC, .params = first, .point = second};
}

/* r||s is as long as x||y; an RSA signature as the modulus. */
static size_t signature_len(const struct sca_verify_op *op)
{
    return op->op.intake.mech->key_type == SCA_KEY_RSA ? op->part[0].len : op->part[1].len - 1;
}

static bool fits(const struct sca_verify_op *op, size_t len)
{
    const struct sca_intake *intake = &op->op.intake;
    if (intake->hash != SCA_HASH_NONE)
        return len == sca_hash_len(intake->hash);
    return intake->mech->key_type != SCA_KEY_RSA || len + PKCS1_PADDING_MIN <= op->part[0].len;
}

static CK_RV finish(struct sca_verify_op *op, const struct sca_bytes *data,
                    struct sca_bytes signature)
{
    struct sca_intake *intake = &op->op.intake;
    struct sca_bytes content = {0};
    CK_RV rv = signature.data ? sca_op_last_data(&op->op, data) : CKR_ARGUMENTS_BAD;
    if (rv == CKR_OK)
        rv = sca_intake_finish(intake, &content);
    if (rv != CKR_OK)
        return rv;
    if (!fits(op, content.len))
        return CKR_DATA_LEN_RANGE;
    if (signature.len != signature_len(op))
        return CKR_SIGNATURE_LEN_RANGE;

    const struct sca_public_key key = public_key(op);
    sca_library_call_out_begin();
    const int err =
        sca_crypto_get()->verify(&key, intake->mech->scheme, intake->hash, content, signature);
    sca_library_call_out_end();
    if (err == SCA_E_BAD_SIGNATURE)
        return CKR_SIGNATURE_INVALID;
    return err < 0 ? CKR_DEVICE_ERROR : CKR_OK;
}

CK_RV sca_verify_op_finish(struct sca_session *session, const struct sca_bytes *data,
                           struct sca_bytes signature)
{
    struct sca_op *op = NULL;
    CK_RV rv = sca_op_begin(session, SCA_OP_VERIFY, &op);
    if (rv != CKR_OK)
        return rv;
    rv = finish((struct sca_verify_op *)op, data, signature);
    sca_op_end(session, SCA_OP_VERIFY, op, false);
    return rv;
}
