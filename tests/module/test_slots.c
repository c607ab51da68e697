/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host finds when it lists: slots and tokens of the image, nothing where there is none, the
 * same numbers after a renewal, and no harm from a damaged file or an absent agent.
 */
#include "host.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/ipc.h"

static size_t three = 3;

static void slots_and_tokens(void **state)
{
    (void)state;
    host_initialize();
    assert_int_equal(host_slot_count(), 3);
    CK_SLOT_ID slots[3];
    CK_ULONG count = 2;
    assert_int_equal(host->C_GetSlotList(CK_FALSE, slots, &count), CKR_BUFFER_TOO_SMALL);
    assert_int_equal(count, 3);
    assert_int_equal(host->C_GetSlotList(CK_FALSE, slots, &count), CKR_OK);
    assert_int_equal(slots[0], 0);
    assert_int_equal(slots[2], 2);

    CK_SLOT_INFO slot;
    assert_int_equal(host->C_GetSlotInfo(2, &slot), CKR_OK);
    assert_memory_equal(slot.slotDescription, "VNPT SmartCA 2                  ", 32);
    assert_int_equal(slot.flags, CKF_TOKEN_PRESENT | CKF_HW_SLOT);
    CK_TOKEN_INFO token;
    assert_int_equal(host->C_GetTokenInfo(2, &token), CKR_OK);
    assert_memory_equal(token.label, "Nguyễn Thị Mẫu 2           ", 32);
    assert_memory_equal(token.serialNumber, "00000002        ", 16);
    assert_memory_equal(token.utcTime, "                ", 16);
    assert_true(token.flags & CKF_TOKEN_INITIALIZED);
    assert_true(token.flags & CKF_WRITE_PROTECTED);
    assert_true(token.flags & CKF_RNG);
    assert_false(token.flags & (CKF_LOGIN_REQUIRED | CKF_PROTECTED_AUTHENTICATION_PATH));
    assert_int_equal(token.ulSessionCount, 0);
    host_session(2, CKF_RW_SESSION);
    host_session(2, 0);
    assert_int_equal(host->C_GetTokenInfo(2, &token), CKR_OK);
    assert_int_equal(token.ulSessionCount, 2);
    assert_int_equal(token.ulRwSessionCount, 1);
}

static void unknown_slots(void **state)
{
    (void)state;
    CK_SLOT_INFO slot;
    CK_TOKEN_INFO token;
    CK_ULONG count;
    CK_SESSION_HANDLE session;
    CK_MECHANISM_INFO mechanism;
    host_initialize();
    assert_int_equal(host->C_GetSlotInfo(3, &slot), CKR_SLOT_ID_INVALID);
    assert_int_equal(host->C_GetTokenInfo(~0UL, &token), CKR_SLOT_ID_INVALID);
    assert_int_equal(host->C_GetMechanismList(3, NULL, &count), CKR_SLOT_ID_INVALID);
    assert_int_equal(host->C_GetMechanismInfo(3, CKM_RSA_PKCS, &mechanism), CKR_SLOT_ID_INVALID);
    assert_int_equal(host->C_OpenSession(3, CKF_SERIAL_SESSION, NULL, NULL, &session),
                     CKR_SLOT_ID_INVALID);
    assert_int_equal(host->C_CloseAllSessions(3), CKR_SLOT_ID_INVALID);
    assert_int_equal(host->C_InitToken(3, NULL, 0, NULL), CKR_SLOT_ID_INVALID);
    CK_UTF8CHAR label[32] = "new";
    assert_int_equal(host->C_InitToken(0, label, 3, label), CKR_TOKEN_WRITE_PROTECTED);
}

