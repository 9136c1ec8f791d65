/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve_setup.h - from the command line and sluice.yaml to what the engines need.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "cmd/args.h"
#include "cmd/serve_tls.h"
#include "conf/conf.h"
#include "stream/settings.h"

#define SERVE_MAX_ROUTES 80u /* configured ones, publish, health, the demo page's */
#define SERVE_KEY_TEXT   40u /* bytes of a made publish key with its NUL */

struct serve_setup {
	struct arena arena;
	struct settings conf;
	struct stream_settings stream;
	struct route routes[SERVE_MAX_ROUTES];
	struct key_ring publishers;
	struct key_ring subscribers;
	struct siphash_key hash;       /* of principals, random */
	char made_key[SERVE_KEY_TEXT]; /* empty: a key was given */
	struct serve_tls tls;
	const char *config_path; /* NULL: defaults */
	bool demo;
	bool canary;
	bool check;
	bool no_sandbox; /* --no-sandbox */
};

/*
 * Reads everything and judges it; complaints go to standard error. Gives an exit code, EXIT_OK
 * where the server may start. The setup is the caller's to end either way. At a reload `before` is
 * the setup that runs: who it knows by a key stays known, and so does its made key. Else NULL.
 */
int serve_setup(const struct args *args, const struct serve_setup *before, struct serve_setup *ret);
/* The names of loopback, for listeners that have no others. */
struct host_rules serve_setup_loopback(void);
void serve_setup_end(struct serve_setup *setup);

/* Indexes of serve_options. */
enum serve_option {
	SERVE_CONFIG,
	SERVE_LISTEN,
	SERVE_WORKERS,
	SERVE_TLS_SELF_SIGNED,
	SERVE_TAKE_OVER,
	SERVE_DEMO,
	SERVE_CANARY,
	SERVE_CHECK,
	SERVE_NO_SANDBOX,
};
