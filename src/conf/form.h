/* SPDX-License-Identifier: Apache-2.0 */
/* form.h - texts of the configuration that follow a grammar: addresses, origins, paths... */
#pragma once

#include "base/err.h"
#include "base/writer.h"
#include "conf/settings.h"

/* A buffer of this size takes the normal form of any text that fits its option's range. */
#define CONF_MAX_FORM  4096u
#define CONF_MAX_CLAIM 1024u /* bytes of an issuer, of an audience */
#define CONF_MAX_TYPE  64u   /* bytes of a token's type */

struct conf_form {
	struct slice noun; /* "a path such as /stream" */
	/*
	 * Writes the normal form of `text` to `out`. False if it does not follow the grammar; `why`
	 * then has what is wrong and what to write instead.
	 */
	bool (*read)(struct slice text, struct writer *out, struct writer *why);
};

extern const struct conf_form conf_form_address;
extern const struct conf_form conf_form_address_or_off;
extern const struct conf_form conf_form_host;
extern const struct conf_form conf_form_origin;
extern const struct conf_form conf_form_token;
extern const struct conf_form conf_form_file;
extern const struct conf_form conf_form_path;
extern const struct conf_form conf_form_topic;
extern const struct conf_form conf_form_url;
extern const struct conf_form conf_form_keys;
extern const struct conf_form conf_form_claim;
extern const struct conf_form conf_form_type;
extern const struct conf_form conf_form_network;
extern const struct conf_form conf_form_user;

/* What is fetched; any other text is the name of a file. */
bool conf_is_url(struct slice text);

/*
 * ADDRESS:PORT, [IPV6]:PORT. On success every field of *ret_listen views `text`. Errors: E_SYNTAX,
 * E_RANGE (the port), E_NOT_FOUND (a name: it may mean several addresses, or another one tomorrow).
 */
enum err conf_listen_parse(struct slice text, struct listen_settings *ret_listen);