/* A renewed image: one slot gone, one new, one with a new object, the order changed. */
static void renewal_keeps_numbers(void **state)
{
    (void)state;
    host_initialize();
    const CK_SESSION_HANDLE session = host_session(host_slot(1), 0);
    const CK_SESSION_HANDLE orphan = host_session(host_slot(0), 0);
    const CK_OBJECT_HANDLE certificate = host_object(session, CKO_CERTIFICATE);
    const CK_OBJECT_HANDLE key = host_object(session, CKO_PRIVATE_KEY);

    struct sca_image *image = host_image(4);
    struct sca_image_slot first = image->slots[0];
    image->slots[0] = image->slots[3];
    image->slots[3] = first;
    image->slot_count = 3; /* credential 0 is gone, 3 stands in its place */
    struct sca_image_object *added = sca_image_add_object(&image->slots[1]);
    sca_image_add_ulong(added, CKA_CLASS, CKO_DATA);
    SCA_BUF_AUTO content;
    host_encode(image, &content);
    image->slot_count = 4;
    sca_image_free(image);
    host_write_bytes(content.data, content.len);

    /* A search notices. */
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_ATTRIBUTE attr = {CKA_CLASS, &class, sizeof class};
    CK_OBJECT_HANDLE found[1];
    assert_int_equal(host_find(session, &attr, 1, found, 1), 1);
    assert_int_equal(host_object(session, CKO_CERTIFICATE), certificate);
    assert_int_equal(host_object(session, CKO_PRIVATE_KEY), key);

    CK_SLOT_ID slots[3];
    CK_ULONG count = host_slot_count();
    assert_int_equal(count, 3);
    assert_int_equal(host->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    assert_int_equal(slots[0], 3);
    assert_int_equal(slots[1], 1);
    assert_int_equal(slots[2], 2);

    /* The session of the credential that is gone finds its token removed, and can be closed. */
    assert_int_equal(host->C_FindObjectsInit(orphan, NULL, 0), CKR_DEVICE_REMOVED);
    assert_int_equal(host->C_CloseSession(orphan), CKR_OK);
}

/* Between asking for the number and bringing the buffer the list is the same. */
static void list_is_steady_between_two_calls(void **state)
{
    (void)state;
    host_initialize();
    CK_SLOT_ID slots[4];
    CK_ULONG count = host_slot_count();
    host_write_image(host_image(4));
    assert_int_equal(host->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    assert_int_equal(count, 3);
    assert_int_equal(host_slot_count(), 4);
}

static void first_list_with_a_buffer_is_fresh(void **state)
{
    (void)state;
    host_initialize();
    host_write_image(host_image(2));
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;
    assert_int_equal(host->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    assert_int_equal(count, 2);
}

/* Nobody has set anything up: no slot, at once, and nobody is asked. */
static void without_configuration(void **state)
{
    (void)state;
    char failure[256];
    snprintf(failure, sizeof failure, "%s/listing-failed", host_paths()->cache_dir);
    assert_int_equal(unlink(host_paths()->conf[0]), 0);
    host_initialize();
    assert_int_equal(host_slot_count(), 0);
    assert_int_equal(host->C_Finalize(NULL), CKR_OK);
    assert_int_equal(unlink(host_paths()->image), 0);
    host_initialize();
    assert_int_equal(host_slot_count(), 0);
    assert_int_not_equal(access(failure, F_OK), 0);
}

/* No image and no agent to make one: the failure is remembered for the next program. */
static void without_image(void **state)
{
    (void)state;
    char failure[256];
    struct stat before, after;
    snprintf(failure, sizeof failure, "%s/listing-failed", host_paths()->cache_dir);
    assert_int_equal(unlink(host_paths()->image), 0);
    host_initialize();
    assert_int_equal(host_slot_count(), 0);
    assert_int_equal(stat(failure, &before), 0);
    assert_int_equal(host->C_Finalize(NULL), CKR_OK);
    host_initialize();
    assert_int_equal(host_slot_count(), 0);
    assert_int_equal(stat(failure, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino); /* nobody asked, nobody failed again */

    /* The person repairs the configuration: that is worth asking at once. */
    host_write_file(host_paths()->conf[0], "[smartca]\n[account:work]\nprovider = csc\n");
    assert_int_equal(host_slot_count(), 0);
    assert_int_equal(stat(failure, &after), 0);
    assert_int_not_equal(before.st_ino, after.st_ino);

    host_write_image(host_image(2));
    assert_int_equal(host_slot_count(), 2);
}

static void unwritable_cache_is_no_error(void **state)
{
    (void)state;
    assert_int_equal(unlink(host_paths()->image), 0);
    assert_int_equal(rmdir(host_paths()->cache_dir), 0);
    host_write_file(host_paths()->cache_dir, "a file where the folder should be");
    host_initialize();
    assert_int_equal(host_slot_count(), 0);
    assert_int_equal(host_slot_count(), 0);
}

/* An account was never fetched: asked for again once its time has come, the rest stays listed. */
static void image_that_lacks_an_account(void **state)
{
    (void)state;
    char failure[256];
    snprintf(failure, sizeof failure, "%s/listing-failed", host_paths()->cache_dir);
    struct sca_image *image = host_image(1);
    image->retry_after_utc = sca_now_utc() + 3600;
    host_write_image(image);
    host_initialize();
    assert_int_equal(host_slot_count(), 1);
    assert_int_not_equal(access(failure, F_OK), 0);
    image = host_image(1);
    image->retry_after_utc = sca_now_utc() - 1;
    host_write_image(image);
    assert_int_equal(host_slot_count(), 1);
    assert_int_equal(access(failure, F_OK), 0);
}

static void read_frame(int connection, uint8_t type)
{
    uint8_t head[SCA_IPC_HEAD + 1], rest[4096];
    assert_int_equal(recv(connection, head, sizeof head, MSG_WAITALL), sizeof head);
    const size_t len = head[0] + 256u * head[1] - 1; /* small frames only */
    assert_true(len <= sizeof rest);
    assert_int_equal(recv(connection, rest, len, MSG_WAITALL), len);
    assert_int_equal(head[SCA_IPC_HEAD], type);
}

static void answer(int connection, enum sca_msg_type type)
{
    SCA_BUF_AUTO frame;
    sca_buf_init(&frame, 1024);
    sca_msg_begin(&frame, type);
    if (type == SCA_MSG_HELLO)
        sca_msg_add_u32(&frame, SCA_F_VERSION, SCA_IPC_VERSION);
    if (type == SCA_MSG_ERROR)
        sca_msg_add_u32(&frame, SCA_F_ERROR, (uint32_t)-SCA_E_NOMEM);
    assert_int_equal(sca_msg_end(&frame), 0);
    assert_int_equal(send(connection, frame.data, frame.len, MSG_NOSIGNAL), frame.len);
}

/* Who connects next, and has asked for a listing. */
static int asked(int listening)
{
    const int connection = accept(listening, NULL, NULL);
    assert_true(connection >= 0);
    read_frame(connection, SCA_MSG_HELLO);
    answer(connection, SCA_MSG_HELLO);
    read_frame(connection, SCA_MSG_REFRESH);
    return connection;
}

/* An agent that is asked once, fetches, and writes the image. */
static void *fetching_agent(void *arg)
{
    const int connection = asked(*(const int *)arg);
    host_write_image(host_image(2));
    answer(connection, SCA_MSG_DONE);
    close(connection);
    return NULL;
}

/* Memory is out when it is asked for the first time. */
static void *agent_without_memory(void *arg)
{
    const int connection = asked(*(const int *)arg);
    answer(connection, SCA_MSG_ERROR);
    close(connection);
    return fetching_agent(arg);
}

/* A person who has just set up an account and opens a program. */
static void first_listing_shows_what_the_agent_fetched(void **state)
{
    (void)state;
    char failure[256];
    pthread_t thread;
    snprintf(failure, sizeof failure, "%s/listing-failed", host_paths()->cache_dir);
    assert_int_equal(unlink(host_paths()->image), 0);
    int listening = host_listen();
    assert_int_equal(pthread_create(&thread, NULL, fetching_agent, &listening), 0);
    host_initialize();
    assert_int_equal(host_slot_count(), 2);
    assert_int_equal(pthread_join(thread, NULL), 0);
    close(listening);
    assert_int_equal(host_slot_count(), 2); /* nobody is there to be asked again */
    assert_int_not_equal(access(failure, F_OK), 0);
}

/* The service was not asked: that is no reason to leave it in peace for a while. */
static void memory_that_was_out_is_no_pause(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(unlink(host_paths()->image), 0);
    int listening = host_listen();
    assert_int_equal(pthread_create(&thread, NULL, agent_without_memory, &listening), 0);
    host_initialize();
    assert_int_equal(host_slot_count(), 0);
    const CK_ULONG slots = host_slot_count();
    shutdown(listening, SHUT_RDWR); /* an agent that is not asked again goes, too */
    assert_int_equal(slots, 2);
    assert_int_equal(pthread_join(thread, NULL), 0);
    close(listening);
}

static void broken_images_list_nothing(void **state)
{
    (void)state;
    SCA_BUF_AUTO content;
    SCA_IMAGE_AUTO image = host_image(1);
    host_encode(image, &content);
    for (size_t len = 0; len < content.len; len += len < 64 || len + 64 > content.len ? 1 : 31) {
        host_write_bytes(content.data, len);
        host_initialize();
        assert_int_equal(host_slot_count(), 0);
        assert_int_equal(host->C_Finalize(NULL), CKR_OK);
    }
    content.data[content.len / 2] ^= 1;
    host_write_bytes(content.data, content.len);
    host_initialize();
    assert_int_equal(host_slot_count(), 0);
}

/* Damage while a program runs takes nothing away from it. */
static void known_slots_survive_damage(void **state)
{
    (void)state;
    host_initialize();
    const CK_SESSION_HANDLE session = host_session(host_slot(0), 0);
    const CK_OBJECT_HANDLE key = host_object(session, CKO_PRIVATE_KEY);
    host_write_bytes("SCAIMG", 6);
    assert_int_equal(host_slot_count(), 3);
    assert_int_equal(host_object(session, CKO_PRIVATE_KEY), key);
    assert_int_equal(unlink(host_paths()->image), 0);
    assert_int_equal(host_slot_count(), 3);
    assert_int_equal(host_object(session, CKO_PRIVATE_KEY), key);
}

static void image_that_others_can_write_is_not_read(void **state)
{
    (void)state;
    assert_int_equal(chmod(host_paths()->image, 0666), 0);
    host_initialize();
    assert_int_equal(host_slot_count(), 0);
    assert_int_equal(chmod(host_paths()->image, 0600), 0);
    assert_int_equal(host_slot_count(), 3);
}

#define TEST(name, slots)                                                                          \
    {                                                                                              \
#name, name, host_set_up, host_tear_down, slots                                            \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(slots_and_tokens, &three),
        TEST(unknown_slots, &three),
        TEST(renewal_keeps_numbers, &three),
        TEST(list_is_steady_between_two_calls, &three),
        TEST(first_list_with_a_buffer_is_fresh, &three),
        TEST(without_configuration, &three),
        TEST(without_image, &three),
        TEST(unwritable_cache_is_no_error, &three),
        TEST(image_that_lacks_an_account, &three),
        TEST(first_listing_shows_what_the_agent_fetched, &three),
        TEST(memory_that_was_out_is_no_pause, &three),
        TEST(broken_images_list_nothing, &three),
        TEST(known_slots_survive_damage, &three),
        TEST(image_that_others_can_write_is_not_read, &three),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
