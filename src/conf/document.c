/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/document.h"

#include "conf/change.h"
#include "conf/option.h"

#define WIDTH 78u /* columns of wrapped text */

const struct slice conf_example = SLICE_INIT("listen: [0.0.0.0:8080]\n"
					     "hosts: [stream.example.com]\n"
					     "cors:\n"
					     "  origins: [https://app.example.com]\n"
					     "  credentials: true\n"
					     "auth:\n"
					     "  cookie: session\n"
					     "  keys-file: /etc/sluice/subscribers.keys\n"
					     "  jwt:\n"
					     "    keys: https://id.example.com/jwks.json\n"
					     "    issuer: https://id.example.com/\n"
					     "    audience: stream\n"
					     "    algorithms: [ES256]\n"
					     "publish:\n"
					     "  key-file: /etc/sluice/publish.key\n"
					     "routes:\n"
					     "  - path: /stream\n"
					     "    hub: {public: [news/*]}\n"
					     "  - {path: /ticker, hub: {topics: [ticker]}, "
					     "heartbeat: 30s}\n"
					     "limits: {per-address: 50}\n"
					     "history: {memory: 256MiB}\n"
					     "edge: [nginx, cloudflare]\n");

/* One paragraph each. */
static const struct slice intro[] = {
	SLICE_INIT(
		"Sluice reads one YAML file, named with -c. Every key has a default: without a "
		"file the server listens on loopback and serves one stream. An unknown key, a "
		"value "
		"of the wrong kind or out of range, and a configuration that would be unsafe are "
		"errors; sluice serve --check reports them with file, line and column, and exits "
		"with 2."),
	SLICE_INIT("SIGHUP makes a running server read the file again. A key that says \"not by "
		   "reload\" needs a restart or an upgrade: where it has changed, the reload is "
		   "refused, and nothing changes."),
	SLICE_INIT(
		"A duration is a whole number with the unit ms, s, m or h; a size is in bytes, or "
		"has the unit KiB, MiB or GiB. A text that begins with * or [ needs quotes. "
		"Anchors, aliases, tags and further documents are refused."),
};

/* What conf/check.c refuses; one item each. */
static const struct slice refusals[] = {
	SLICE_INIT("Two listeners, or a listener and admin, at one address and port, and a name in "
		   "place of an address."),
	SLICE_INIT("A listener that is not on loopback while nobody can be authenticated "
		   "(auth.keys-file, auth.jwt, auth.introspect, listen[].tls.client-ca) and no "
		   "topic is public."),
	SLICE_INIT("A listener that is not on loopback without hosts."),
	SLICE_INIT("listen[].tls without certificate or key, with keys or OCSP responses that are "
		   "not as many as the certificates, and client-certificate: required without "
		   "client-ca."),
	SLICE_INIT("An admin listener that is not on loopback."),
	SLICE_INIT("Any origin (*) with cors.credentials."),
	SLICE_INIT("An origin with a path, an origin with a wildcard, and the origin null."),
	SLICE_INIT("One path for two of: routes, publish.path, auth.ticket.path, "
		   "auth.revoke.path, /healthz."),
	SLICE_INIT("auth.jwt without keys, issuer, audience or algorithms, and auth.introspect "
		   "without url."),
	SLICE_INIT("HS256 with keys from a URL: a published secret is none."),
	SLICE_INIT("An http:// URL that is not on loopback."),
	SLICE_INIT(
		"listen[].proxy-protocol without proxies.trusted, and a network of all addresses "
		"there."),
	SLICE_INIT("A lower bound above its upper bound: retry, drain, publish.max-event, "
		   "the rates of limits above their bursts, history.memory above "
		   "limits.memory."),
};

struct style {
	void (*paragraph)(struct writer *w, struct slice text, bool first);
	void (*item)(struct writer *w, struct slice text);
	void (*example)(struct writer *w, struct slice text);
	void (*section)(struct writer *w, const char *title);
	void (*open_keys)(struct writer *w);
	void (*open_items)(struct writer *w);
	void (*close_list)(struct writer *w);
	void (*key)(struct writer *w, const struct conf_option *option, bool is_top);
};

/* "100ms to 2m", "at most 64". */
static void put_range(struct writer *w, const struct conf_option *option)
{
	if (option->low > 0) {
		put(w, SLICE("from "));
		conf_put_bound(w, option, option->low);
		put(w, SLICE(" to "));
	} else {
		put(w, SLICE("at most "));
	}
	conf_put_bound(w, option, option->high);
}

