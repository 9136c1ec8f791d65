/* SPDX-License-Identifier: Apache-2.0 */
#include "http/chunked.h"

#include "http/chars.h"

/* Hexadecimal digits of a chunk size: sixteen fill 64 bits, so a size cannot overflow. */
#define MAX_DIGITS 16u

void http_chunked_init(struct http_chunked *c)
{
	*c = (struct http_chunked){.state = CHUNK_SIZE};
}

static enum http_fault on_size(struct http_chunked *c, char b)
{
	int digit = ascii_hex(b);

	if (digit >= 0 && c->digits < MAX_DIGITS) {
		c->left = c->left << 4 | (unsigned)digit;
		c->digits++;
		return HTTP_FAULT_NONE;
	}
	if (digit >= 0 || c->digits == 0 || (b != ';' && b != '\r'))
		return HTTP_FAULT_CHUNK_SIZE;
	c->state = b == ';' ? CHUNK_EXTENSION : CHUNK_SIZE_LF;
	return HTTP_FAULT_NONE;
}

static enum http_fault on_extension(struct http_chunked *c, char b)
{
	if (b == '\r')
		c->state = CHUNK_SIZE_LF;
	else if (b == '\t' || text_run((struct slice){&b, 1}) == 0)
		return HTTP_FAULT_CHUNK_EXTENSION;
	return HTTP_FAULT_NONE;
}

static enum http_fault expect_byte(struct http_chunked *c, char b, char want,
				   enum http_chunk_state next, enum http_fault fault)
{
	if (b != want)
		return fault;
	c->state = next;
	return HTTP_FAULT_NONE;
}

static enum http_fault on_size_lf(struct http_chunked *c, char b)
{
	enum http_chunk_state next = c->left > 0 ? CHUNK_DATA : CHUNK_TRAILER_START;

	c->line = 0;
	c->digits = 0;
	return expect_byte(c, b, '\n', next, HTTP_FAULT_CHUNK_SIZE);
}

static enum http_fault on_trailer_start(struct http_chunked *c, char b)
{
	if (b == '\r')
		c->state = CHUNK_LAST_LF;
	else if (char_is(b, CHAR_TOKEN))
		c->state = CHUNK_TRAILER_NAME;
	else
		return HTTP_FAULT_TRAILER;
	return HTTP_FAULT_NONE;
}

static enum http_fault on_trailer_name(struct http_chunked *c, char b)
{
	if (b == ':')
		c->state = CHUNK_TRAILER_VALUE;
	else if (!char_is(b, CHAR_TOKEN))
		return HTTP_FAULT_TRAILER;
	return HTTP_FAULT_NONE;
}

static enum http_fault on_trailer_value(struct http_chunked *c, char b)
{
	if (b == '\r')
		c->state = CHUNK_TRAILER_LF;
	else if (text_run((struct slice){&b, 1}) == 0)
		return HTTP_FAULT_TRAILER;
	return HTTP_FAULT_NONE;
}

static enum http_fault on_byte(struct http_chunked *c, char b)
{
	switch (c->state) {
	case CHUNK_SIZE:
		return on_size(c, b);
	case CHUNK_EXTENSION:
		return on_extension(c, b);
	case CHUNK_SIZE_LF:
		return on_size_lf(c, b);
	case CHUNK_DATA_CR:
		return expect_byte(c, b, '\r', CHUNK_DATA_LF, HTTP_FAULT_CHUNK_END);
	case CHUNK_DATA_LF:
		return expect_byte(c, b, '\n', CHUNK_SIZE, HTTP_FAULT_CHUNK_END);
	case CHUNK_TRAILER_START:
		return on_trailer_start(c, b);
	case CHUNK_TRAILER_NAME:
		return on_trailer_name(c, b);
	case CHUNK_TRAILER_VALUE:
		return on_trailer_value(c, b);
	case CHUNK_TRAILER_LF:
		return expect_byte(c, b, '\n', CHUNK_TRAILER_START, HTTP_FAULT_TRAILER);
	case CHUNK_LAST_LF:
		return expect_byte(c, b, '\n', CHUNK_DONE, HTTP_FAULT_TRAILER);
	case CHUNK_DATA:
	case CHUNK_DONE:
		break;
	}
	return HTTP_FAULT_NONE;
}

/* The CR behind the size is counted with its line, hence one more. */
static enum http_fault count_byte(struct http_chunked *c)
{
	if (c->state <= CHUNK_EXTENSION && ++c->line > HTTP_MAX_CHUNK_LINE + 1)
		return HTTP_FAULT_CHUNK_LINE_TOO_LONG;
	if (c->state >= CHUNK_TRAILER_START && ++c->trailer > HTTP_MAX_TRAILER)
		return HTTP_FAULT_TRAILER_TOO_LONG;
	return HTTP_FAULT_NONE;
}

static struct slice take_data(struct http_chunked *c, struct slice in)
{
	struct slice data = c->left < in.len ? slice_upto(in, (size_t)c->left) : in;

	c->left -= data.len;
	if (c->left == 0)
		c->state = CHUNK_DATA_CR;
	return data;
}

enum http_step http_chunked_eat(struct http_chunked *c, struct slice in, size_t *ret_used,
				struct slice *ret_data, enum http_fault *ret_fault)
{
	struct slice data = SLICE_NONE;
	size_t used = 0;

	while (used < in.len && c->state != CHUNK_DATA && c->state != CHUNK_DONE) {
		enum http_fault fault = count_byte(c);

		if (!fault)
			fault = on_byte(c, in.ptr[used++]);
		if (fault) {
			*ret_fault = fault;
			return HTTP_REFUSED;
		}
	}
	if (c->state == CHUNK_DATA && used < in.len)
		data = take_data(c, slice_from(in, used));
	*ret_used = used + data.len;
	*ret_data = data;
	return c->state == CHUNK_DONE ? HTTP_DONE : HTTP_MORE;
}
