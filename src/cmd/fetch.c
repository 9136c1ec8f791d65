/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/fetch.h"

#include "cmd/client.h"
#include "http/chars.h"
#include "os/link.h"
#include "os/resolver.h"

#include <openssl/crypto.h>

#define READ_SIZE 8192u /* bytes taken from the connection at once */

_Static_assert(RESOLVER_MAX_ADDRESSES <= DIAL_MAX_ADDRESSES, "every address can be tried");

static struct fetch_why because(enum fetch_fault fault, const char *detail)
{
	return (struct fetch_why){fault, detail};
}

/* The request. */

static bool is_sendable(const struct http_field *field)
{
	return char_all(field->name, CHAR_TOKEN) && text_run(field->value) == field->value.len;
}

static enum fetch_fault put_request(struct writer *w, const struct fetch_request *request)
{
	client_put_head(w, request->method, request->url);
	client_put_field(w, SLICE("Connection"), SLICE("close"));
	for (size_t i = 0; i < request->field_count; i++) {
		if (!is_sendable(&request->fields[i]))
			return FETCH_BAD_FIELD;
		client_put_field(w, request->fields[i].name, request->fields[i].value);
	}
	if (request->body.ptr) {
		put(w, SLICE("Content-Length: "));
		put_u64(w, request->body.len);
		put(w, SLICE("\r\n"));
	}
	put(w, SLICE("\r\n"));
	return w->overflow ? FETCH_REQUEST_TOO_BIG : FETCH_OK;
}

static struct fetch_why why_link(enum link_fault fault, const struct link *link)
{
	static const enum fetch_fault faults[] = {
		[LINK_OK] = FETCH_OK,
		[LINK_LATE] = FETCH_LATE,
		[LINK_STOPPED] = FETCH_STOPPED,
		[LINK_UNREACHABLE] = FETCH_UNREACHABLE,
		[LINK_UNTRUSTED] = FETCH_UNTRUSTED,
		[LINK_BROKEN] = FETCH_BROKEN,
	};

	return because(faults[fault], fault ? link->why : NULL);
}

/* A peer that refuses early may have closed: what it said is read before that counts. */
static struct fetch_why send_request(struct link *link, const struct fetch_request *request)
{
	char room[FETCH_MAX_REQUEST];
	struct writer w;

	writer_init(&w, room, sizeof(room));
	struct fetch_why result = because(put_request(&w, request), NULL);
	if (!result.fault) {
		enum link_fault fault = link_send(link, writer_slice(&w));

		if (!fault && request->body.len > 0)
			fault = link_send(link, request->body);
		if (fault != LINK_BROKEN)
			result = why_link(fault, link);
	}
	/* The fields may hold a credential. */
	OPENSSL_cleanse(room, w.len);
	return result;
}

/* The answer. */

static struct fetch_why receive(struct link *link, struct fetch_response *response)
{
	char room[READ_SIZE];

	while (!response->done) {
		size_t n = 0;
		enum link_fault fault = link_receive(link, room, sizeof(room), &n);

		if (fault)
			return why_link(fault, link);
		enum fetch_fault bad = n > 0 ? fetch_response_eat(response, (struct slice){room, n})
					     : fetch_response_end(response);
		if (bad)
			return because(bad, NULL);
	}
	return because(FETCH_OK, NULL);
}

static enum fetch_fault no_address(enum err err, const struct patience *patience)
{
	if (err != E_IO)
		return FETCH_NO_ADDRESS;
	return patience_left_ms(patience) == 0 ? FETCH_LATE : FETCH_STOPPED;
}

static struct fetch_why resolve(const struct fetch_request *request, struct tcp_target *targets,
				size_t *ret_count)
{
	const struct url *url = request->url;
	const char *text = NULL;
	enum err err = resolver_lookup(url->host, url->port, request->servers, &request->patience,
				       targets, ret_count, &text);

	if (err)
		return because(no_address(err, &request->patience), text);
	/* The name alone must not decide where plain text goes. */
	for (size_t i = 0; !url->https && i < *ret_count; i++) {
		if (!resolver_is_loopback(&targets[i]))
			return because(FETCH_NEEDS_TLS, NULL);
	}
	return because(FETCH_OK, NULL);
}

static struct fetch_why exchange(struct link *link, const struct fetch_request *request,
				 const struct tcp_target *targets, size_t count,
				 struct fetch_response *response)
{
	const struct url *url = request->url;
	enum link_fault fault = link_open(link, targets, count, url->https ? request->trust : NULL,
					  url->host, &request->patience);

	if (fault)
		return why_link(fault, link);
	struct fetch_why result = send_request(link, request);
	return result.fault ? result : receive(link, response);
}

struct fetch_why fetch(const struct fetch_request *request, struct fetch_response *response)
{
	struct tcp_target targets[RESOLVER_MAX_ADDRESSES];
	struct link link;
	size_t count = 0;

	if (!url_is_private(request->url))
		return because(FETCH_NEEDS_TLS, NULL);
	struct fetch_why result = resolve(request, targets, &count);
	if (result.fault)
		return result;
	result = exchange(&link, request, targets, count, response);
	link_close(&link);
	return result;
}

void fetch_put_why(struct writer *w, struct fetch_why why)
{
	put(w, slice_of(fetch_fault_text(why.fault)));
	if (why.detail) {
		put(w, SLICE(": "));
		put(w, slice_of(why.detail));
	}
}
