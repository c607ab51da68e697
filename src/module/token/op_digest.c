/* SPDX-License-Identifier: Apache-2.0 */
/* Digesting needs no key and no slot fact: the same hashes everywhere. */
#include "op_digest.h"

#include <stdlib.h>
#include <string.h>

static CK_RV produce(struct sca_session *session, struct sca_op *op, CK_BYTE *ret_output)
{
    (void)session;
    struct sca_bytes digest;
    const CK_RV rv = sca_intake_finish(&op->intake, &digest);
    if (rv == CKR_OK)
        memcpy(ret_output, digest.data, digest.len);
    return rv;
}

CK_RV sca_digest_op_init(struct sca_session *session, const CK_MECHANISM *mechanism)
{
    if (!mechanism) {
        sca_op_cancel(session, SCA_OP_DIGEST);
        return CKR_OK;
    }
    CK_RV rv = sca_op_check_free(session, SCA_OP_DIGEST);
    if (rv != CKR_OK)
        return rv;
    const struct sca_mech *mech = sca_mech_find(mechanism->mechanism);
    if (!mech || mech->key_type != SCA_KEY_NONE)
        return CKR_MECHANISM_INVALID;
    struct sca_op *op = calloc(1, sizeof *op);
    if (!op)
        return CKR_HOST_MEMORY;
    op->produce = produce;
    op->output_len = sca_hash_len(mech->hash);
    rv = sca_intake_start(&op->intake, mech, mechanism);
    if (rv != CKR_OK) {
        sca_op_free(op);
        return rv;
    }
    return sca_op_install(session, SCA_OP_DIGEST, op);
}
