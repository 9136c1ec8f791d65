/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/counts.h"

#include "base/require.h"

#include <stdlib.h>
#include <string.h>

struct count {
	uint64_t held;
	size_t key_len;
	char key[]; /* the kind, and what the caller calls it by */
};

static struct slice count_key(const void *item)
{
	const struct count *c = item;

	return (struct slice){c->key, c->key_len};
}

void counts_init(struct counts *c, struct siphash_key key)
{
	table_init(&c->table, key, count_key, COUNTS_MAX);
}

void counts_fini(struct counts *c)
{
	size_t at = 0;

	for (void *count = table_next(&c->table, &at); count; count = table_next(&c->table, &at))
		free(count);
	table_fini(&c->table);
}

static enum err count_new(struct counts *c, struct slice key, struct count **ret)
{
	struct count *count = malloc(sizeof(*count) + key.len);

	if (!count)
		return E_NOMEM;
	count->held = 0;
	count->key_len = key.len;
	memcpy(count->key, key.ptr, key.len);
	enum err err = table_insert(&c->table, count);
	if (err)
		free(count);
	else
		*ret = count;
	return err;
}

/* `out` has COUNTS_MAX_KEY + 1 bytes; the key fits. */
static struct slice full_key(enum count_kind kind, struct slice key, char *out)
{
	out[0] = (char)kind;
	if (key.len > 0)
		memcpy(out + 1, key.ptr, key.len);
	return (struct slice){out, key.len + 1};
}

enum err counts_take(struct counts *c, enum count_kind kind, struct slice key, uint64_t limit)
{
	char memory[COUNTS_MAX_KEY + 1];

	if (key.len > COUNTS_MAX_KEY)
		return E_TOO_BIG;
	struct slice full = full_key(kind, key, memory);
	struct count *count = table_find(&c->table, full);
	if (count && limit > 0 && count->held >= limit)
		return E_RANGE;
	enum err err = count ? OK : count_new(c, full, &count);
	if (!err)
		count->held++;
	return err;
}

void counts_give(struct counts *c, enum count_kind kind, struct slice key)
{
	char memory[COUNTS_MAX_KEY + 1];

	require(key.len <= COUNTS_MAX_KEY);
	struct slice full = full_key(kind, key, memory);
	struct count *count = table_find(&c->table, full);
	require(count && count->held > 0);
	if (--count->held > 0)
		return;
	(void)table_remove(&c->table, full);
	free(count);
}
