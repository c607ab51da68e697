/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sentences for people: there is one for every outcome in both languages, with every name in braces
 * filled in, and those that were agreed upon stand word for word.
 */
#include "harness.h"
#include <stdbool.h>
#include "agent/i18n.h"
#include "agent/sentence.h"
#include "common/err.h"
#include "common/text.h"

static const struct sca_sentence_facts facts = {
    .account = "work",
    .service = "VNPT SmartCA",
    .host = "gwsca.vnpt.vn",
    .detail = "chi tiết",
    .txn_id = "3f2a1b2c-0000-4000-8000-000000000000",
    .asked = SCA_HASH_SHA1,
    .offered = SCA_BIT(SCA_HASH_SHA256),
    .limit = 20,
    .server_key = "sha256//expected",
    .program = "soffice.bin",
    .executable = "/usr/lib/libreoffice/program/soffice.bin",
};

static void assert_sentence(int err, const char *language, const char *expected)
{
    char text[SCA_SENTENCE_SIZE];

    sca_i18n_use(language, NULL);
    sca_sentence(err, &facts, text);
    assert_string_equal(text, expected);
}

static void test_session_is_added(void **state)
{
    char text[SCA_SENTENCE_SIZE] = "Signed.";

    (void)state;
    sca_i18n_use("en", NULL);
    sca_sentence_add_session(text, true, 4, 10);
    assert_string_equal(text, "Signed. 4 more signatures within 10 min need no confirmation; "
                              "smartca lock ends this.");
    sca_i18n_use("vi", NULL);
    snprintf(text, sizeof text, "%s", "Ký.");
    sca_sentence_add_session(text, false, 1, 10);
    assert_string_equal(text, "Ký. Lần xác nhận này dùng được cho tối đa 1 chữ ký nữa trong 10 "
                              "phút.");
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    sca_sentence_add_session(text, true, 4, 10); /* no room: nothing is lost but this */
    assert_int_equal(strlen(text), sizeof text - 1);
}

static void test_agreed_wording(void **state)
{
    (void)state;
    assert_sentence(SCA_E_REJECTED, "vi", "Bạn đã từ chối trên điện thoại. Chưa dùng lượt ký nào.");
    assert_sentence(SCA_E_REJECTED, "en",
                    "You rejected this on your phone. No signature was used.");
    assert_sentence(SCA_E_UNCERTAIN, "vi",
                    "Mất kết nối trong lúc ký. Giao dịch 3f2a… đang được kiểm tra lại; ký lại tệp "
                    "này sẽ không mất thêm lượt.");
    assert_sentence(SCA_E_UNCERTAIN, "en",
                    "The connection broke while signing. Transaction 3f2a… is being looked up; "
                    "signing this file again costs nothing more.");
    assert_sentence(SCA_E_UNSUPPORTED, "vi",
                    "Phần mềm yêu cầu SHA-1, dịch vụ chỉ ký SHA-256. Chưa gửi gì đi. Hãy chọn "
                    "SHA-256 trong phần mềm.");
    assert_sentence(SCA_E_UNSUPPORTED, "en",
                    "The program asked for SHA-1; the service signs SHA-256 only. Nothing was "
                    "sent. Choose SHA-256 in the program.");
    assert_sentence(SCA_E_PROGRAM, "en",
                    "soffice.bin may not sign with account work: "
                    "/usr/lib/libreoffice/program/soffice.bin is not in its list of programs. "
                    "Nothing was sent. To let it sign, add that path to programs in the "
                    "configuration file.");
}

static void assert_whole(const char *text)
{
    size_t len = strlen(text);

    assert_true(len >= 4 && len < SCA_SENTENCE_SIZE - 1);
    assert_null(strpbrk(text, "%{}!"));
    assert_null(strstr(text, "?"));
    assert_true(sca_utf8_valid((struct sca_bytes){(const uint8_t *)text, len}));
}

/* Every number of err.h: those that sca_err_name knows. */
static void test_every_error(void **state)
{
    int known = 0;

    (void)state;
    for (int err = 0; err > -100; err--) {
        char vietnamese[SCA_SENTENCE_SIZE];
        char english[SCA_SENTENCE_SIZE];
        char other[SCA_SENTENCE_SIZE];

        sca_i18n_use("vi", NULL);
        sca_sentence(err, &facts, vietnamese);
        sca_i18n_use("en", NULL);
        sca_sentence(err, &facts, english);
        sca_sentence(-12345, &facts, other);
        assert_whole(vietnamese);
        assert_whole(english);
        assert_string_not_equal(vietnamese, english);
        if (strcmp(sca_err_name(err), "unknown") == 0)
            continue;
        known++;
        assert_string_not_equal(english, other); /* a sentence of its own */
    }
    assert_true(known > 25);
}

