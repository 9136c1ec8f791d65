/* SPDX-License-Identifier: Apache-2.0 */
/*
 * survey.h - one request over HTTP/2 for the auditor: what the server sent is told as it came, with
 * the fields that HTTP/2 forbids too (RFC 9113 8.2.2), which other clients hide or end the stream
 * for. Without a socket. One survey belongs to one thread.
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "http/fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H2_SURVEY_MAX_FIELDS 24u /* of the request, besides those of its URL */

struct h2_survey;

/* All slices are valid during the call only. No call may free the survey. */
struct h2_survey_events {
	void *ctx;
	void (*field)(void *ctx, struct slice name, struct slice value);
	/* The end of a head; interim ones (1xx) too. `status` 0: it had none, or trailers. */
	void (*head)(void *ctx, unsigned status);
	void (*data)(void *ctx, struct slice data);
	/* `error`: a code of RFC 9113 7; 0: END_STREAM. */
	void (*closed)(void *ctx, uint32_t error);
	void (*goaway)(void *ctx, uint32_t error);
};

struct h2_survey_request {
	struct slice method;
	struct slice scheme;
	struct slice authority;
	struct slice path;
	const struct http_field *fields;
	size_t field_count; /* at most H2_SURVEY_MAX_FIELDS */
	uint32_t window;    /* bytes of the stream that may be sent ahead; 0: plenty */
	struct slice body;  /* ptr NULL: none; its bytes stay as long as the survey */
};

/* The preface, SETTINGS and the request are its first output. NULL: no memory. */
struct h2_survey *h2_survey_new(const struct h2_survey_events *events,
				const struct h2_survey_request *request);
/* NULL-safe. Tells nobody. */
void h2_survey_free(struct h2_survey *s);
/* Bytes from the server. False: they are no HTTP/2; h2_survey_why says why. */
bool h2_survey_receive(struct h2_survey *s, struct slice bytes);
/* Static text; NULL while all is well. */
const char *h2_survey_why(const struct h2_survey *s);
/* What is to be sent next; empty: nothing now. Valid until the next call of this header. */
struct slice h2_survey_output(struct h2_survey *s);
/* The first `n` bytes of it have been sent. */
void h2_survey_sent(struct h2_survey *s, size_t n);
/* Streams at a time that the server allows; UINT32_MAX: it has not said. */
uint32_t h2_survey_max_streams(const struct h2_survey *s);
