/* SPDX-License-Identifier: Apache-2.0 */
/* rules_security.c - A80x and A81x: TLS, HSTS, nosniff, CSP, banners. */
#include "base/text.h"
#include "policy/checks.h"

#define HSTS SLICE("Strict-Transport-Security")

#define HALF_A_YEAR_S 15768000u
#define A_YEAR_S      31536000u

struct hsts {
	uint64_t max_age_s; /* 0: missing or not a number */
	bool subdomains;
	bool preload;
};

static struct hsts hsts_read(struct slice value)
{
	struct hsts hsts = {0};

	while (is_present(value)) {
		struct slice directive = quoted_cut(&value, ';');
		struct slice name = slice_trim(slice_cut(&directive, '='));

		if (slice_eq_nocase(name, SLICE("max-age")))
			(void)parse_u64(unquoted(slice_trim(directive)), &hsts.max_age_s);
		else if (slice_eq_nocase(name, SLICE("includeSubDomains")))
			hsts.subdomains = true;
		else if (slice_eq_nocase(name, SLICE("preload")))
			hsts.preload = true;
	}
	return hsts;
}

enum verdict check_uses_tls(const struct observation *o)
{
	if (o->status != 200 || o->loopback)
		return VERDICT_NA;
	return fails_if(!o->https);
}

/* Over plain http browsers ignore the field (RFC 6797 8.1): there it is noise or a mistake. */
enum verdict check_hsts(const struct observation *o)
{
	size_t lines = observation_count(o, HSTS);

	if (!o->https)
		return lines > 0 ? VERDICT_FAIL : VERDICT_NA;
	if (lines == 0)
		return is_error(o) ? VERDICT_NA : VERDICT_FAIL;
	return fails_if(lines > 1 ||
			hsts_read(observation_field(o, HSTS)).max_age_s < HALF_A_YEAR_S);
}

enum verdict check_hsts_preload(const struct observation *o)
{
	struct hsts hsts = hsts_read(observation_field(o, HSTS));

	if (!hsts.preload)
		return VERDICT_NA;
	return fails_if(!hsts.subdomains || hsts.max_age_s < A_YEAR_S);
}

enum verdict check_hsts_on_errors(const struct observation *o)
{
	if (!is_error(o) || !o->https)
		return VERDICT_NA;
	return fails_if(observation_count(o, HSTS) == 0);
}

enum verdict check_nosniff(const struct observation *o)
{
	struct slice value = observation_field(o, SLICE("X-Content-Type-Options"));

	if (!observation_is_stream(o))
		return VERDICT_NA;
	return fails_if(!slice_eq_nocase(slice_trim(slice_cut(&value, ',')), SLICE("nosniff")));
}

static bool has_directive(struct slice policy, struct slice want)
{
	while (is_present(policy)) {
		struct slice directive = slice_trim(slice_cut(&policy, ';'));

		if (slice_eq_nocase(slice_cut(&directive, ' '), want))
			return true;
	}
	return false;
}

static bool denies_by_default(struct slice policy)
{
	while (is_present(policy)) {
		struct slice directive = slice_trim(slice_cut(&policy, ';'));

		if (slice_eq_nocase(directive, SLICE("default-src 'none'")))
			return true;
	}
	return false;
}

enum verdict check_csp(const struct observation *o)
{
	struct slice policy = observation_field(o, SLICE("Content-Security-Policy"));

	if (!observation_is_stream(o))
		return VERDICT_NA;
	return fails_if(!denies_by_default(policy) || has_directive(policy, SLICE("script-src")) ||
			has_directive(policy, SLICE("img-src")));
}

static bool has_digit(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (ascii_is_digit(s.ptr[i]))
			return true;
	return false;
}

enum verdict check_no_banner(const struct observation *o)
{
	for (size_t i = 0; i < o->field_count; i++)
		if (slice_starts_nocase(o->fields[i].name, SLICE("X-AspNet")))
			return VERDICT_FAIL;
	return fails_if(observation_count(o, SLICE("X-Powered-By")) > 0 ||
			has_digit(observation_field(o, SLICE("Server"))));
}
