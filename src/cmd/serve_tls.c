/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_tls.h"

#include "cmd/exit.h"
#include "os/file.h"

#include <openssl/crypto.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define HOUR_S (60 * 60)
#define DAY_S  (24 * HOUR_S)

/* The files of one listener. */
struct files {
	struct buf chains[CONF_MAX_CERTIFICATES];
	struct buf keys[CONF_MAX_CERTIFICATES];
	struct buf staples[CONF_MAX_CERTIFICATES];
	struct buf client_ca;
	struct tls_identity identities[CONF_MAX_CERTIFICATES];
};

static int complain(struct slice path, enum err err)
{
	(void)fprintf(stderr, "sluice serve: cannot read '%.*s': %s\n", SLICE_ARG(path),
		      file_why(err, "larger than 256 KiB"));
	return EXIT_USAGE;
}

/* The whole room at once: a buffer that grows leaves copies of a key in freed memory. */
static int read_file(struct slice path, struct buf *room)
{
	buf_init(room, TLS_MAX_FILE + 1);
	enum err err = buf_reserve(room, TLS_MAX_FILE + 1);
	if (!err)
		err = file_read(path.ptr, room);
	if (!err && room->len > TLS_MAX_FILE)
		err = E_TOO_BIG;
	return err ? complain(path, err) : EXIT_OK;
}

static int read_key(struct slice path, struct buf *room)
{
	int code = read_file(path, room);

	if (code == EXIT_OK && file_is_exposed(path.ptr))
		(void)fprintf(stderr,
			      "sluice serve: warning: others may read the key '%.*s': chmod 600\n",
			      SLICE_ARG(path));
	return code;
}

static int read_identity(const struct tls_settings *tls, size_t i, struct files *f)
{
	int code = read_file(tls->certificates[i], &f->chains[i]);

	if (code == EXIT_OK)
		code = read_key(tls->keys[i], &f->keys[i]);
	if (code == EXIT_OK && i < tls->ocsp_count)
		code = read_file(tls->ocsp[i], &f->staples[i]);
	f->identities[i] = (struct tls_identity){
		.chain = buf_slice(&f->chains[i]),
		.key = buf_slice(&f->keys[i]),
		.ocsp = i < tls->ocsp_count ? buf_slice(&f->staples[i]) : SLICE_NONE,
	};
	return code;
}

static void forget(struct files *f)
{
	for (size_t i = 0; i < CONF_MAX_CERTIFICATES; i++) {
		if (f->keys[i].ptr)
			OPENSSL_cleanse(f->keys[i].ptr, f->keys[i].len);
		buf_free(&f->keys[i]);
		buf_free(&f->chains[i]);
		buf_free(&f->staples[i]);
	}
	buf_free(&f->client_ca);
	free(f);
}

static int make_server(const struct tls_server_config *config, const struct listen_settings *l,
		       struct tls_server **ret)
{
	char text[512];
	struct writer why;

	writer_init(&why, text, sizeof(text));
	*ret = tls_server_new(config, &why);
	if (*ret)
		return EXIT_OK;
	(void)fprintf(stderr, "sluice serve: TLS on %.*s: %.*s\n", SLICE_ARG(l->address),
		      SLICE_ARG(writer_slice(&why)));
	return EXIT_USAGE;
}

/* By the files of the configuration. */
static int load(struct serve_tls *t, const struct settings *conf, size_t at)
{
	const struct listen_settings *l = &conf->listen[at];
	struct files *f = calloc(1, sizeof(*f));
	int code = f ? EXIT_OK : EXIT_USAGE;

	for (size_t i = 0; code == EXIT_OK && i < l->tls.certificate_count; i++)
		code = read_identity(&l->tls, i, f);
	if (code == EXIT_OK && l->tls.client_ca.ptr)
		code = read_file(l->tls.client_ca, &f->client_ca);
	if (code == EXIT_OK) {
		const struct tls_server_config config = {
			.identities = f->identities,
			.identity_count = l->tls.certificate_count,
			.minimum_1_3 = l->tls.minimum == CONF_TLS_1_3,
			.http2 = conf->http2.enabled,
			.client_ca = l->tls.client_ca.ptr ? buf_slice(&f->client_ca) : SLICE_NONE,
			.client_required =
				l->tls.client_certificate == CONF_CLIENT_CERTIFICATE_REQUIRED,
			.tickets = t->tickets,
		};

		code = make_server(&config, l, &t->servers[at]);
	}
	if (f)
		forget(f);
	return code;
}

