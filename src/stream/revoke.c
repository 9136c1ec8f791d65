/* SPDX-License-Identifier: Apache-2.0 */
/* revoke.c - POST /auth/revoke: ends credentials, and the streams that they opened, at once. */
#include "stream/conn.h"

#include <jansson.h>

static const struct {
	const char *member;
	enum revocation_kind kind;
} kinds[] = {
	{"sub", REVOKE_SUBJECT},
	{"sid", REVOKE_SID},
	{"jti", REVOKE_JTI},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* What is wrong with the body; ptr NULL: nothing. All of it is judged before any of it is done. */
static struct slice judge(const json_t *root)
{
	size_t named = 0;

	if (!json_is_object(root))
		return SLICE("the body must be one JSON object");
	for (size_t i = 0; i < KINDS; i++) {
		const json_t *id = json_object_get(root, kinds[i].member);
		size_t len = json_string_length(id);

		if (!id)
			continue;
		if (!json_is_string(id) || len == 0 || len > REVOCATIONS_MAX_ID)
			return SLICE("sub, sid and jti are strings of 1 to 256 bytes");
		named++;
	}
	if (named == 0 || named != json_object_size(root))
		return SLICE("name sub, sid or jti, and nothing else");
	return SLICE_NONE;
}

static enum err revoke_one(struct engine *e, enum revocation_kind kind, const json_t *id)
{
	struct revocation r = {
		.kind = kind,
		.id = {json_string_value(id), json_string_length(id)},
		.at_ms = e->unix_ms,
	};
	enum err err = revocations_add(e->config.revocations, &r, e->unix_ms);

	if (err)
		return err;
	if (e->config.tickets)
		(void)tickets_revoke(e->config.tickets, &r);
	if (e->config.resumes)
		(void)resumes_revoke(e->config.resumes, &r);
	e->counters.revocations++;
	return OK;
}

static enum err revoke_all(struct engine *e, const json_t *root)
{
	enum err err = OK;

	for (size_t i = 0; !err && i < KINDS; i++) {
		const json_t *id = json_object_get(root, kinds[i].member);

		if (id)
			err = revoke_one(e, kinds[i].kind, id);
	}
	return err;
}

void revoke_finish(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	json_error_t error;
	json_t *root = json_loadb(x->body.ptr ? x->body.ptr : "", x->body.len,
				  JSON_REJECT_DUPLICATES, &error);
	struct slice wrong = judge(root);
	enum err err = wrong.ptr ? OK : revoke_all(e, root);

	json_decref(root);
	/* Every worker looks at its streams, this one in its next turn. */
	if (!wrong.ptr)
		e->config.io.published(e->config.io.ctx);
	if (wrong.ptr)
		post_refuse(e, c, REFUSAL_BAD_JSON, wrong);
	else if (err)
		post_refuse(e, c, REFUSAL_REVOCATIONS_FULL, SLICE_NONE);
	else
		answer_json(e, c, 200, SLICE("{\"revoked\":true}\n"));
}
