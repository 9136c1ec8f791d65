/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: four lines: the text of a ticket, a route, a right of its owner and a topic that is asked
 * for; then the value of a cookie. Among all texts one alone opens, on its route, once, for topics
 * that the right covers; a cookie never holds more than the attributes that we gave it.
 */
#include "identity/resume_cookie.h"
#include "identity/ticket.h"

#include "base/require.h"
#include "policy/topic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEY    ((struct siphash_key){1, 2})
#define SECRET SLICE("0123456789abcdef")
#define TEXT   SLICE("MDEyMzQ1Njc4OWFiY2RlZg")

static enum auth_fault redeem(struct tickets *tickets, struct slice text, struct slice route,
			      struct slice topic)
{
	struct grant_ask ask = {text, route, &topic, 1, 1};
	struct principal *p = NULL;
	enum auth_fault fault = ticket_redeem(tickets, &ask, &p);

	require(!p == (fault != AUTH_OK));
	principal_unref(p);
	return fault;
}

static void try_ticket(struct principal *owner, struct slice text, struct slice route,
		       struct slice topic)
{
	struct tickets *tickets = tickets_new(1, KEY);
	struct grant_order order = {owner, SLICE("/stream"), 1, 1};
	const struct rights *rights = &owner->facts.subscribe;
	char bytes[GRANT_MAX_TEXT];
	struct writer w;

	writer_init(&w, bytes, sizeof(bytes));
	require(tickets &&
		!ticket_mint(tickets, &order, rights->patterns, rights->count, SECRET, &w));
	require(slice_eq(writer_slice(&w), TEXT));
	enum auth_fault fault = redeem(tickets, text, route, topic);
	bool is_it = slice_eq(text, TEXT);
	require((fault == AUTH_OK) == (is_it && slice_eq(route, SLICE("/stream")) &&
				       topic_pattern_covers(rights->patterns[0], topic)));
	require(redeem(tickets, TEXT, SLICE("/stream"), rights->patterns[0]) ==
		(is_it ? AUTH_TICKET_SPENT : AUTH_OK));
	require(tickets_count(tickets) == 1);
	tickets_free(tickets);
}

static size_t count(struct slice s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == c;
	return n;
}

static void try_cookie(struct slice value, struct slice path)
{
	struct resume_cookie cookie = {value, path, 900, true, true};
	char bytes[1024];
	struct writer w;

	writer_init(&w, bytes, sizeof(bytes));
	if (resume_cookie_put(&w, &cookie))
		return;
	require(count(writer_slice(&w), ';') == 6);
	require(!slice_has_any(writer_slice(&w), SLICE("\r\n")));
	require(slice_find(writer_slice(&w), '\0') == w.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = {(const char *)data, size};
	struct slice text = slice_cut(&rest, '\n');
	struct slice route = slice_cut(&rest, '\n');
	struct slice right = slice_cut(&rest, '\n');
	struct slice topic = slice_cut(&rest, '\n');
	struct principal_facts facts = {.subject = SLICE("ada"), .subscribe = {&right, 1}};
	struct principal *owner;

	try_cookie(rest, route);
	if (!topic_pattern_is_valid(topic) || principal_new(&facts, KEY, &owner))
		return 0;
	try_ticket(owner, text, route, topic);
	principal_unref(owner);
	return 0;
}
