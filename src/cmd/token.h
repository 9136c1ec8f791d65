/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.h - what the words of `sluice token` share: one table of options, and their complaints.
 *
 * Secrets come from files, pipes or the environment, and leave on standard output or in a file of
 * mode 0600: never as an argument, which ps shows to everybody.
 */
#pragma once

#include "cmd/command.h"

#define TOKEN_MAX_TTL_MS (720u * 3600000u) /* as auth.jwt.max-lifetime */
#define TOKEN_MAX_FAULT  4096u             /* bytes of a complaint */

/* Indexes of token_options. */
enum token_option {
	TOKEN_ALG,
	TOKEN_KID,
	TOKEN_OUT,
	TOKEN_KEY,
	TOKEN_KEYS,
	TOKEN_ISSUER,
	TOKEN_AUDIENCE,
	TOKEN_SUBJECT,
	TOKEN_SUBSCRIBE,
	TOKEN_PUBLISH,
	TOKEN_TTL,
	TOKEN_SID,
	TOKEN_JTI,
	TOKEN_CLAIM,
	TOKEN_URL,
	TOKEN_KEY_FILE,
	TOKEN_TOPIC,
	TOKEN_ROUTE,
	TOKEN_CA,
	TOKEN_OPTION_COUNT,
};

/* Each gives an exit code, with every option checked to be of its word. */
int token_keygen(const struct args *args);
int token_mint(const struct args *args);
int token_verify(const struct args *args);
int token_ticket(const struct args *args);

/* Prints `what` to standard error; gives `code`. */
int token_complain(enum exit_code code, struct slice what);
/* The value of an option; ptr NULL if it is not given. */
struct slice token_text(const struct args *args, enum token_option option);
/* Fills the n-th values of a repeatable option into `ret`; gives how many, at most `max`. */
size_t token_list(const struct args *args, enum token_option option, struct slice *ret, size_t max);
