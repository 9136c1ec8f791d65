/* SPDX-License-Identifier: Apache-2.0 */
/* rules_cookie.c - A82x: Set-Cookie. Every line of the field is judged; one bad one fails. */
#include "base/text.h"
#include "policy/checks.h"

#define COOKIE_MAX_BYTES  4096u              /* name and value (RFC 6265bis 5.6) */
#define COOKIE_MAX_LIFE_S (400u * 24 * 3600) /* RFC 6265bis 5.5 */

struct set_cookie {
	struct slice name;
	struct slice value;
	struct slice same_site; /* ptr NULL: absent */
	struct slice path;
	struct slice max_age;
	bool secure;
	bool http_only;
	bool domain;
	bool partitioned;
};

static void read_attribute(struct slice attribute, struct set_cookie *cookie)
{
	struct slice name = slice_trim(slice_cut(&attribute, '='));
	struct slice value = slice_trim(attribute);

	if (slice_eq_nocase(name, SLICE("Secure")))
		cookie->secure = true;
	else if (slice_eq_nocase(name, SLICE("HttpOnly")))
		cookie->http_only = true;
	else if (slice_eq_nocase(name, SLICE("Domain")))
		cookie->domain = true;
	else if (slice_eq_nocase(name, SLICE("Partitioned")))
		cookie->partitioned = true;
	else if (slice_eq_nocase(name, SLICE("SameSite")))
		cookie->same_site = value;
	else if (slice_eq_nocase(name, SLICE("Path")))
		cookie->path = value;
	else if (slice_eq_nocase(name, SLICE("Max-Age")))
		cookie->max_age = value;
}

static struct set_cookie set_cookie_read(struct slice line)
{
	struct slice value = slice_cut(&line, ';');
	struct slice name = slice_trim(slice_cut(&value, '='));
	struct set_cookie cookie = {.name = name, .value = slice_trim(value)};

	while (is_present(line))
		read_attribute(slice_cut(&line, ';'), &cookie);
	return cookie;
}

/* FAIL if one cookie is `bad`, PASS if none is, NA without cookies. */
static enum verdict judge_all(const struct observation *o,
			      bool (*bad)(const struct set_cookie *cookie))
{
	enum verdict verdict = VERDICT_NA;

	for (size_t i = 0; i < o->field_count; i++) {
		struct set_cookie cookie;

		if (!slice_eq_nocase(o->fields[i].name, SLICE("Set-Cookie")))
			continue;
		cookie = set_cookie_read(o->fields[i].value);
		if (bad(&cookie))
			return VERDICT_FAIL;
		verdict = VERDICT_PASS;
	}
	return verdict;
}

static bool is_unguarded(const struct set_cookie *cookie)
{
	return !cookie->secure || !cookie->http_only;
}

static bool has_bad_same_site(const struct set_cookie *cookie)
{
	if (slice_eq_nocase(cookie->same_site, SLICE("None")))
		return !cookie->secure;
	return !slice_eq_nocase(cookie->same_site, SLICE("Lax")) &&
	       !slice_eq_nocase(cookie->same_site, SLICE("Strict"));
}

static bool breaks_prefix(const struct set_cookie *cookie)
{
	if (slice_starts_nocase(cookie->name, SLICE("__Host-")))
		return !cookie->secure || cookie->domain || !slice_eq(cookie->path, SLICE("/"));
	return slice_starts_nocase(cookie->name, SLICE("__Secure-")) && !cookie->secure;
}

static bool is_past_limits(const struct set_cookie *cookie)
{
	uint64_t life_s = 0;

	(void)parse_u64(cookie->max_age, &life_s); /* not a number: browsers ignore it, too */
	return cookie->name.len + cookie->value.len > COOKIE_MAX_BYTES ||
	       life_s > COOKIE_MAX_LIFE_S || (cookie->partitioned && !cookie->secure);
}

enum verdict check_cookie_guarded(const struct observation *o)
{
	return judge_all(o, is_unguarded);
}

enum verdict check_cookie_same_site(const struct observation *o)
{
	return judge_all(o, has_bad_same_site);
}

enum verdict check_cookie_prefix(const struct observation *o)
{
	return judge_all(o, breaks_prefix);
}

enum verdict check_cookie_limits(const struct observation *o)
{
	return judge_all(o, is_past_limits);
}
