/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/principal.h"

#include "base/utf8.h"
#include "policy/topic.h"

#include <stdlib.h>
#include <string.h>

struct slice auth_method_name(enum auth_method method)
{
	static const struct slice names[METHOD_COUNT] = {
#define X(name, word, meaning) [METHOD_##name] = SLICE_INIT(word),
#include "identity/principal.def"
#undef X
	};

	return names[method];
}

bool rights_allow(const struct rights *rights, struct slice asked)
{
	for (size_t i = 0; i < rights->count; i++) {
		if (topic_pattern_covers(rights->patterns[i], asked))
			return true;
	}
	return false;
}

bool rights_allow_all(const struct rights *rights, const struct slice *asked, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!rights_allow(rights, asked[i]))
			return false;
	}
	return true;
}

static enum err check_name(struct slice name, size_t max)
{
	if (name.len > max)
		return E_TOO_BIG;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];

		if (c < 0x20 || c == 0x7f)
			return E_BAD_FIELD;
	}
	return utf8_valid(name) ? OK : E_BAD_UTF8;
}

static enum err check_rights(const struct rights *rights)
{
	if (rights->count > PRINCIPAL_MAX_PATTERNS)
		return E_TOO_BIG;
	for (size_t i = 0; i < rights->count; i++) {
		if (rights->patterns[i].len > TOPIC_MAX_LEN)
			return E_TOO_BIG;
		if (!topic_pattern_is_valid(rights->patterns[i]))
			return E_SYNTAX;
	}
	return OK;
}

static enum err check_facts(const struct principal_facts *facts)
{
	enum err err = check_name(facts->subject, PRINCIPAL_MAX_SUBJECT);

	if (!err)
		err = check_name(facts->sid, PRINCIPAL_MAX_ID);
	if (!err)
		err = check_name(facts->jti, PRINCIPAL_MAX_ID);
	if (!err)
		err = check_rights(&facts->subscribe);
	if (!err)
		err = check_rights(&facts->publish);
	return err;
}

static size_t rights_bytes(const struct rights *rights)
{
	size_t n = 0;

	for (size_t i = 0; i < rights->count; i++)
		n += rights->patterns[i].len;
	return n;
}

/* What follows the record in its block: first all slices of the rights, then all bytes. */
struct tail {
	struct slice *slices;
	char *bytes;
};

static struct slice keep(struct tail *tail, struct slice s)
{
	struct slice copy = {tail->bytes, s.len};

	if (s.len > 0)
		memcpy(tail->bytes, s.ptr, s.len);
	tail->bytes += s.len;
	return copy;
}

static struct rights keep_rights(struct tail *tail, const struct rights *rights)
{
	struct rights copy = {tail->slices, rights->count};

	for (size_t i = 0; i < rights->count; i++)
		*tail->slices++ = keep(tail, rights->patterns[i]);
	return copy;
}

static struct principal *copy_facts(const struct principal_facts *facts)
{
	size_t patterns = facts->subscribe.count + facts->publish.count;
	size_t bytes = facts->subject.len + facts->sid.len + facts->jti.len +
		       rights_bytes(&facts->subscribe) + rights_bytes(&facts->publish);
	struct principal *p = calloc(1, sizeof(*p) + patterns * sizeof(struct slice) + bytes);

	if (!p)
		return NULL;
	struct slice *slices = (struct slice *)(p + 1);
	struct tail tail = {slices, (char *)(slices + patterns)};
	p->facts = *facts;
	p->facts.subject = keep(&tail, facts->subject);
	p->facts.sid = keep(&tail, facts->sid);
	p->facts.jti = keep(&tail, facts->jti);
	p->facts.subscribe = keep_rights(&tail, &facts->subscribe);
	p->facts.publish = keep_rights(&tail, &facts->publish);
	atomic_init(&p->refs, 1);
	return p;
}

static void write_log_id(char out[PRINCIPAL_LOG_ID], uint64_t hash)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < PRINCIPAL_LOG_ID; i++)
		out[i] = digits[hash >> (60 - 4 * i) & 15];
}

enum err principal_new(const struct principal_facts *facts, struct siphash_key key,
		       struct principal **ret_principal)
{
	enum err err = check_facts(facts);

	if (err)
		return err;
	struct principal *p = copy_facts(facts);
	if (!p)
		return E_NOMEM;
	write_log_id(p->log_id, siphash(key, p->facts.subject));
	*ret_principal = p;
	return OK;
}

enum err principal_narrow(const struct principal *from, enum auth_method method,
			  const struct slice *topics, size_t count,
			  struct principal **ret_principal)
{
	struct principal_facts facts = from->facts;

	facts.method = method;
	facts.subscribe = (struct rights){topics, count};
	facts.publish = (struct rights){NULL, 0};
	enum err err = check_rights(&facts.subscribe);
	if (err)
		return err;
	if (!rights_allow_all(&from->facts.subscribe, topics, count))
		return E_NOT_FOUND;
	struct principal *p = copy_facts(&facts);
	if (!p)
		return E_NOMEM;
	memcpy(p->log_id, from->log_id, sizeof(p->log_id));
	*ret_principal = p;
	return OK;
}

struct principal *principal_ref(struct principal *p)
{
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return p;
}

void principal_unref(struct principal *p)
{
	/* Acquire and release: the last reader's loads come before the free. */
	if (p && atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1)
		free(p);
}

bool principal_is_expired(const struct principal *p, uint64_t now_ms)
{
	return p->facts.expires_ms > 0 && now_ms >= p->facts.expires_ms;
}

struct slice principal_log_id(const struct principal *p)
{
	return (struct slice){p->log_id, sizeof(p->log_id)};
}
