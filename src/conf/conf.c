/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"

#include "conf/reader.h"

/* Bytes for the tree of a file: its nodes, with what alignment costs, and its texts. */
#define MAX_SCRATCH (CONF_MAX_NODES * (sizeof(struct conf_node) + 64) + 3 * CONF_MAX_TEXT)

/* An address with an error stays empty: the report has it. */
static void finish_listen(struct listen_settings *l)
{
	struct listen_settings parsed;

	if (conf_listen_parse(l->address, &parsed))
		return;
	parsed.tls = l->tls;
	parsed.h2c = l->h2c;
	parsed.proxy_protocol = l->proxy_protocol;
	*l = parsed;
}

/* What the parts of the program want beside the texts of the file. */
static void finish(struct settings *s)
{
	for (size_t i = 0; i < s->listen_count; i++)
		finish_listen(&s->listen[i]);
	/* "off" is no address either. */
	if (conf_listen_parse(s->admin.address, &s->admin))
		s->admin = (struct listen_settings){0};
	if (s->cors.origin_count == 1 && slice_eq(s->cors.origins[0], SLICE("*"))) {
		s->cors.any = true;
		s->cors.origin_count = 0;
	}
}

static bool is_guide(const struct conf_node *root)
{
	const struct conf_node *preset = conf_tree_find(root, SLICE("preset"));

	return preset && preset->kind == CONF_NODE_TEXT && slice_eq(preset->text, SLICE("guide"));
}

static void read_root(struct conf_reader *r, const struct conf_node *root, struct settings *s)
{
	if (!root || conf_node_is_nothing(root))
		return;
	if (root->kind == CONF_NODE_MAP)
		conf_read_map(r, SLICE(""), root, s);
	else
		conf_report_error(r->report, root->at,
				  SLICE("expected a mapping of settings: listen: [...]"));
}

static enum err read_tree(const struct conf_node *root, struct arena *arena,
			  struct conf_report *report, struct settings *ret_settings)
{
	struct conf_reader r = {.arena = arena, .report = report};
	struct settings settings = {0};

	conf_read_defaults(&r, SLICE(""), &settings);
	if (is_guide(root))
		conf_read_guide(&r, &settings);
	if (!r.no_memory)
		read_root(&r, root, &settings);
	if (r.no_memory)
		return E_NOMEM;
	finish(&settings);
	conf_check(&r, &settings, root);
	if (report->errors.count > 0)
		return E_SYNTAX;
	*ret_settings = settings;
	return OK;
}

enum err conf_load(struct slice text, struct slice file_name, struct arena *arena,
		   struct settings *ret_settings, struct conf_report *ret_report)
{
	struct conf_node *root = NULL;
	struct arena scratch;

	conf_report_init(ret_report, file_name);
	arena_init(&scratch, MAX_SCRATCH);
	enum err err = conf_tree_parse(text, &scratch, ret_report, &root);
	if (!err)
		err = read_tree(root, arena, ret_report, ret_settings);
	arena_free(&scratch);
	return err;
}

enum err conf_defaults(struct arena *arena, struct settings *ret_settings)
{
	struct conf_report report;

	conf_report_init(&report, SLICE(""));
	return read_tree(NULL, arena, &report, ret_settings);
}

enum err conf_judge(const struct settings *settings, struct conf_report *report)
{
	struct conf_reader r = {.report = report};

	conf_check(&r, settings, NULL);
	return report->errors.count > 0 ? E_SYNTAX : OK;
}
