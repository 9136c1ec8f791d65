/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rng.h - cheap spread for jitter (splitmix64). Not for secrets: those come from
 * the kernel through os/.
 */
#pragma once

#include <stdint.h>

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *r);
/* Uniform enough in [low, high]; low <= high. */
uint64_t rng_between(struct rng *r, uint64_t low, uint64_t high);
/* `value` moved by at most `percent` of itself, up or down. */
uint64_t rng_jitter(struct rng *r, uint64_t value, unsigned percent);
