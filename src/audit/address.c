/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

static void put_v4(struct writer *w, const struct sockaddr_in *in)
{
	char text[INET_ADDRSTRLEN];

	put(w, slice_of(inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text))));
	put_char(w, ':');
	put_u64(w, ntohs(in->sin_port));
}

static void put_v6(struct writer *w, const struct sockaddr_in6 *in)
{
	char text[INET6_ADDRSTRLEN];

	put_char(w, '[');
	put(w, slice_of(inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof(text))));
	put(w, SLICE("]:"));
	put_u64(w, ntohs(in->sin6_port));
}

void address_put(struct writer *w, const struct tcp_target *target)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;

	if (target->address.ss_family == AF_INET) {
		memcpy(&in, &target->address, sizeof(in));
		put_v4(w, &in);
	} else if (target->address.ss_family == AF_INET6) {
		memcpy(&in6, &target->address, sizeof(in6));
		put_v6(w, &in6);
	} else {
		memcpy(&un, &target->address, sizeof(un));
		put(w, SLICE("unix:"));
		put(w, slice_of(un.sun_path));
	}
}

bool address_is_loopback(const struct tcp_target *target)
{
	struct sockaddr_in6 in6;

	if (target->address.ss_family == AF_INET)
		return tcp_is_loopback4(target);
	if (target->address.ss_family != AF_INET6)
		return true;
	memcpy(&in6, &target->address, sizeof(in6));
	return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

bool address_from_literal(struct slice text, uint16_t port, struct tcp_target *ret)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	char name[INET6_ADDRSTRLEN + 1];

	if (text.len >= sizeof(name))
		return false;
	memcpy(name, text.ptr, text.len);
	name[text.len] = '\0';
	*ret = (struct tcp_target){0};
	if (inet_pton(AF_INET, name, &in.sin_addr) == 1) {
		memcpy(&ret->address, &in, sizeof(in));
		ret->address_len = sizeof(in);
		return true;
	}
	if (inet_pton(AF_INET6, name, &in6.sin6_addr) != 1)
		return false;
	memcpy(&ret->address, &in6, sizeof(in6));
	ret->address_len = sizeof(in6);
	return true;
}

bool address_from_path(struct slice path, struct tcp_target *ret)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	if (path.len == 0 || path.len >= sizeof(un.sun_path))
		return false;
	memcpy(un.sun_path, path.ptr, path.len);
	*ret = (struct tcp_target){.address_len = sizeof(un)};
	memcpy(&ret->address, &un, sizeof(un));
	return true;
}
