/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_proxy.h"

#include "http/proxy_protocol.h"
#include "os/peer.h"

static enum serve_proxy_step take(int fd, const struct proxy_header *header, struct addr *addr)
{
	if (!peer_skip(fd, header->len))
		return SERVE_PROXY_FAILED;
	peer_await(fd, 1);
	if (header->has_addr)
		*addr = header->addr;
	return SERVE_PROXY_DONE;
}

enum serve_proxy_step serve_proxy_read(int fd, struct addr *addr)
{
	char bytes[PROXY_PROTOCOL_MAX];
	ptrdiff_t n = peer_peek(fd, bytes, sizeof(bytes));
	struct proxy_header header;
	size_t need;

	if (n == PEER_BLOCKED)
		return SERVE_PROXY_READ;
	if (n <= 0)
		return SERVE_PROXY_FAILED;
	switch (proxy_protocol_parse((struct slice){bytes, (size_t)n}, &need, &header)) {
	case PROXY_DONE:
		return take(fd, &header, addr);
	case PROXY_MORE:
		break;
	case PROXY_REFUSED:
		return SERVE_PROXY_FAILED;
	}
	/* The end of input is readable at once, and would be over and over. */
	if (peer_has_ended(fd))
		return SERVE_PROXY_FAILED;
	peer_await(fd, need);
	return SERVE_PROXY_READ;
}
