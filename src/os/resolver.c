/* SPDX-License-Identifier: Apache-2.0 */
#include "os/resolver.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#define PORT_DIGITS 6
#define TRY_MS      1000 /* for one server; c-ares doubles it with every round */
#define TRIES       3

_Static_assert(ARES_GETSOCK_MAXNUM <= PATIENCE_MAX_FDS, "all sockets fit in one wait");

enum err resolver_init(void)
{
	return ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS ? OK : E_NOMEM;
}

void resolver_fini(void)
{
	ares_library_cleanup();
}

/* Addresses that are found, or are being looked for. */
struct lookup {
	struct tcp_target *targets;
	size_t count;
	bool done;
	int status; /* of c-ares */
};

static void add(struct lookup *l, const void *address, size_t len)
{
	if (l->count == RESOLVER_MAX_ADDRESSES)
		return;
	struct tcp_target *target = &l->targets[l->count++];

	*target = (struct tcp_target){.address_len = (socklen_t)len};
	memcpy(&target->address, address, len);
}

static bool add_v4(struct lookup *l, const char *text, uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (inet_pton(AF_INET, text, &in.sin_addr) != 1)
		return false;
	add(l, &in, sizeof(in));
	return true;
}

static bool add_v6(struct lookup *l, const char *text, uint16_t port)
{
	struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	if (inet_pton(AF_INET6, text, &in.sin6_addr) != 1)
		return false;
	add(l, &in, sizeof(in));
	return true;
}

static bool is_localhost(struct slice host)
{
	struct slice tail = SLICE(".localhost");

	return slice_eq_nocase(host, SLICE("localhost")) ||
	       (host.len > tail.len &&
		slice_eq_nocase(slice_from(host, host.len - tail.len), tail));
}

static bool add_known(struct lookup *l, const char *name, uint16_t port)
{
	if (is_localhost(slice_of(name)))
		return add_v4(l, "127.0.0.1", port) && add_v6(l, "::1", port);
	return add_v4(l, name, port) || add_v6(l, name, port);
}

static void on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *result)
{
	struct lookup *l = arg;

	(void)timeouts;
	l->done = true;
	l->status = status;
	if (status != ARES_SUCCESS)
		return;
	for (const struct ares_addrinfo_node *at = result->nodes; at; at = at->ai_next) {
		if (at->ai_addrlen <= sizeof(l->targets->address))
			add(l, at->ai_addr, at->ai_addrlen);
	}
	ares_freeaddrinfo(result);
}

static size_t sockets(ares_channel channel, struct pollfd fds[ARES_GETSOCK_MAXNUM])
{
	ares_socket_t all[ARES_GETSOCK_MAXNUM];
	/* Bit i: read, bit 16 + i: write. The macros of c-ares shift a signed 1 into the sign. */
	unsigned bits = (unsigned)ares_getsock(channel, all, ARES_GETSOCK_MAXNUM);
	size_t n = 0;

	for (size_t i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		int events = (bits >> i & 1 ? POLLIN : 0) |
			     (bits >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0);

		if (events)
			fds[n++] = (struct pollfd){.fd = all[i], .events = (short)events};
	}
	return n;
}

/* Until c-ares wants to be called without an event. */
static uint64_t next_step_ms(ares_channel channel)
{
	struct timeval longest = {.tv_sec = TRY_MS / 1000};
	struct timeval room;
	const struct timeval *next = ares_timeout(channel, &longest, &room);

	return next ? (uint64_t)next->tv_sec * 1000 + (uint64_t)next->tv_usec / 1000 + 1 : TRY_MS;
}

static void process(ares_channel channel, const struct pollfd *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const int in = POLLIN | POLLERR | POLLHUP;
		const int out = POLLOUT | POLLERR | POLLHUP;

		ares_process_fd(channel, fds[i].revents & in ? fds[i].fd : ARES_SOCKET_BAD,
				fds[i].revents & out ? fds[i].fd : ARES_SOCKET_BAD);
	}
	ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static enum patience_end run(ares_channel channel, struct lookup *l,
			     const struct patience *patience)
{
	while (!l->done) {
		struct pollfd fds[ARES_GETSOCK_MAXNUM];
		size_t n = sockets(channel, fds);
		enum patience_end end = patience_wait(patience, fds, n, next_step_ms(channel));

		if (end != PATIENCE_READY)
			return end;
		process(channel, fds, n);
	}
	return PATIENCE_READY;
}

static enum err outcome(const struct lookup *l, enum patience_end end, const char **ret_why)
{
	if (l->status == ARES_SUCCESS && l->count > 0)
		return OK;
	if (end != PATIENCE_READY) {
		*ret_why = end == PATIENCE_LATE ? "the name was not resolved in time" : "stopped";
		return E_IO;
	}
	*ret_why = l->status == ARES_SUCCESS ? "the name has no address" : ares_strerror(l->status);
	return l->status == ARES_ENOMEM ? E_NOMEM : E_NOT_FOUND;
}

static enum err ask(const char *name, uint16_t port, const char *servers,
		    const struct patience *patience, struct lookup *l, const char **ret_why)
{
	const struct ares_addrinfo_hints hints = {.ai_flags = ARES_AI_NUMERICSERV,
						  .ai_socktype = SOCK_STREAM,
						  .ai_family = AF_UNSPEC};
	struct ares_options options = {.timeout = TRY_MS, .tries = TRIES};
	char service[PORT_DIGITS];
	ares_channel channel;

	int status = ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
	if (status != ARES_SUCCESS) {
		*ret_why = ares_strerror(status);
		return E_NOMEM;
	}
	if (servers && ares_set_servers_ports_csv(channel, servers) != ARES_SUCCESS) {
		*ret_why = "the list of name servers is malformed";
		ares_destroy(channel);
		return E_NOT_FOUND;
	}
	(void)snprintf(service, sizeof(service), "%u", port);
	ares_getaddrinfo(channel, name, service, &hints, on_answer, l);
	enum patience_end end = run(channel, l, patience);
	/* Calls on_answer for a lookup that is still under way. */
	ares_destroy(channel);
	return outcome(l, end, ret_why);
}

enum err resolver_lookup(struct slice host, uint16_t port, const char *servers,
			 const struct patience *patience,
			 struct tcp_target ret_targets[RESOLVER_MAX_ADDRESSES], size_t *ret_count,
			 const char **ret_why)
{
	struct tcp_target targets[RESOLVER_MAX_ADDRESSES];
	struct lookup l = {.targets = targets};
	char name[TCP_MAX_HOST + 1];
	enum err err = OK;

	if (host.len == 0 || host.len > TCP_MAX_HOST) {
		*ret_why = "the host name is empty or too long";
		return E_TOO_BIG;
	}
	memcpy(name, host.ptr, host.len);
	name[host.len] = '\0';
	if (!add_known(&l, name, port))
		err = ask(name, port, servers, patience, &l, ret_why);
	if (err)
		return err;
	memcpy(ret_targets, targets, l.count * sizeof(targets[0]));
	*ret_count = l.count;
	return OK;
}

bool resolver_is_loopback(const struct tcp_target *target)
{
	struct sockaddr_in6 in6;

	if (target->address.ss_family != AF_INET6)
		return tcp_is_loopback4(target);
	memcpy(&in6, &target->address, sizeof(in6));
	return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}