/* By a certificate of this run: nobody vouches for it, so it is for this machine alone. */
static int make_own(struct serve_tls *t, const struct settings *conf, size_t at)
{
	const struct listen_settings *l = &conf->listen[at];
	const struct tls_identity identity = {.chain = {t->self.chain, t->self.chain_len},
					      .key = {t->self.key, t->self.key_len}};
	const struct tls_server_config config = {.identities = &identity,
						 .identity_count = 1,
						 .http2 = conf->http2.enabled,
						 .tickets = t->tickets};

	if (l->loopback)
		return make_server(&config, l, &t->servers[at]);
	(void)fprintf(stderr,
		      "sluice serve: --tls-self-signed is for development: %.*s is not on "
		      "loopback; give it certificate and key in the configuration\n",
		      SLICE_ARG(l->address));
	return EXIT_USAGE;
}

static bool speaks_tls(const struct settings *conf)
{
	for (size_t i = 0; i < conf->listen_count; i++) {
		if (conf->listen[i].tls.certificate_count > 0)
			return true;
	}
	return false;
}

/* What goes over from `before`, or is made. */
static enum err inherit(struct serve_tls *t, bool self_signed, const struct serve_tls *before)
{
	t->tickets =
		before && before->tickets ? tls_tickets_ref(before->tickets) : tls_tickets_new();
	if (!t->tickets)
		return E_NOMEM;
	if (!self_signed)
		return OK;
	if (!before)
		return tls_self_make(&t->self);
	t->self = before->self;
	return OK;
}

int serve_tls_init(struct serve_tls *t, const struct settings *conf, bool self_signed,
		   const struct serve_tls *before)
{
	int code = EXIT_OK;

	*t = (struct serve_tls){0};
	if (!self_signed && !speaks_tls(conf))
		return EXIT_OK;
	if (inherit(t, self_signed, before)) {
		(void)fprintf(stderr, "sluice serve: TLS: %s\n", err_text(E_NOMEM));
		return EXIT_USAGE;
	}
	for (size_t i = 0; code == EXIT_OK && i < conf->listen_count; i++) {
		if (conf->listen[i].tls.certificate_count > 0)
			code = load(t, conf, i);
		else if (self_signed)
			code = make_own(t, conf, i);
	}
	return code;
}

void serve_tls_fini(struct serve_tls *t)
{
	for (size_t i = 0; i < CONF_MAX_LISTENERS; i++)
		tls_server_unref(t->servers[i]);
	tls_tickets_unref(t->tickets);
	tls_self_wipe(&t->self);
	*t = (struct serve_tls){0};
}

void serve_tls_rotate(const struct serve_tls *t)
{
	if (t->tickets && tls_tickets_rotate(t->tickets))
		(void)fprintf(stderr, "sluice serve: warning: no entropy: session tickets keep "
				      "their key for another hour\n");
}

uint64_t serve_tls_expires(const struct serve_tls *t)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < CONF_MAX_LISTENERS; i++) {
		int64_t at = t->servers[i] ? tls_server_expires(t->servers[i], NULL) : INT64_MAX;

		if (at < first)
			first = at;
	}
	return first < INT64_MAX ? (uint64_t)first : 0;
}

void serve_tls_warn(const struct serve_tls *t, const struct settings *conf, uint64_t unix_ms)
{
	for (size_t i = 0; i < conf->listen_count && i < CONF_MAX_LISTENERS; i++) {
		const struct tls_settings *tls = &conf->listen[i].tls;
		size_t index = 0;

		if (!t->servers[i] || tls->certificate_count == 0)
			continue;
		int64_t left_s =
			tls_server_expires(t->servers[i], &index) - (int64_t)(unix_ms / 1000);
		if (left_s >= TLS_WARN_DAYS * (int64_t)DAY_S)
			continue;
		bool days = left_s >= 2 * DAY_S;
		(void)fprintf(stderr,
			      "sluice serve: warning: the certificate '%.*s' ends in %" PRId64
			      " %s\n",
			      SLICE_ARG(tls->certificates[index]), left_s / (days ? DAY_S : HOUR_S),
			      days ? "days" : "h");
	}
}
