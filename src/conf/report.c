/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/report.h"

#include "base/utf8.h"
#include "http/url.h"

#include <string.h>

void conf_report_init(struct conf_report *report, struct slice file_name)
{
	memset(report, 0, sizeof(*report));
	report->file_name = utf8_truncate(file_name, CONF_MAX_FILE_NAME);
}

static bool is_before(struct conf_at a, struct conf_at b)
{
	return a.line < b.line || (a.line == b.line && a.column < b.column);
}

/* Checks run in their own order, people read in that of the file: insertion sorts, stably. */
static void notes_add(struct conf_notes *notes, struct conf_at at, struct slice message)
{
	size_t i = notes->count;

	while (i > 0 && is_before(at, notes->list[i - 1].at))
		i--;
	if (notes->count == CONF_MAX_NOTES)
		notes->more = true;
	if (i == CONF_MAX_NOTES)
		return;
	if (notes->count < CONF_MAX_NOTES)
		notes->count++;
	memmove(&notes->list[i + 1], &notes->list[i],
		(notes->count - 1 - i) * sizeof(notes->list[0]));
	struct slice kept = utf8_truncate(message, CONF_MAX_MESSAGE);
	notes->list[i].at = at;
	notes->list[i].len = kept.len;
	memcpy(notes->list[i].text, kept.ptr, kept.len);
}

void conf_report_error(struct conf_report *report, struct conf_at at, struct slice message)
{
	notes_add(&report->errors, at, message);
}

void conf_report_warning(struct conf_report *report, struct conf_at at, struct slice message)
{
	notes_add(&report->warnings, at, message);
}

static void print_note(struct writer *w, struct slice file_name, const struct conf_note *note,
		       struct slice kind)
{
	put(w, file_name);
	if (note->at.line > 0) {
		put_char(w, ':');
		put_u64(w, note->at.line);
		put_char(w, ':');
		put_u64(w, note->at.column);
	}
	put(w, SLICE(": "));
	put(w, kind);
	put(w, (struct slice){note->text, note->len});
	put_char(w, '\n');
}

static void print_notes(struct writer *w, struct slice file_name, const struct conf_notes *notes,
			struct slice kind)
{
	for (size_t i = 0; i < notes->count; i++)
		print_note(w, file_name, &notes->list[i], kind);
}

void conf_print(struct writer *w, const struct conf_report *report)
{
	print_notes(w, report->file_name, &report->errors, SLICE(""));
	if (report->errors.more) {
		put(w, report->file_name);
		put(w, SLICE(": more errors follow\n"));
	}
	print_notes(w, report->file_name, &report->warnings, SLICE("warning: "));
}

void conf_message_init(struct conf_message *message)
{
	writer_init(&message->w, message->text, sizeof(message->text));
}

struct slice conf_message_slice(const struct conf_message *message)
{
	return writer_slice(&message->w);
}

/* C0 and DEL, or one of the C1 controls (U+0080 to U+009F), which are two bytes long. */
static bool is_control(struct slice character)
{
	unsigned char first = (unsigned char)character.ptr[0];

	if (character.len == 2)
		return first == 0xc2 && (unsigned char)character.ptr[1] < 0xa0;
	return first < 0x20 || first == 0x7f;
}

static bool is_secret(struct slice s)
{
	return slice_starts(slice_from(s, slice_find(s, '/')), SLICE("//")) && url_user(s).ptr;
}

void conf_put_shown(struct writer *w, struct slice s)
{
	struct slice rest = utf8_truncate(s, CONF_MAX_SHOWN);

	if (is_secret(s)) {
		put(w, SLICE("'…@…'"));
		return;
	}
	put_char(w, '\'');
	while (rest.len > 0) {
		size_t len = utf8_length(rest);
		struct slice character = slice_upto(rest, len);

		if (len == 0 || is_control(character))
			put_char(w, '?');
		else
			put(w, character);
		rest = slice_from(rest, len > 0 ? len : 1);
	}
	if (s.len > CONF_MAX_SHOWN)
		put(w, SLICE("…"));
	put_char(w, '\'');
}
