/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an active operation: see op.h for who owns it when. */
#include "op.h"

#include <stdlib.h>

void sca_op_free(struct sca_op *op)
{
    if (!op)
        return;
    if (op->clear)
        op->clear(op);
    sca_intake_clear(&op->intake);
    free(op);
}

CK_RV sca_op_check_free(struct sca_session *session, enum sca_op_kind kind)
{
    pthread_mutex_lock(&session->lock);
    const bool active = session->ops[kind];
    pthread_mutex_unlock(&session->lock);
    return active ? CKR_OPERATION_ACTIVE : CKR_OK;
}

CK_RV sca_op_install(struct sca_session *session, enum sca_op_kind kind, struct sca_op *op)
{
    CK_RV rv = CKR_OK;
    pthread_mutex_lock(&session->lock);
    if (__atomic_load_n(&session->closed, __ATOMIC_SEQ_CST))
        rv = CKR_SESSION_CLOSED;
    else if (session->ops[kind])
        rv = CKR_OPERATION_ACTIVE;
    else {
        op->sign_cancels = __atomic_load_n(&session->sign_cancels, __ATOMIC_SEQ_CST);
        op->busy = false;
        session->ops[kind] = op;
    }
    pthread_mutex_unlock(&session->lock);
    if (rv != CKR_OK)
        sca_op_free(op);
    return rv;
}

CK_RV sca_op_begin(struct sca_session *session, enum sca_op_kind kind, struct sca_op **ret_op)
{
    CK_RV rv = CKR_OPERATION_NOT_INITIALIZED;
    pthread_mutex_lock(&session->lock);
    struct sca_op *op = session->ops[kind];
    if (op && !op->busy) {
        op->busy = true;
        *ret_op = op;
        rv = CKR_OK;
    }
    pthread_mutex_unlock(&session->lock);
    return rv;
}

void sca_op_end(struct sca_session *session, enum sca_op_kind kind, struct sca_op *op, bool keep)
{
    pthread_mutex_lock(&session->lock);
    const bool cancelled = session->ops[kind] != op;
    op->busy = false;
    if (!cancelled && !keep)
        session->ops[kind] = NULL;
    pthread_mutex_unlock(&session->lock);
    if (cancelled || !keep)
        sca_op_free(op);
}

CK_RV sca_op_update(struct sca_session *session, enum sca_op_kind kind, struct sca_bytes part)
{
    struct sca_op *op = NULL;
    CK_RV rv = sca_op_begin(session, kind, &op);
    if (rv != CKR_OK)
        return rv;
    op->intake.fed = true;
    rv = sca_intake_add(&op->intake, part);
    sca_op_end(session, kind, op, rv == CKR_OK);
    return rv;
}

CK_RV sca_op_last_data(struct sca_op *op, const struct sca_bytes *data)
{
    if (!data)
        return CKR_OK;
    return op->intake.fed ? CKR_OPERATION_NOT_INITIALIZED : sca_intake_add(&op->intake, *data);
}

/* Sets @ret_keep where the operation goes on. */
static CK_RV finish(struct sca_session *session, struct sca_op *op, const struct sca_bytes *data,
                    CK_BYTE *output, CK_ULONG *output_len, bool *ret_keep)
{
    if (!output_len)
        return CKR_ARGUMENTS_BAD;
    if (!output || *output_len < op->output_len) {
        *output_len = op->output_len;
        *ret_keep = true;
        return output ? CKR_BUFFER_TOO_SMALL : CKR_OK;
    }
    CK_RV rv = sca_op_last_data(op, data);
    if (rv == CKR_OK)
        rv = op->produce(session, op, output);
    if (rv == CKR_OK)
        *output_len = op->output_len;
    return rv;
}

CK_RV sca_op_finish(struct sca_session *session, enum sca_op_kind kind,
                    const struct sca_bytes *data, CK_BYTE *output, CK_ULONG *output_len)
{
    struct sca_op *op = NULL;
    CK_RV rv = sca_op_begin(session, kind, &op);
    if (rv != CKR_OK)
        return rv;
    bool keep = false;
    rv = finish(session, op, data, output, output_len, &keep);
    sca_op_end(session, kind, op, keep);
    return rv;
}

void sca_op_cancel(struct sca_session *session, enum sca_op_kind kind)
{
    pthread_mutex_lock(&session->lock);
    struct sca_op *op = session->ops[kind];
    session->ops[kind] = NULL;
    if (op && op->busy)
        op = NULL; /* its call frees it */
    if (kind == SCA_OP_SIGN)
        __atomic_add_fetch(&session->sign_cancels, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&session->lock);
    sca_op_free(op);
}

void sca_op_cancel_all(struct sca_session *session)
{
    for (enum sca_op_kind kind = 0; kind < SCA_OP_COUNT; kind++)
        sca_op_cancel(session, kind);
}
