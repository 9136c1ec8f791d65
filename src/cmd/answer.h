/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - what a server said when it did not give what was asked, as one line for a person. */
#pragma once

#include "base/writer.h"

#define ANSWER_MAX_TEXT   512u /* bytes of the server's own words that are shown */
#define ANSWER_MAX_DETAIL 256u /* and of what they speak of */

/* "403 Forbidden: words (more)", with `message` and `detail` of a JSON body where they are. */
void answer_put_refusal(struct writer *w, unsigned status, struct slice body);
/* 200 with a Content-Type that is no event stream. */
void answer_put_wrong_type(struct writer *w, struct slice type);
