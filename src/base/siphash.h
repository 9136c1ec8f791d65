/* SPDX-License-Identifier: Apache-2.0 */
/*
 * siphash.h - SipHash-2-4 (Aumasson, Bernstein 2012): the keyed hash for keys that
 * an attacker chooses, so that nobody can aim at one bucket.
 */
#pragma once

#include "base/slice.h"

#include <stdint.h>

struct siphash_key {
	uint64_t k0;
	uint64_t k1;
};

uint64_t siphash(struct siphash_key key, struct slice s);