/* With nothing known at all there is still a sentence. */
static void test_without_facts(void **state)
{
    const struct sca_sentence_facts nothing = {0};

    (void)state;
    for (int err = 0; err > -100; err--) {
        char text[SCA_SENTENCE_SIZE];

        sca_i18n_use("vi", NULL);
        sca_sentence(err, &nothing, text);
        assert_true(strlen(text) >= 4);
        assert_null(strpbrk(text, "%{}"));
    }
}

static void test_facts_change_the_sentence(void **state)
{
    struct sca_sentence_facts more = facts;
    char text[SCA_SENTENCE_SIZE];

    (void)state;
    sca_i18n_use("en", NULL);
    more.not_after_utc = 1700000000;
    sca_sentence(SCA_E_CERT, &more, text);
    assert_non_null(strstr(text, "expired on 2023-11-1"));
    more.offered |= SCA_BIT(SCA_HASH_SHA512);
    sca_sentence(SCA_E_UNSUPPORTED, &more, text);
    assert_non_null(strstr(text, "signs SHA-256, SHA-512 only"));
    assert_non_null(strstr(text, "Choose SHA-256 in"));
    more.asked = SCA_HASH_SHA256; /* not the digest but the scheme is wrong */
    sca_sentence(SCA_E_UNSUPPORTED, &more, text);
    assert_non_null(strstr(text, "kind of signature"));
    sca_sentence(SCA_E_BUDGET, &more, text);
    assert_non_null(strstr(text, "(20)"));
    sca_sentence(SCA_E_SERVER, &more, text);
    assert_non_null(strstr(text, "(gwsca.vnpt.vn)"));
    assert_non_null(strstr(text, "(chi tiết)"));
}

/* After every end that a host may meet the sentence says what was used, in both languages. */
static void test_says_what_was_used(void **state)
{
    static const int ends[] = {
        SCA_E_REJECTED,  SCA_E_EXPIRED, SCA_E_CANCELLED, SCA_E_BUDGET,      SCA_E_QUOTA,
        SCA_E_USER_AUTH, SCA_E_CERT,    SCA_E_NEED_AUTH, SCA_E_USER_LOCKED, SCA_E_SP_AUTH,
        SCA_E_NO_CERT,   SCA_E_REFUSED, SCA_E_TLS,       SCA_E_UNREACHABLE, SCA_E_UNCERTAIN,
        SCA_E_SERVER,    SCA_E_TIMEOUT, SCA_E_NOT_FOUND, SCA_E_UNSUPPORTED, SCA_E_BAD_SIGNATURE};
    struct sca_sentence_facts sure = facts;

    (void)state;
    sure.unspent = true;
    for (size_t i = 0; i < 2 * sizeof ends / sizeof ends[0]; i++) {
        char text[SCA_SENTENCE_SIZE];
        const int err = ends[i / 2];

        sure.tries = (struct sca_tries){.known = i % 3 == 0, .left = 2};
        sure.at_notice = i % 3 == 1;
        sca_i18n_use(i % 2 ? "vi" : "en", NULL);
        sca_sentence(err, &sure, text);
        bool said =
            i % 2 ? strstr(text, "hưa dùng lượt") || strstr(text, "hưa gửi gì") ||
                        strstr(text, "không mất thêm lượt") || strstr(text, "đã mất một lượt")
                  : strstr(text, "o signature was used") || strstr(text, "othing was sent") ||
                        strstr(text, "costs nothing more") || strstr(text, "may have been used");
        if (!said)
            fail_msg("%s: %s", sca_err_name(err), text);
        assert_whole(text);
    }
}

