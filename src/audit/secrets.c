/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/secrets.h"

#include "audit/fingerprint.h"

void secrets_add(struct recorder_secrets *secrets, struct slice secret)
{
	if (secret.len >= RECORDER_MIN_SECRET && secrets->count < RECORDER_MAX_SECRETS)
		secrets->of[secrets->count++] = secret;
}

/* What stands behind the '=' of each pair. */
static void add_cookies(struct recorder_secrets *secrets, struct slice pairs)
{
	while (pairs.len > 0) {
		struct slice pair = slice_trim(slice_cut(&pairs, ';'));

		secrets_add(secrets, slice_from(pair, slice_find(pair, '=') + 1));
	}
}

static void add_credential(struct recorder_secrets *secrets, const struct audit_credential *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct slice value = c->fields[i].value;

		if (slice_eq(c->fields[i].name, SLICE("Cookie")))
			add_cookies(secrets, value);
		else
			secrets_add(secrets, slice_from(value, slice_find(value, ' ') + 1));
	}
}

static bool speaks_of_secret(struct slice name)
{
	static const struct slice words[] = {
		SLICE_INIT("token"),     SLICE_INIT("secret"),     SLICE_INIT("passw"),
		SLICE_INIT("signature"), SLICE_INIT("ticket"),     SLICE_INIT("jwt"),
		SLICE_INIT("session"),   SLICE_INIT("credential"), SLICE_INIT("apikey"),
		SLICE_INIT("api_key"),   SLICE_INIT("api-key"),    SLICE_INIT("access_key"),
	};
	static const struct slice names[] = {
		SLICE_INIT("key"), SLICE_INIT("auth"), SLICE_INIT("sig"),
		SLICE_INIT("sid"), SLICE_INIT("pwd"),  SLICE_INIT("hmac"),
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (text_has(name, words[i]))
			return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_eq_nocase(name, names[i]))
			return true;
	return false;
}

static void add_decoded(struct recorder_secrets *secrets, struct arena *arena, struct slice value,
			bool form)
{
	char *room = arena_alloc(arena, value.len + 1);
	struct writer w;

	if (!room)
		return;
	writer_init(&w, room, value.len);
	if (!url_decode(&w, value, form) && !slice_eq(writer_slice(&w), value))
		secrets_add(secrets, writer_slice(&w));
}

/* A server may repeat it decoded, with the plus as a space or as it is. */
static void add_value(struct recorder_secrets *secrets, struct arena *arena, struct slice value)
{
	secrets_add(secrets, value);
	add_decoded(secrets, arena, value, true);
	if (slice_find(value, '+') < value.len)
		add_decoded(secrets, arena, value, false);
}

static void add_url(struct recorder_secrets *secrets, struct arena *arena, const struct url *url)
{
	struct slice query = slice_from(url->target, slice_find(url->target, '?') + 1);
	struct slice name, value;

	while (url_query_next(&query, &name, &value))
		if (speaks_of_secret(name))
			add_value(secrets, arena, value);
}

void secrets_take(struct recorder_secrets *secrets, struct arena *arena,
		  const struct audit_settings *settings)
{
	add_credential(secrets, &settings->first);
	add_credential(secrets, &settings->second);
	add_url(secrets, arena, &settings->url);
	if (settings->has_ticket_url)
		add_url(secrets, arena, &settings->ticket_url);
	if (settings->has_page)
		add_url(secrets, arena, &settings->page);
	for (size_t i = 0; i < settings->via_count; i++)
		add_url(secrets, arena, &settings->via_urls[i]);
}
