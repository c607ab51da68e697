/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent says of a session, as one line. */
#include "session_line.h"

#include <stdio.h>
#include "cli.h"

static const char *text_of(const json_t *session, const char *key)
{
    const char *text = json_string_value(json_object_get(session, key));
    return text ? text : "";
}

void sca_session_line(const json_t *session, char ret_line[static SCA_SESSION_LINE_SIZE])
{
    const long long left =
        (long long)json_integer_value(json_object_get(session, "signatures_left"));
    const long long seconds =
        (long long)json_integer_value(json_object_get(session, "seconds_left"));

    snprintf(ret_line, SCA_SESSION_LINE_SIZE,
             ngettext("%s: session of %s (%s), %lld more signature without confirmation, %lld "
                      "min left",
                      "%s: session of %s (%s), %lld more signatures without confirmation, %lld "
                      "min left",
                      (unsigned long)left),
             text_of(session, "account"), text_of(session, "program"), text_of(session, "scope"),
             left, (seconds + 59) / 60);
}
