/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A home of its own with a token image of five slots, keys that belong to it, and a fake agent:
 * what the tests of signing, verifying and digesting stand on.
 */
#ifndef SCA_TESTS_SIGNING_WORLD_H
#define SCA_TESTS_SIGNING_WORLD_H

#include <openssl/evp.h>
#include "cryptoki.h"
#include "fake_agent.h"

/* In the order of the slot list. */
enum world_slot {
    WORLD_VNPT,      /* RSA-2048, PKCS#1 v1.5 with SHA-256 only */
    WORLD_RSA,       /* RSA-2048, v1.5 and PSS with SHA-256, 384, 512 */
    WORLD_EC,        /* P-256, SHA-256, 384, 512 */
    WORLD_PASSWORD,  /* as WORLD_VNPT, pin = password */
    WORLD_IMPATIENT, /* as WORLD_VNPT, waits one second */
    WORLD_SLOTS
};

struct world {
    char root[64];
    char agent_socket[160];
    EVP_PKEY *rsa;
    EVP_PKEY *ec;
    struct fake_agent *agent;
    CK_SLOT_ID slots[WORLD_SLOTS];
};

/* cmocka group fixtures; *state becomes a struct world. The library is initialised. */
int world_set_up(void **state);
int world_tear_down(void **state);

CK_SESSION_HANDLE world_session(const struct world *world, enum world_slot slot);

/* The only object of its class in a slot (the first certificate). */
CK_OBJECT_HANDLE world_object(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class);

/* Verifies with OpenSSL alone. */
bool world_verify(const struct world *world, enum sca_scheme scheme, enum sca_hash hash,
                  const void *message, size_t message_len, const CK_BYTE *signature,
                  CK_ULONG signature_len);

#endif
