/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/auth_answer.h"

#include "identity/json_strict.h"

#define MAX_SECONDS 253402300799.0 /* the end of the year 9999 */

static bool read_text(const json_t *object, const char *name, size_t max, struct slice *ret_text)
{
	return json_text(object, name, max, ret_text) != JSON_BAD;
}

static bool read_seconds(const json_t *object, const char *name, uint64_t *ret_ms)
{
	const json_t *value = json_object_get(object, name);
	double seconds = json_number_value(value);

	if (!value)
		return true;
	if (!json_is_number(value) || !(seconds > 0 && seconds <= MAX_SECONDS))
		return false;
	*ret_ms = (uint64_t)(seconds * 1000);
	return true;
}

static bool read_patterns(const json_t *object, const char *name,
			  struct slice patterns[PRINCIPAL_MAX_PATTERNS], struct rights *ret_rights)
{
	const json_t *list = json_object_get(object, name);
	size_t n = json_array_size(list);

	if (!list)
		return true;
	if (!json_is_array(list) || n > PRINCIPAL_MAX_PATTERNS)
		return false;
	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_array_get(list, i);

		if (!json_is_string(value))
			return false;
		patterns[i] = (struct slice){json_string_value(value), json_string_length(value)};
	}
	*ret_rights = (struct rights){patterns, n};
	return true;
}

static enum auth_fault make(const json_t *object, uint64_t now_ms, struct siphash_key key,
			    struct principal **ret_principal)
{
	struct slice subscribe[PRINCIPAL_MAX_PATTERNS], publish[PRINCIPAL_MAX_PATTERNS];
	struct principal_facts facts = {.method = METHOD_INTROSPECTION};

	if (json_text(object, "sub", PRINCIPAL_MAX_SUBJECT, &facts.subject) != JSON_GOOD ||
	    !read_text(object, "sid", PRINCIPAL_MAX_ID, &facts.sid) ||
	    !read_text(object, "jti", PRINCIPAL_MAX_ID, &facts.jti) ||
	    !read_seconds(object, "iat", &facts.issued_ms) ||
	    !read_seconds(object, "exp", &facts.expires_ms) ||
	    !read_patterns(object, "subscribe", subscribe, &facts.subscribe) ||
	    !read_patterns(object, "publish", publish, &facts.publish))
		return AUTH_INTROSPECTION_FAILED;
	if (facts.expires_ms != 0 && facts.expires_ms <= now_ms)
		return AUTH_EXPIRED;
	enum err err = principal_new(&facts, key, ret_principal);
	if (err == E_NOMEM)
		return AUTH_NO_MEMORY;
	return err ? AUTH_INTROSPECTION_FAILED : AUTH_OK;
}

enum auth_fault auth_answer_read(struct slice body, uint64_t now_ms, struct siphash_key key,
				 struct principal **ret_principal)
{
	json_t *object = json_strict_object(body);

	if (!object)
		return AUTH_INTROSPECTION_FAILED;
	enum auth_fault fault = make(object, now_ms, key, ret_principal);
	json_decref(object);
	return fault;
}