static void put_kind(struct writer *w, const struct conf_option *option)
{
	static const struct slice kinds[] = {
		[CONF_GROUP] = SLICE_INIT("mapping"),
		[CONF_ITEMS] = SLICE_INIT("list, "),
		[CONF_DURATION] = SLICE_INIT("duration, "),
		[CONF_BYTES] = SLICE_INIT("size, "),
		[CONF_NUMBER] = SLICE_INIT("number, "),
		[CONF_BOOL] = SLICE_INIT("true or false"),
		[CONF_CHOICE] = SLICE_INIT("one of "),
		[CONF_SET] = SLICE_INIT("list of "),
		[CONF_TEXT] = SLICE_INIT("text"),
		[CONF_LIST] = SLICE_INIT("list, "),
	};
	bool has_range = option->high > 0 && option->type != CONF_TEXT && option->type != CONF_SET;

	if (option->is_lone)
		put(w, SLICE("text, or "));
	put(w, kinds[option->type]);
	if (option->words.ptr)
		conf_put_words(w, option->words);
	if (has_range)
		put_range(w, option);
	if (option->type == CONF_ITEMS || option->type == CONF_LIST)
		put(w, SLICE(" entries"));
	if (option->word.ptr) {
		put(w, SLICE(", or "));
		put(w, option->word);
	}
}

/* "duration, from 1s to 5m; default 15s; in preset guide 30s" */
static void put_facts(struct writer *w, const struct conf_option *option)
{
	put_kind(w, option);
	if (option->preset.len > 0) {
		put(w, SLICE("; default "));
		put(w, option->preset);
	}
	if (option->guide.len > 0) {
		put(w, SLICE("; in preset guide "));
		put(w, option->guide);
	}
	if (conf_is_fixed(option))
		put(w, SLICE("; not by reload"));
}

static bool ends_sentence(struct slice word)
{
	return slice_ends(word, SLICE("."));
}

/*
 * Words in lines of at most WIDTH columns behind `indent` spaces. `by_sentence`: a sentence begins
 * its own line, as mdoc wants it.
 */
static void put_wrapped(struct writer *w, struct slice text, size_t indent, bool by_sentence)
{
	size_t column = 0;
	bool broken = false;

	for (struct slice rest = text; rest.ptr;) {
		struct slice word = slice_cut(&rest, ' ');

		if (column > 0 && (broken || column + 1 + word.len > WIDTH)) {
			put_char(w, '\n');
			column = 0;
		}
		for (; column < indent; column++)
			put_char(w, ' ');
		if (column > indent) {
			put_char(w, ' ');
			column++;
		}
		put(w, word);
		column += word.len;
		broken = by_sentence && ends_sentence(word);
	}
	put_char(w, '\n');
}

static void put_document(struct writer *w, const struct style *style)
{
	for (size_t i = 0; i < sizeof(intro) / sizeof(intro[0]); i++)
		style->paragraph(w, intro[i], i == 0);
	style->section(w, "Example");
	style->example(w, conf_example);
	style->section(w, "Keys");
	style->open_keys(w);
	for (size_t i = 0; i < CONF_OPTION_COUNT; i++) {
		const struct conf_option *option = &conf_options[i];

		style->key(w, option, conf_option_parent(option).len == 0);
	}
	style->close_list(w);
	style->section(w, "What is refused");
	style->open_items(w);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		style->item(w, refusals[i]);
	style->close_list(w);
}

static void nothing(struct writer *w)
{
	(void)w;
}

/* Stars are patterns here, not emphasis. */
static void markdown_text(struct writer *w, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '*')
			put_char(w, '\\');
		put_char(w, text.ptr[i]);
	}
	put_char(w, '\n');
}

static void markdown_paragraph(struct writer *w, struct slice text, bool first)
{
	(void)first;
	markdown_text(w, text);
	put_char(w, '\n');
}

static void markdown_item(struct writer *w, struct slice text)
{
	put(w, SLICE("- "));
	markdown_text(w, text);
}

static void markdown_example(struct writer *w, struct slice text)
{
	put(w, SLICE("```yaml\n"));
	put(w, text);
	put(w, SLICE("```\n\n"));
}

static void markdown_section(struct writer *w, const char *title)
{
	put(w, SLICE("## "));
	put(w, slice_of(title));
	put(w, SLICE("\n\n"));
}

