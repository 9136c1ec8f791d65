/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

static enum err parse_base(struct slice s, unsigned base, uint64_t *ret_n)
{
	uint64_t n = 0;

	if (s.len == 0)
		return E_SYNTAX;
	for (size_t i = 0; i < s.len; i++) {
		int digit = ascii_hex(s.ptr[i]);

		if (digit < 0 || (unsigned)digit >= base)
			return E_SYNTAX;
		if (n > (UINT64_MAX - (unsigned)digit) / base)
			return E_RANGE;
		n = n * base + (unsigned)digit;
	}
	*ret_n = n;
	return OK;
}

enum err parse_u64(struct slice s, uint64_t *ret_n)
{
	return parse_base(s, 10, ret_n);
}

enum err parse_hex(struct slice s, uint64_t *ret_n)
{
	return parse_base(s, 16, ret_n);
}

struct unit {
	struct slice name;
	uint64_t factor;
};

static enum err parse_with_unit(struct slice s, const struct unit *units, size_t n_units,
				uint64_t *ret_n)
{
	size_t digits = 0;
	uint64_t n;

	while (digits < s.len && ascii_is_digit(s.ptr[digits]))
		digits++;
	enum err err = parse_u64(slice_upto(s, digits), &n);
	if (err)
		return err;
	struct slice unit = slice_from(s, digits);
	if (n == 0 && unit.len == 0) {
		*ret_n = 0;
		return OK;
	}
	for (size_t i = 0; i < n_units; i++) {
		if (!slice_eq(unit, units[i].name))
			continue;
		if (n > UINT64_MAX / units[i].factor)
			return E_RANGE;
		*ret_n = n * units[i].factor;
		return OK;
	}
	return E_SYNTAX;
}

enum err parse_duration_ms(struct slice s, uint64_t *ret_ms)
{
	static const struct unit units[] = {
		{SLICE_INIT("ms"), 1},
		{SLICE_INIT("s"), 1000},
		{SLICE_INIT("m"), 60 * 1000},
		{SLICE_INIT("h"), 60 * 60 * 1000},
	};

	return parse_with_unit(s, units, sizeof(units) / sizeof(units[0]), ret_ms);
}

enum err parse_bytes(struct slice s, uint64_t *ret_bytes)
{
	static const struct unit units[] = {
		{SLICE_INIT(""), 1},
		{SLICE_INIT("KiB"), 1024},
		{SLICE_INIT("MiB"), 1024 * 1024},
		{SLICE_INIT("GiB"), 1024 * 1024 * 1024},
	};

	return parse_with_unit(s, units, sizeof(units) / sizeof(units[0]), ret_bytes);
}

static void put_padded(struct writer *w, uint64_t n, unsigned width)
{
	uint64_t floor = 10;

	for (unsigned i = 1; i < width; i++, floor *= 10) {
		if (n < floor)
			put_char(w, '0');
	}
	put_u64(w, n);
}

/* Days since 1970-01-01 to year, month, day: eras of 400 years that begin on 1 March. */
static void civil_date(uint64_t days, uint64_t *ret_y, uint64_t *ret_m, uint64_t *ret_d)
{
	uint64_t shifted = days + 719468;
	uint64_t era = shifted / 146097;
	uint64_t doe = shifted % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153;

	*ret_d = doy - (153 * mp + 2) / 5 + 1;
	*ret_m = mp < 10 ? mp + 3 : mp - 9;
	*ret_y = yoe + era * 400 + (*ret_m <= 2 ? 1 : 0);
}

static void put_clock(struct writer *w, uint64_t second_of_day)
{
	put_padded(w, second_of_day / 3600, 2);
	put_char(w, ':');
	put_padded(w, second_of_day / 60 % 60, 2);
	put_char(w, ':');
	put_padded(w, second_of_day % 60, 2);
}

void put_rfc3339(struct writer *w, uint64_t unix_ms)
{
	uint64_t y, m, d;
	uint64_t second = unix_ms / 1000 % 86400;

	civil_date(unix_ms / 86400000, &y, &m, &d);
	put_padded(w, y, 4);
	put_char(w, '-');
	put_padded(w, m, 2);
	put_char(w, '-');
	put_padded(w, d, 2);
	put_char(w, 'T');
	put_clock(w, second);
	put_char(w, '.');
	put_padded(w, unix_ms % 1000, 3);
	put_char(w, 'Z');
}

void put_imf_date(struct writer *w, uint64_t unix_ms)
{
	static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	uint64_t day = unix_ms / 86400000;
	uint64_t y, m, d;

	civil_date(day, &y, &m, &d);
	put(w, (struct slice){days + 3 * (day % 7), 3});
	put(w, SLICE(", "));
	put_padded(w, d, 2);
	put_char(w, ' ');
	put(w, (struct slice){months + 3 * (m - 1), 3});
	put_char(w, ' ');
	put_padded(w, y, 4);
	put_char(w, ' ');
	put_clock(w, unix_ms / 1000 % 86400);
	put(w, SLICE(" GMT"));
}
