/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What signing, verifying and digesting share: the operation that is active in a session, and how
 * a call takes it into its own hands, so that hashing and waiting happen without a lock.
 *
 * While a call works on an operation it owns it; session->ops only remembers that one is active.
 * A cancel or close that arrives meanwhile takes it out of the session: the call notices when it
 * comes back and frees it.
 */
#ifndef SCA_MODULE_TOKEN_OP_H
#define SCA_MODULE_TOKEN_OP_H

#include <stdbool.h>
#include "cryptoki.h"
#include "session.h"
#include "intake.h"

/* First member of each operation; allocated with calloc. */
struct sca_op {
    /* Releases what it holds beside the intake; may be NULL. */
    void (*clear)(struct sca_op *op);
    /* Signing, digesting: writes output_len bytes once all data is in. May wait. */
    CK_RV (*produce)(struct sca_session *session, struct sca_op *op, CK_BYTE *ret_output);
    CK_ULONG output_len;
    struct sca_intake intake;
    unsigned sign_cancels; /* session->sign_cancels when it began */
    bool busy;             /* a call works on it; under session->lock */
};

/* CKR_OPERATION_ACTIVE when the session has an operation of this kind, idle or busy. */
CK_RV sca_op_check_free(struct sca_session *session, enum sca_op_kind kind);

/*
 * Makes @op the active operation and takes it over, also on failure.
 * CKR_OPERATION_ACTIVE, CKR_SESSION_CLOSED.
 */
CK_RV sca_op_install(struct sca_session *session, enum sca_op_kind kind, struct sca_op *op);

/*
 * Takes the active operation for one call; give it back with sca_op_end.
 * CKR_OPERATION_NOT_INITIALIZED when there is none, or when another call is working on it.
 */
CK_RV sca_op_begin(struct sca_session *session, enum sca_op_kind kind, struct sca_op **ret_op);

/* Gives it back: it stays active with @keep, unless it was cancelled meanwhile; else it is freed.
 */
void sca_op_end(struct sca_session *session, enum sca_op_kind kind, struct sca_op *op, bool keep);

/* C_SignUpdate and its like. Any error ends the operation; the codes are the intake's. */
CK_RV sca_op_update(struct sca_session *session, enum sca_op_kind kind, struct sca_bytes part);

/*
 * Brings in what a single-part call was given (@data; NULL for a Final). A single-part call cannot
 * end a multi-part operation: CKR_OPERATION_NOT_INITIALIZED.
 */
CK_RV sca_op_last_data(struct sca_op *op, const struct sca_bytes *data);

/*
 * C_Sign and C_Digest with @data, C_SignFinal and C_DigestFinal with NULL. The length is known
 * beforehand, so a query (@output NULL) and CKR_BUFFER_TOO_SMALL are answered before anything
 * happens, and change nothing. Every other outcome ends the operation.
 */
CK_RV sca_op_finish(struct sca_session *session, enum sca_op_kind kind,
                    const struct sca_bytes *data, CK_BYTE *output, CK_ULONG *output_len);

/*
 * Ends the active operation of this kind, waiting or not; none is fine. A waiting call is answered
 * CKR_FUNCTION_CANCELED. For C_SessionCancel and an Init with a NULL mechanism.
 */
void sca_op_cancel(struct sca_session *session, enum sca_op_kind kind);

/* All of them: once session->closed is set. */
void sca_op_cancel_all(struct sca_session *session);

/* Frees an operation that is in no session; NULL is fine. */
void sca_op_free(struct sca_op *op);

#endif