/* What the service says of tries, what a provider's account consists of, what nobody can know. */
static void test_services_differ(void **state)
{
    struct sca_sentence_facts more = facts;
    char text[SCA_SENTENCE_SIZE];

    (void)state;
    sca_i18n_use("en", NULL);
    sca_sentence(SCA_E_SP_AUTH, &more, text);
    assert_non_null(strstr(text, ": sp-id, sp-password, user-id"));
    more.settings = SCA_SET_USER_ID | SCA_SET_RELYING_PARTY;
    sca_sentence(SCA_E_SP_AUTH, &more, text);
    assert_non_null(strstr(text, ": relying-party-..., user-id"));
    assert_null(strstr(text, "sp-id"));

    more.tries = (struct sca_tries){.known = true, .left = 3};
    sca_sentence(SCA_E_USER_AUTH, &more, text);
    assert_non_null(strstr(text, "before it is locked: 3."));
    more.tries = (struct sca_tries){.locked_s = 299};
    sca_sentence(SCA_E_USER_LOCKED, &more, text);
    assert_non_null(strstr(text, "Wait 5 min"));
    more.tries = (struct sca_tries){.locked_s = UINT32_MAX};
    sca_sentence(SCA_E_USER_LOCKED, &more, text);
    assert_non_null(strstr(text, "min,"));

    more.blind = true;
    sca_sentence(SCA_E_UNCERTAIN, &more, text);
    assert_null(strstr(text, "looked up"));
    assert_non_null(strstr(text, "may have been used"));
}

/* A provider's words cannot break out of their place, and never cut a letter. */
static void test_hostile_facts(void **state)
{
    struct sca_sentence_facts hostile = facts;
    char huge[4000] = "";
    char text[SCA_SENTENCE_SIZE];

    (void)state;
    for (size_t i = 0; i + 3 < sizeof huge; i += 3)
        memcpy(huge + i, "ễ", 4);
    hostile.detail = huge;
    hostile.account = huge;
    hostile.service = huge;
    hostile.host = huge;
    sca_i18n_use("vi", NULL);
    for (int err = 0; err > -100; err--) {
        sca_sentence(err, &hostile, text);
        assert_true(sca_utf8_valid((struct sca_bytes){(const uint8_t *)text, strlen(text)}));
    }
    hostile.detail = "a\x1b[31m\n{account} %s";
    sca_sentence(SCA_E_SERVER, &hostile, text);
    assert_null(strpbrk(text, "\x1b\n"));
    assert_non_null(strstr(text, "{account} %s)"));
}

static void assert_phone(const char *language, size_t documents, const char *expected)
{
    char text[256];

    sca_i18n_use(language, NULL);
    sca_sentence_phone(&(struct sca_sentence_request){.program = "soffice",
                                                      .computer = "may-tinh-1",
                                                      .documents = documents,
                                                      .code = "7QF-29K"},
                       text, sizeof text);
    assert_string_equal(text, expected);
}

static void test_phone(void **state)
{
    char text[256];
    char small[20];
    char longest[500];

    (void)state;
    assert_phone("vi", 1, "soffice trên may-tinh-1: 1 tài liệu, mã đối chiếu 7QF-29K");
    assert_phone("vi", 3, "soffice trên may-tinh-1: 3 tài liệu, mã đối chiếu 7QF-29K");
    assert_phone("en", 1, "soffice on may-tinh-1: 1 document, code 7QF-29K");
    assert_phone("en", 3, "soffice on may-tinh-1: 3 documents, code 7QF-29K");
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    struct sca_sentence_request request = {
        .program = longest, .computer = longest, .documents = 1, .code = "7QF-29K"};
    sca_sentence_phone(&request, text, sizeof text);
    assert_non_null(strstr(text, "7QF-29K")); /* never cut off by long names */
    request.session_signatures = 500;
    request.session_minutes = 120;
    char phone[240]; /* what the phone is sent */
    sca_i18n_use("vi", NULL);
    sca_sentence_phone(&request, phone, sizeof phone);
    assert_non_null(strstr(phone, "7QF-29K"));
    request.program = "soffice";
    request.computer = "may-tinh-1";
    request.session_signatures = 50;
    request.session_minutes = 30;
    sca_sentence_phone(&request, text, sizeof text);
    assert_string_equal(text, "soffice trên may-tinh-1: 1 tài liệu và tối đa 49 tài liệu nữa trong "
                              "30 phút, mã đối chiếu 7QF-29K");
    sca_i18n_use("en", NULL);
    request.documents = 3;
    sca_sentence_phone(&request, text, sizeof text);
    assert_string_equal(text, "soffice on may-tinh-1: 3 documents and up to 47 more within 30 min, "
                              "code 7QF-29K");
    sca_i18n_use("vi", NULL);
    sca_sentence_phone(
        &(struct sca_sentence_request){
            .program = "a", .computer = "b", .documents = 1, .code = "7QF-29K"},
        small, sizeof small);
    assert_true(sca_utf8_valid((struct sca_bytes){(const uint8_t *)small, strlen(small)}));
}

