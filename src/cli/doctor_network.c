/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to a service, before it is asked: the proxy that the environment names, as libcurl reads
 * it (curl(1), ENVIRONMENT), whether the service's name is known, whether there is a network.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/text.h"
#include "doctor.h"

#define SENTENCE_SIZE 1024

/* Host name or address of an https URL without user name, as the configuration takes them. */
static char *host_of(const char *url)
{
    const char *start = strstr(url, "://");
    if (!start)
        return NULL;
    start += 3;
    if (*start == '[')
        return strndup(start + 1, strcspn(start + 1, "]"));
    return strndup(start, strcspn(start, ":/?#"));
}

static bool is_address(const char *host)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* "*", or the host or a domain it belongs to stands in the list. */
static bool excepted(const char *list, const char *host)
{
    const size_t host_len = strlen(host);

    while (list && *list) {
        const size_t gap = strspn(list, ", .");
        const size_t len = strcspn(list + gap, ", ");
        const char *name = list + gap;

        if (len == 1 && *name == '*')
            return true;
        if (len > 0 && len <= host_len && strncasecmp(host + host_len - len, name, len) == 0 &&
            (len == host_len || host[host_len - len - 1] == '.'))
            return true;
        list = name + len;
    }
    return false;
}

static const char *proxy_for(const char *host)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    const char *except = secure_getenv("no_proxy");

    if (excepted(except ? except : secure_getenv("NO_PROXY"), host))
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = secure_getenv(names[i]);
        if (value && *value)
            return value;
    }
    return NULL;
}

/* A proxy's address may hold a password; what is shown begins after it. */
static const char *without_password(const char *proxy)
{
    const char *at = strrchr(proxy, '@');
    return at ? at + 1 : proxy;
}

/* An interface that is up and has an address; for a service on this computer loopback is one. */
static bool has_network(bool loopback)
{
    struct ifaddrs *all = NULL;
    bool found = false;

    if (getifaddrs(&all) != 0)
        return true; /* nobody knows */
    for (const struct ifaddrs *one = all; one && !found; one = one->ifa_next)
        found = one->ifa_addr &&
                (one->ifa_addr->sa_family == AF_INET || one->ifa_addr->sa_family == AF_INET6) &&
                (one->ifa_flags & IFF_UP) != 0 &&
                (loopback || (one->ifa_flags & IFF_LOOPBACK) == 0);
    freeifaddrs(all);
    return found;
}

static bool name_known(const char *host)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(host, NULL, &hints, &found);

    if (failed == 0)
        freeaddrinfo(found);
    return failed == 0;
}

static enum sca_way check_name(const struct sca_config_account *account, const char *host,
                               struct sca_report *report)
{
    char sentence[SENTENCE_SIZE];

    if (!name_known(host)) /* sca_doctor_failure says so, for the service then fails */
        return has_network(false) ? SCA_WAY_NO_NAME : SCA_WAY_NO_NETWORK;
    snprintf(sentence, sizeof sentence, _("The service's name %s is known."), host);
    sca_report_add(report, &(struct sca_finding){.verdict = SCA_VERDICT_GOOD,
                                                 .check = "dns",
                                                 .account = account->name,
                                                 .sentence = sentence});
    return SCA_WAY_OPEN;
}

enum sca_way sca_doctor_way(const struct sca_config_account *account, struct sca_report *report)
{
    SCA_TEXT_AUTO host = account->url ? host_of(account->url) : NULL;
    if (!host)
        return SCA_WAY_OPEN;
    const char *proxy = proxy_for(host);
    if (proxy) {
        char sentence[SENTENCE_SIZE];
        snprintf(sentence, sizeof sentence, _("The connection goes through the proxy %s."),
                 without_password(proxy));
        sca_report_add(report, &(struct sca_finding){.verdict = SCA_VERDICT_GOOD,
                                                     .check = "proxy",
                                                     .account = account->name,
                                                     .sentence = sentence});
        return SCA_WAY_PROXY;
    }
    if (!is_address(host))
        return check_name(account, host, report);
    const bool here = strncmp(host, "127.", 4) == 0 || sca_streq(host, "::1");
    return has_network(here) ? SCA_WAY_OPEN : SCA_WAY_NO_NETWORK;
}
