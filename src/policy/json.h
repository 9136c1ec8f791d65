/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - members of the small objects that this layer writes. */
#pragma once

#include "base/writer.h"

/* "key":"value" */
static inline void put_json_pair(struct writer *w, struct slice key, struct slice value)
{
	put_json(w, key);
	put_char(w, ':');
	put_json(w, value);
}

/* The same behind a comma. */
static inline void put_json_next(struct writer *w, struct slice key, struct slice value)
{
	put_char(w, ',');
	put_json_pair(w, key, value);
}
