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

enum refusal credential_find(const struct http_request *req, struct slice cookie,
			     struct credential *ret)
{
	struct slice bearer, session;
	enum refusal refusal = find_bearer(req, &bearer);

	if (refusal)
		return refusal;
	refusal = find_cookie(req, cookie, &session);
	if (refusal)
		return refusal;
	if (bearer.ptr && session.ptr && !slice_eq(bearer, session))
		return REFUSAL_TWO_CREDENTIALS;
	if (bearer.ptr)
		*ret = (struct credential){CREDENTIAL_BEARER, bearer};
	else if (session.ptr)
		*ret = (struct credential){CREDENTIAL_COOKIE, session};
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
	}
	return SLICE("none");
}
