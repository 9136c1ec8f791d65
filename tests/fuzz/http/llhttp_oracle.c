/* SPDX-License-Identifier: Apache-2.0 */
#include "llhttp_oracle.h"

#include <llhttp.h>

static int on_field(llhttp_t *parser)
{
	struct llhttp_reading *reading = parser->data;

	reading->fields++;
	return 0;
}

/* The head is all that is compared: stop before the body. */
static int on_head(llhttp_t *parser)
{
	struct llhttp_reading *reading = parser->data;

	reading->accepted = true;
	return HPE_PAUSED;
}

struct llhttp_reading llhttp_read(const char *head, size_t len)
{
	struct llhttp_reading reading = {.accepted = false};
	llhttp_settings_t settings;
	llhttp_t parser;

	llhttp_settings_init(&settings);
	settings.on_header_value_complete = on_field;
	settings.on_headers_complete = on_head;
	llhttp_init(&parser, HTTP_REQUEST, &settings);
	parser.data = &reading;
	llhttp_errno_t err = llhttp_execute(&parser, head, len);
	reading.accepted = reading.accepted && err == HPE_PAUSED;
	reading.method = llhttp_method_name((llhttp_method_t)parser.method);
	reading.major = parser.http_major;
	reading.minor = parser.http_minor;
	reading.chunked = (parser.flags & F_CHUNKED) != 0;
	reading.has_length = (parser.flags & F_CONTENT_LENGTH) != 0;
	reading.length = parser.content_length;
	return reading;
}
