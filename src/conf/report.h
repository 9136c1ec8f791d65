/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - what is wrong with a configuration file: bounded notes in the order of the file.
 */
#pragma once

#include "base/slice.h"
#include "base/writer.h"

#include <stdint.h>

#define CONF_MAX_NOTES     20u /* errors, and as many warnings; those nearest to the top are kept */
#define CONF_MAX_MESSAGE   320u /* bytes of one message */
#define CONF_MAX_FILE_NAME 255u /* bytes; longer ones are cut */
#define CONF_MAX_SHOWN     64u  /* bytes of the file that a message repeats */

/* A buffer of this size takes all that conf_print can write. */
#define CONF_PRINT_SIZE ((2 * CONF_MAX_NOTES + 1) * (CONF_MAX_FILE_NAME + CONF_MAX_MESSAGE + 48))

/* Counted from 1, columns in characters; line 0: the file as a whole. */
struct conf_at {
	uint32_t line;
	uint32_t column;
};

struct conf_note {
	struct conf_at at;
	size_t len;
	char text[CONF_MAX_MESSAGE];
};

struct conf_notes {
	struct conf_note list[CONF_MAX_NOTES];
	size_t count;
	bool more; /* there were more than fit */
};

struct conf_report {
	struct slice file_name; /* the caller's memory */
	struct conf_notes errors;
	struct conf_notes warnings;
};

void conf_report_init(struct conf_report *report, struct slice file_name);
/* `message` is copied, and cut at CONF_MAX_MESSAGE. Notes of one place keep their order. */
void conf_report_error(struct conf_report *report, struct conf_at at, struct slice message);
void conf_report_warning(struct conf_report *report, struct conf_at at, struct slice message);

/*
 * One line for each note: "sluice.yaml:3:5: message", a warning with "warning: " before its
 * message; errors first. Writes nothing for an empty report.
 */
void conf_print(struct writer *w, const struct conf_report *report);

/* A message that is being put together; a part that does not fit any more is left out. */
struct conf_message {
	struct writer w;
	char text[CONF_MAX_MESSAGE];
};

void conf_message_init(struct conf_message *message);
struct slice conf_message_slice(const struct conf_message *message);
/* `s` in quotes, cut, with '?' for what would steer a terminal; no URL that may have a password. */
void conf_put_shown(struct writer *w, struct slice s);
