/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken for an origin or a host holds no byte that could end it early. */
#include "base/require.h"
#include "http/origin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_host(struct slice host)
{
	require(host.len > 0 && host.len <= HOST_MAX + 1);
	require(!slice_has_any(host, SLICE(" \t\r\n\0/@,?#\\%*\"'<>")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data, size};
	struct origin origin;
	struct host_port host, again;

	if (!origin_parse(in, &origin)) {
		check_host(origin.host);
		require(origin.scheme.len > 0 && (!origin.has_port || origin.port > 0));
	}
	if (!host_parse(in, &host)) {
		check_host(host.host);
		require(!host_parse(host.host, &again) && slice_eq(host.host, again.host));
		require(host_matches(host, host));
		require(!host_is_loopback(host.host) || !slice_starts(host.host, SLICE("10.")));
	}
	(void)host_is_literal(in);
	(void)host_is_loopback(in);
	return 0;
}
