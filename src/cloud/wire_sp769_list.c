/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads get_certificate. One bad entry never costs the person the others; what is shown is made
 * printable, what is sent back (the serial number) is kept exactly or the entry is not used.
 */
#include <string.h>
#include "cloud/base.h"
#include "cloud/answer.h"
#include "cloud/certs.h"
#include "cloud/sp769_reply.h"
#include "cloud/wire_sp769.h"

static int read_status(const json_t *item, struct sca_cloud_cert *cert)
{
    const char *status = sca_json_text(item, "cert_status");
    const char *code = sca_json_text(item, "cert_status_code");

    cert->state = sca_sp769_says_blocked(status) || sca_sp769_says_blocked(code) ? SCA_CERT_BLOCKED
                                                                                 : SCA_CERT_USABLE;
    return sca_cert_printable(status != NULL && status[0] != '\0' ? status : code, &cert->status);
}

/* The issuing CA, then the root; a missing one before another leaves an empty place. */
static int read_chain(const json_t *item, struct sca_cloud_cert *cert)
{
    static const char *const keys[] = {"ca_cert", "root_cert"};
    const json_t *chain = json_object_get(item, "chain_data");

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *text = sca_json_text(chain, keys[i]);
        if (text == NULL)
            continue;
        int err = sca_json_base64(text, SCA_CERT_DER_MAX, &cert->chain[i]);
        if (err == SCA_E_NOMEM)
            return err;
        if (err == 0)
            cert->chain_count = i + 1;
    }
    return 0;
}

static int read_cert(const json_t *item, struct sca_cloud_cert *ret_cert)
{
    struct sca_cloud_cert cert = {0};
    const char *der = sca_json_text(item, "cert_data");

    int err = der == NULL ? SCA_E_FORMAT : sca_json_base64(der, SCA_CERT_DER_MAX, &cert.der);
    if (err == 0)
        err = sca_cert_exact(sca_json_text(item, "serial_number"), &cert.serial);
    if (err == 0)
        err = sca_cert_exact(sca_json_text(item, "cert_id"), &cert.provider_id);
    if (err == 0)
        err = sca_cert_printable(sca_json_text(item, "service_type"), &cert.service);
    if (err == 0)
        err = read_status(item, &cert);
    if (err == 0)
        err = read_chain(item, &cert);
    if (err != 0) {
        sca_base_cert_clear(&cert);
        return err;
    }
    *ret_cert = cert;
    return 0;
}

int sca_sp769_read_list(const struct sca_http_reply *http, struct sca_cloud_listing *ret_listing,
                        char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    SCA_SP769_REPLY_AUTO reply;

    sca_sp769_reply_open(http, &reply);
    memcpy(ret_detail, reply.detail, SCA_CLOUD_DETAIL_SIZE);
    int err = sca_transport_err(http->transport);
    if (err != 0)
        return err;
    if (reply.success) {
        ret_detail[0] = '\0'; /* "Success" explains no failure */
        return sca_certs_read(json_object_get(reply.data, "user_certificates"), read_cert,
                              ret_listing);
    }
    if (!reply.ours || sca_sp769_http_undecided(&reply) || sca_sp769_code_undecided(&reply))
        return SCA_E_SERVER;
    return sca_sp769_refusal(&reply);
}