static void test_waiting(void **state)
{
    char text[SCA_SENTENCE_SIZE];

    (void)state;
    sca_i18n_use("vi", NULL);
    sca_sentence_waiting("Nguyễn Thị Mẫu", "VNPT SmartCA", 1, "7QF-29K", 291, text);
    assert_string_equal(text, "Ký số 1 tài liệu bằng Nguyễn Thị Mẫu (VNPT SmartCA): xác nhận trên "
                              "điện thoại, mã đối chiếu 7QF-29K, còn 4:51");
    sca_i18n_use("en", NULL);
    sca_sentence_waiting("Nguyễn Thị Mẫu", "VNPT SmartCA", 2, "7QF-29K", 5, text);
    assert_string_equal(text, "Signing 2 documents as Nguyễn Thị Mẫu (VNPT SmartCA): confirm on "
                              "your phone, code 7QF-29K, 0:05 left");
    sca_sentence_browsing("Nguyễn Thị Mẫu", "CSC", 2, "7QF-29K", 5, text);
    assert_string_equal(text, "Signing 2 documents as Nguyễn Thị Mẫu (CSC): confirm in your "
                              "browser, code 7QF-29K, 0:05 left");
    sca_i18n_use("vi", NULL);
    sca_sentence_browsing("Nguyễn Thị Mẫu", "CSC", 1, "7QF-29K", 291, text);
    assert_string_equal(text, "Ký số 1 tài liệu bằng Nguyễn Thị Mẫu (CSC): xác nhận trong trình "
                              "duyệt, mã đối chiếu 7QF-29K, còn 4:51");
}

/* Nobody is sent to a phone who was asked on a web page. */
static void test_browser(void **state)
{
    static const int errs[] = {SCA_E_REJECTED, SCA_E_EXPIRED, SCA_E_CANCELLED};
    struct sca_sentence_facts more = facts;
    char text[SCA_SENTENCE_SIZE];

    (void)state;
    more.browser = true;
    more.unsent = true;
    for (size_t i = 0; i < sizeof errs / sizeof errs[0]; i++) {
        sca_i18n_use("en", NULL);
        sca_sentence(errs[i], &more, text);
        assert_non_null(strstr(text, "browser"));
        assert_null(strstr(text, "phone"));
        sca_i18n_use("vi", NULL);
        sca_sentence(errs[i], &more, text);
        assert_non_null(strstr(text, "trình duyệt"));
        assert_null(strstr(text, "điện thoại"));
    }
}

static void test_language(void **state)
{
    static const struct {
        const char *setting;
        const char *environment;
        const char *language;
    } choices[] = {
        {NULL, NULL, "en"},          {NULL, "", "en"},        {NULL, "vi_VN.UTF-8", "vi"},
        {NULL, "vi", "vi"},          {NULL, "vi:en", "vi"},   {NULL, "en_US.UTF-8", "en"},
        {NULL, "C", "en"},           {NULL, "virtual", "en"}, {"vi", "en_US.UTF-8", "vi"},
        {"en", "vi_VN.UTF-8", "en"}, {NULL, "fr:vi", "en"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(choices); i++) {
        sca_i18n_use(choices[i].setting, choices[i].environment);
        assert_string_equal(sca_i18n_language(), choices[i].language);
        assert_string_equal(gettext("Signed."),
                            strcmp(choices[i].language, "vi") == 0 ? "Đã ký." : "Signed.");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agreed_wording),
        cmocka_unit_test(test_session_is_added),
        cmocka_unit_test(test_every_error),
        cmocka_unit_test(test_without_facts),
        cmocka_unit_test(test_facts_change_the_sentence),
        cmocka_unit_test(test_says_what_was_used),
        cmocka_unit_test(test_services_differ),
        cmocka_unit_test(test_hostile_facts),
        cmocka_unit_test(test_phone),
        cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_browser),
        cmocka_unit_test(test_language),
    };

    sca_i18n_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
