/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hostile side of the socket: every field is optional until it was found, every text bounded.
 */
#include "peer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "build_config.h"
#include "common/err.h"
#include "common/path.h"
#include "common/text.h"
#include "executable.h"

#define NAME_MAX_LEN 256 /* bytes of account, credential, build */
#define ENV_MAX_LEN  4096

int sca_version_compare(const char *a, const char *b)
{
    while (*a != '\0' || *b != '\0') {
        char *a_end = NULL;
        char *b_end = NULL;
        unsigned long a_part = strtoul(a, &a_end, 10);
        unsigned long b_part = strtoul(b, &b_end, 10);

        if (a_part != b_part)
            return a_part < b_part ? -1 : 1;
        a = *a_end == '.' ? a_end + 1 : "";
        b = *b_end == '.' ? b_end + 1 : "";
    }
    return 0;
}

int sca_peer_check(struct sca_peer *peer, int fd)
{
    struct ucred who;
    socklen_t len = sizeof who;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
        return SCA_E_IO;
    peer->pid = who.pid;
    if (who.uid != geteuid())
        return SCA_E_PERM;
    sca_executable_of_peer(fd, who.pid, peer->executable);
    return 0;
}

/* The kernel's name of the process. */
static void name_from_kernel(struct sca_peer *peer)
{
    char path[64];
    char text[SCA_PROGRAM_SIZE] = "";

    snprintf(path, sizeof path, "/proc/%lld/comm", (long long)peer->pid);
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        if (fgets(text, sizeof text, file) == NULL)
            text[0] = '\0';
        fclose(file);
    }
    text[strcspn(text, "\n")] = '\0';
    sca_text_printable(*text != '\0' ? text : "?", peer->program, sizeof peer->program);
}

static bool only_blanks(const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    return *text == '\0';
}

static int read_program(struct sca_peer *peer, const struct sca_msg *hello)
{
    SCA_TEXT_AUTO program = NULL;

    int err = sca_msg_text(hello, SCA_F_PROGRAM, ENV_MAX_LEN, &program);
    if (err != 0)
        return err;
    sca_text_printable(program, peer->program, sizeof peer->program);
    if (only_blanks(peer->program))
        name_from_kernel(peer);
    return 0;
}

/* An empty text is as good as none. */
static int read_env(const struct sca_msg *hello, enum sca_field tag, char **ret_text)
{
    char *text = NULL;

    int err = sca_msg_text(hello, tag, ENV_MAX_LEN, &text);
    if (err != 0)
        return err;
    if (text != NULL && *text == '\0') {
        free(text);
        text = NULL;
    }
    free(*ret_text);
    *ret_text = text;
    return 0;
}

int64_t sca_peer_frame_len(const struct sca_buf *in)
{
    struct sca_reader reader = sca_reader((struct sca_bytes){in->data, in->len});

    if (in->len < SCA_IPC_HEAD)
        return 0;
    uint32_t len = sca_read_u32(&reader);
    if (len > SCA_IPC_FRAME_MAX)
        return SCA_E_LIMIT;
    return in->len - SCA_IPC_HEAD >= len ? (int64_t)len + SCA_IPC_HEAD : 0;
}

void sca_peer_drop_front(struct sca_buf *in, size_t len)
{
    size_t rest = in->len - len;

    memmove(in->data, in->data + len, rest);
    sca_wipe(in->data + rest, len);
    in->len = rest;
}

static int check_version(const struct sca_msg *hello)
{
    SCA_TEXT_AUTO build = NULL;
    uint32_t version = 0;

    if (!sca_msg_u32(hello, SCA_F_VERSION, &version))
        return SCA_E_FORMAT;
    int err = sca_msg_text(hello, SCA_F_BUILD, NAME_MAX_LEN, &build);
    if (err != 0)
        return err;
    if (version > SCA_IPC_VERSION)
        return SCA_E_VERSION;
    return build != NULL && sca_version_compare(build, SCA_PRODUCT_VERSION) > 0 ? SCA_E_VERSION : 0;
}

int sca_peer_greet(struct sca_peer *peer, const struct sca_msg *hello)
{
    int err = check_version(hello);

    if (err == 0)
        err = read_program(peer, hello);
    if (err == 0)
        err = read_env(hello, SCA_F_LANGUAGE, &peer->screen.language);
    if (err == 0)
        err = read_env(hello, SCA_F_DISPLAY, &peer->screen.display);
    if (err == 0)
        err = read_env(hello, SCA_F_WAYLAND, &peer->screen.wayland);
    if (err == 0)
        err = read_env(hello, SCA_F_DBUS, &peer->screen.dbus);
    if (err == 0)
        err = read_env(hello, SCA_F_XAUTHORITY, &peer->screen.xauthority);
    if (err == 0)
        err = read_env(hello, SCA_F_TTY, &peer->screen.tty);
    if (err == 0)
        err = read_env(hello, SCA_F_TERM, &peer->screen.term);
    return err;
}

void sca_peer_clear(struct sca_peer *peer)
{
    sca_screen_clear(&peer->screen);
}

static int read_secret(const struct sca_msg *msg, enum sca_field tag,
                       struct sca_secret **ret_secret)
{
    struct sca_bytes bytes = msg->field[tag];

    return bytes.data != NULL ? sca_secret_new(bytes.data, bytes.len, ret_secret) : 0;
}

int sca_peer_read_sign(const struct sca_msg *msg, struct sca_peer_sign *ret_sign)
{
    uint32_t scheme = 0;
    uint32_t hash = 0;

    int err = sca_msg_text(msg, SCA_F_ACCOUNT, NAME_MAX_LEN, &ret_sign->account);
    if (err == 0)
        err = sca_msg_text(msg, SCA_F_CREDENTIAL, NAME_MAX_LEN, &ret_sign->credential);
    if (err == 0 && (ret_sign->account == NULL || ret_sign->credential == NULL ||
                     !sca_msg_u32(msg, SCA_F_SCHEME, &scheme) ||
                     !sca_msg_u32(msg, SCA_F_HASH, &hash) || scheme < SCA_SCHEME_PKCS1 ||
                     scheme > SCA_SCHEME_ECDSA || hash < SCA_HASH_SHA1 || hash > SCA_HASH_SHA512))
        err = SCA_E_FORMAT;
    if (err == 0)
        err = read_secret(msg, SCA_F_PIN, &ret_sign->pin);
    if (err == 0)
        err = read_secret(msg, SCA_F_OTP, &ret_sign->otp);
    if (!sca_msg_u32(msg, SCA_F_MECHANISM, &ret_sign->mechanism))
        ret_sign->mechanism = 0;
    ret_sign->scheme = (enum sca_scheme)scheme;
    ret_sign->hash = (enum sca_hash)hash;
    ret_sign->digest = msg->field[SCA_F_DIGEST];
    return err;
}

void sca_peer_sign_clear(struct sca_peer_sign *sign)
{
    free(sign->account);
    free(sign->credential);
    sca_secret_free(&sign->pin);
    sca_secret_free(&sign->otp);
}
