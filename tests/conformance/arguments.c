/* SPDX-License-Identifier: Apache-2.0 */
/* See arguments.h. */
#include "arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

enum { SIGNATURE_LEN = 256, REGIONS = 16 };

static const CK_BYTE digestinfo_head[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                          0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                          0x01, 0x05, 0x00, 0x04, 0x20};

/* ---- memory that ends at a wall ------------------------------------------------------------ */

static CK_BYTE *walls[REGIONS];
static size_t walls_used;

void args_build_walls(void)
{
    for (size_t i = 0; i < REGIONS; i++) {
        CK_BYTE *region = mmap(NULL, (size_t)2 * ARGS_ROOM, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_true(region != MAP_FAILED);
        assert_int_equal(mprotect(region + ARGS_ROOM, ARGS_ROOM, PROT_NONE), 0);
        walls[i] = region;
    }
}

void *args_at_wall(const void *content, size_t len)
{
    assert_true(len <= ARGS_ROOM && walls_used < REGIONS);
    CK_BYTE *place = walls[walls_used++] + ARGS_ROOM - len;
    if (content)
        memcpy(place, content, len);
    return place;
}

size_t args_entry_size(const struct function *function)
{
    if (strcmp(function->name, "C_GetInterfaceList") == 0)
        return sizeof(CK_INTERFACE);
    return strstr(function->name, "List") ? sizeof(CK_ULONG) : 1;
}

/* ---- arguments ----------------------------------------------------------------------------- */

CK_ULONG args_room;
static CK_OBJECT_CLASS class;

static CK_MECHANISM *mechanism(CK_MECHANISM_TYPE type)
{
    const CK_MECHANISM content = {type, NULL, 0};
    return args_at_wall(&content, sizeof content);
}

static CK_ATTRIBUTE *template(void)
{
    class = CKO_DATA;
    const CK_ATTRIBUTE content = {CKA_CLASS, &class, sizeof class};
    return args_at_wall(&content, sizeof content);
}

CK_BYTE *args_digestinfo(void)
{
    CK_BYTE *data = args_at_wall(NULL, ARGS_DATA_LEN);
    memset(data, 0xa5, ARGS_DATA_LEN);
    memcpy(data, digestinfo_head, sizeof digestinfo_head);
    return data;
}

static union arg pointer(void *p)
{
    return (union arg){.p = p};
}

static union arg number(CK_ULONG n)
{
    return (union arg){.n = n};
}

static union arg good(const struct subject *subject, char kind)
{
    switch (kind) {
    case 's':
        return number(subject->slot);
    case 'h':
        return number(subject->session);
    case 'o':
        return number(subject->object);
    case 'k':
        return number(subject->private_key);
    case 'p':
        return number(subject->public_key);
    case 'm':
        return number(CKM_RSA_PKCS);
    case 'c':
        return number(1);
    case 'l':
    case 'r':
        return number(ARGS_DATA_LEN);
    case 'z':
        return number(SIGNATURE_LEN);
    case 'I':
    case 'O':
    case 'F':
        return pointer(memset(args_at_wall(NULL, ARGS_ROOM), 0, ARGS_ROOM));
    case 'W':
        return pointer(args_at_wall(NULL, ARGS_DATA_LEN));
    case 'L':
        return pointer(&args_room);
    case 'D':
        return pointer(args_digestinfo());
    case 'S':
        return pointer(memset(args_at_wall(NULL, SIGNATURE_LEN), 1, SIGNATURE_LEN));
    case 'T':
        return pointer(template());
    case 'M':
        return pointer(mechanism(CKM_RSA_PKCS));
    case 'H':
        return pointer(mechanism(CKM_SHA256));
    default:
        return kind >= '0' && kind <= '9' ? number((CK_ULONG)(kind - '0')) : pointer(NULL);
    }
}

void good_args(const struct function *function, const struct subject *subject,
               union arg args[static ARGS_MAX])
{
    walls_used = 0;
    args_room = ARGS_ROOM / args_entry_size(function);
    memset(args, 0, ARGS_MAX * sizeof args[0]);
    for (size_t i = 0; function->args[i]; i++)
        args[i] = good(subject, function->args[i]);
}
