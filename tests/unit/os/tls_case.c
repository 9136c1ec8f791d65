/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_case.h"

#include "../test.h"

#include <signal.h>

struct lab_cert root, other_root, leaf;
struct tls_tickets *tickets;

int case_set_up(void **state)
{
	(void)state;
	const struct lab_spec authority = {.name = "Lab Root", .authority = true};
	const struct lab_spec foreign = {.name = "Other Root", .authority = true};
	const struct lab_spec one = {.name = "one", .san = "DNS:one.example"};

	(void)signal(SIGPIPE, SIG_IGN); /* of the client's end */
	root = lab_make(&authority, NULL);
	other_root = lab_make(&foreign, NULL);
	leaf = lab_make(&one, &root);
	tickets = tls_tickets_new();
	return tickets ? 0 : -1;
}

int case_tear_down(void **state)
{
	(void)state;
	lab_free(&leaf);
	lab_free(&root);
	lab_free(&other_root);
	tls_tickets_unref(tickets);
	return 0;
}

struct tls_identity identity_of(const struct lab_cert *c)
{
	return (struct tls_identity){.chain = c->cert_pem, .key = c->key_pem};
}

struct tls_server *case_try(const struct tls_server_config *config, char *text, size_t cap)
{
	struct writer why;

	writer_init(&why, text, cap - 1);
	struct tls_server *s = tls_server_new(config, &why);
	text[why.len] = '\0';
	return s;
}

struct tls_server *case_server(const struct tls_server_config *config)
{
	char text[256];
	struct tls_server *s = case_try(config, text, sizeof(text));

	if (!s)
		fail_msg("%s", text);
	return s;
}
