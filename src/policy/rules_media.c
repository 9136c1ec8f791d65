/* SPDX-License-Identifier: Apache-2.0 */
/* rules_media.c - A1xx: status and media type. */
#include "policy/checks.h"

static bool is_html(struct slice type)
{
	return slice_eq_nocase(type, SLICE("text/html")) ||
	       slice_eq_nocase(type, SLICE("application/xhtml+xml"));
}

/* Value of the charset parameter without quotes; ptr NULL if there is none. */
static struct slice charset_of(const struct observation *o)
{
	struct slice rest = observation_field(o, SLICE("Content-Type"));

	(void)slice_cut(&rest, ';'); /* the type itself */
	while (is_present(rest)) {
		struct slice value = quoted_cut(&rest, ';');
		struct slice name = slice_trim(slice_cut(&value, '='));

		if (slice_eq_nocase(name, SLICE("charset")) && is_present(value))
			return unquoted(slice_trim(value));
	}
	return SLICE_NONE;
}

enum verdict check_media_type(const struct observation *o)
{
	if (o->status != 200)
		return VERDICT_NA;
	return fails_if(!observation_is_stream(o));
}

enum verdict check_charset_utf8(const struct observation *o)
{
	struct slice charset = charset_of(o);

	if (!observation_is_stream(o) || !is_present(charset))
		return VERDICT_NA;
	return fails_if(!slice_eq_nocase(charset, SLICE("utf-8")));
}

enum verdict check_charset_given(const struct observation *o)
{
	if (!observation_is_stream(o))
		return VERDICT_NA;
	return fails_if(!is_present(charset_of(o)));
}

enum verdict check_status_ok(const struct observation *o)
{
	if (o->expect_refusal)
		return VERDICT_NA;
	return fails_if(o->status != 200);
}

enum verdict check_no_204(const struct observation *o)
{
	if (o->expect_refusal)
		return VERDICT_NA;
	return fails_if(o->status == 204);
}

enum verdict check_error_type(const struct observation *o)
{
	if (!is_error(o))
		return VERDICT_NA;
	return fails_if(slice_eq_nocase(observation_media_type(o), SLICE("text/event-stream")));
}

enum verdict check_error_page(const struct observation *o)
{
	if (!is_error(o))
		return VERDICT_NA;
	return fails_if(is_html(observation_media_type(o)));
}

enum verdict check_no_length(const struct observation *o)
{
	if (!observation_is_stream(o))
		return VERDICT_NA;
	return fails_if(observation_count(o, SLICE("Content-Length")) > 0);
}

enum verdict check_no_ranges(const struct observation *o)
{
	struct slice ranges = observation_field(o, SLICE("Accept-Ranges"));

	if (o->status == 206)
		return VERDICT_FAIL;
	if (!observation_is_stream(o))
		return VERDICT_NA;
	if (observation_count(o, SLICE("Content-Range")) > 0)
		return VERDICT_FAIL;
	return fails_if(is_present(ranges) && !slice_eq_nocase(ranges, SLICE("none")));
}
