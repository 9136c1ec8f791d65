/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/credential.h"

#include "http/cookie.h"

static enum refusal find_bearer(const struct http_request *req, struct slice *ret_token)
{
	size_t n = http_field_count(req, SLICE("Authorization"));
	struct slice rest = http_field_get(req, SLICE("Authorization"));

	*ret_token = SLICE_NONE;
	if (n == 0)
		return REFUSAL_NONE;
	if (n > 1)
		return REFUSAL_TWO_CREDENTIALS;
	struct slice scheme = slice_cut(&rest, ' ');
	if (!slice_eq_nocase(scheme, SLICE("Bearer")) || slice_trim(rest).len == 0)
		return REFUSAL_BAD_CREDENTIAL;
	*ret_token = slice_trim(rest);
	return REFUSAL_NONE;
}

static enum refusal find_cookie(const struct http_request *req, struct slice name,
				struct slice *ret_value)
{
	*ret_value = SLICE_NONE;
	if (!name.ptr)
		return REFUSAL_NONE;
	for (size_t i = 0; i < req->field_count; i++) {
		struct slice value;

		if (!slice_eq_nocase(req->fields[i].name, SLICE("Cookie")))
			continue;
		enum err err = cookie_get(req->fields[i].value, name, &value);
		if (err == E_NOT_FOUND)
			continue;
		if (err == E_EXISTS || (!err && ret_value->ptr))
			return REFUSAL_TWO_CREDENTIALS;
		if (err)
			return REFUSAL_BAD_CREDENTIAL;
		*ret_value = value;
	}
	return REFUSAL_NONE;
}

static size_t add(struct credential *found, size_t n, enum credential_source source,
		  struct slice value)
{
	if (!value.ptr)
		return n;
	for (size_t i = 0; i < n; i++) {
		if (slice_eq(found[i].value, value))
			return n;
	}
	found[n] = (struct credential){source, value};
	return n + 1;
}

enum refusal credential_find(const struct http_request *req, const struct credential_places *places,
			     struct credential *ret, struct slice *ret_resume)
{
	struct credential found[3];
	struct slice bearer, session, resume;
	enum refusal refusal = find_bearer(req, &bearer);

	if (!refusal)
		refusal = find_cookie(req, places->cookie, &session);
	if (!refusal)
		refusal = find_cookie(req, places->resume, &resume);
	if (refusal)
		return refusal;
	size_t n = add(found, 0, CREDENTIAL_BEARER, bearer);
	n = add(found, n, CREDENTIAL_COOKIE, session);
	n = add(found, n, CREDENTIAL_TICKET, places->ticket);
	if (n > 1)
		return REFUSAL_TWO_CREDENTIALS;
	*ret_resume = resume;
	if (n == 1)
		*ret = found[0];
	else if (resume.ptr)
		*ret = (struct credential){CREDENTIAL_RESUME, resume};
	else
		*ret = (struct credential){CREDENTIAL_NONE, SLICE_NONE};
	return REFUSAL_NONE;
}

struct slice credential_source_name(enum credential_source source)
{
	switch (source) {
	case CREDENTIAL_NONE:
		return SLICE("none");
	case CREDENTIAL_BEARER:
		return SLICE("bearer");
	case CREDENTIAL_COOKIE:
		return SLICE("cookie");
	case CREDENTIAL_TICKET:
		return SLICE("ticket");
	case CREDENTIAL_RESUME:
		return SLICE("resume");
	case CREDENTIAL_CERTIFICATE:
		return SLICE("certificate");
	}
	return SLICE("none");
}