static void markdown_key(struct writer *w, const struct conf_option *option, bool is_top)
{
	put(w, is_top ? SLICE("### `") : SLICE("- **`"));
	put(w, option->path);
	put(w, is_top ? SLICE("`\n\n`") : SLICE("`** `"));
	put_facts(w, option);
	put(w, is_top ? SLICE("`\n\n") : SLICE("`\\\n  "));
	markdown_text(w, option->help);
	put_char(w, '\n');
}

void conf_document(struct writer *w)
{
	static const struct style style = {
		.paragraph = markdown_paragraph,
		.item = markdown_item,
		.example = markdown_example,
		.section = markdown_section,
		.open_keys = nothing,
		.open_items = nothing,
		.close_list = nothing,
		.key = markdown_key,
	};

	put(w, SLICE("<!-- Written by conf-document from src/conf/options.def: change that. -->\n"
		     "# Configuration: sluice.yaml\n\n"));
	put_document(w, &style);
}

static void man_paragraph(struct writer *w, struct slice text, bool first)
{
	if (!first)
		put(w, SLICE(".Pp\n"));
	put_wrapped(w, text, 0, true);
}

static void man_item(struct writer *w, struct slice text)
{
	put(w, SLICE(".It\n"));
	put_wrapped(w, text, 0, true);
}

static void man_example(struct writer *w, struct slice text)
{
	put(w, SLICE(".Bd -literal -offset indent\n"));
	put(w, text);
	put(w, SLICE(".Ed\n"));
}

static void man_section(struct writer *w, const char *title)
{
	put(w, SLICE(".Ss "));
	put(w, slice_of(title));
	put_char(w, '\n');
}

static void man_open_keys(struct writer *w)
{
	put(w, SLICE(".Bl -tag -width Ds\n"));
}

static void man_open_items(struct writer *w)
{
	put(w, SLICE(".Bl -bullet\n"));
}

static void man_close_list(struct writer *w)
{
	put(w, SLICE(".El\n"));
}

static void man_key(struct writer *w, const struct conf_option *option, bool is_top)
{
	char facts[256];
	struct writer line;

	(void)is_top;
	put(w, SLICE(".It Cm "));
	put(w, option->path);
	put_char(w, '\n');
	writer_init(&line, facts, sizeof(facts));
	put_char(&line, '(');
	put_facts(&line, option);
	put_char(&line, ')');
	put_wrapped(w, writer_slice(&line), 0, true);
	put(w, SLICE(".br\n"));
	put_wrapped(w, option->help, 0, true);
}

void conf_man(struct writer *w)
{
	static const struct style style = {
		.paragraph = man_paragraph,
		.item = man_item,
		.example = man_example,
		.section = man_section,
		.open_keys = man_open_keys,
		.open_items = man_open_items,
		.close_list = man_close_list,
		.key = man_key,
	};

	put(w, SLICE(".\\\" SPDX-License-Identifier: Apache-2.0\n"
		     ".\\\" Written by conf-document from src/conf/options.def: change that.\n"
		     ".Dd November 22, 2026\n"
		     ".Dt SLUICE.YAML 5\n"
		     ".Os\n"
		     ".Sh NAME\n"
		     ".Nm sluice.yaml\n"
		     ".Nd configuration of the sluice server\n"
		     ".Sh DESCRIPTION\n"));
	put_document(w, &style);
}

static void text_paragraph(struct writer *w, struct slice text, bool first)
{
	(void)first;
	put_wrapped(w, text, 0, false);
	put_char(w, '\n');
}

static void text_item(struct writer *w, struct slice text)
{
	put_wrapped(w, text, 2, false);
}

static void text_example(struct writer *w, struct slice text)
{
	put(w, text);
	put_char(w, '\n');
}

static void text_section(struct writer *w, const char *title)
{
	put(w, slice_of(title));
	put(w, SLICE(":\n\n"));
}

static void text_close_list(struct writer *w)
{
	put_char(w, '\n');
}

static void text_key(struct writer *w, const struct conf_option *option, bool is_top)
{
	char facts[256];
	struct writer line;

	(void)is_top;
	writer_init(&line, facts, sizeof(facts));
	put(&line, option->path);
	put(&line, SLICE(" ("));
	put_facts(&line, option);
	put_char(&line, ')');
	put_wrapped(w, writer_slice(&line), 2, false);
	put_wrapped(w, option->help, 6, false);
}

void conf_help(struct writer *w)
{
	static const struct style style = {
		.paragraph = text_paragraph,
		.item = text_item,
		.example = text_example,
		.section = text_section,
		.open_keys = nothing,
		.open_items = nothing,
		.close_list = text_close_list,
		.key = text_key,
	};

	put_document(w, &style);
}
