/* SPDX-License-Identifier: Apache-2.0 */
#include "load/spread.h"

#define FIRST    0x7f010000u /* 127.1.0.0 */
#define HOSTS    254u
#define NETWORKS 256u

uint32_t spread_source(uint64_t n)
{
	uint32_t k = (uint32_t)(n / SPREAD_PER_ADDRESS % (HOSTS * NETWORKS));

	return FIRST + k / HOSTS * NETWORKS + k % HOSTS + 1;
}
