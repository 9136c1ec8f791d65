/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/resume_cookie.h"

#include "http/chars.h"

struct slice resume_cookie_name(struct slice path, bool secure)
{
	if (!secure)
		return SLICE(RESUME_COOKIE_NAME);
	if (slice_eq(path, SLICE("/")))
		return SLICE("__Host-" RESUME_COOKIE_NAME);
	return SLICE("__Secure-" RESUME_COOKIE_NAME);
}

/* RFC 6265 4.1.1 path-value, without the space and the bytes that no route may hold. */
static bool is_path(struct slice path)
{
	return slice_starts(path, SLICE("/")) && char_all(path, CHAR_TARGET) &&
	       slice_find(path, ';') == path.len;
}

static void put_same_site(struct writer *w, const struct resume_cookie *cookie)
{
	if (!cookie->secure) {
		put(w, SLICE("; SameSite=Lax"));
		return;
	}
	put(w, SLICE("; Secure"));
	/* Partitioned (CHIPS): a page of another site gets a jar of its own, and no tracking. */
	put(w,
	    cookie->cross_site ? SLICE("; SameSite=None; Partitioned") : SLICE("; SameSite=Lax"));
}

enum err resume_cookie_put(struct writer *w, const struct resume_cookie *cookie)
{
	if (cookie->value.len > 0 && !char_all(cookie->value, CHAR_COOKIE))
		return E_BAD_FIELD;
	if (!is_path(cookie->path))
		return E_BAD_FIELD;
	put(w, resume_cookie_name(cookie->path, cookie->secure));
	put_char(w, '=');
	put(w, cookie->value);
	put(w, SLICE("; Path="));
	put(w, cookie->path);
	put(w, SLICE("; Max-Age="));
	put_u64(w, cookie->max_age_s);
	put(w, SLICE("; HttpOnly"));
	put_same_site(w, cookie);
	return w->overflow ? E_NO_SPACE : OK;
}
