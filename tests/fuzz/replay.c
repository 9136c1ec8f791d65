/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.c - runs a fuzz target over its corpus without libFuzzer: replay FILE|DIRECTORY...
 *
 * Each file is given whole and cut at a bounded number of places; the bytes lie in an exact
 * heap block, so that the sanitizers see any over-read. Prints TAP, one subtest a file.
 */
#define _DEFAULT_SOURCE /* scandir */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Largest corpus file, bytes: seeds are small; a larger one is a mistake. */
#define FILE_MAX 1048576
/* Most places at which one file is cut. */
#define CUTS_MAX   64
#define PATH_SPACE 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tally {
	unsigned run;
	unsigned failed;
};

static void run_copy(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void run_with_cuts(const uint8_t *data, size_t size)
{
	size_t step = size / CUTS_MAX + 1;

	run_copy(data, size);
	for (size_t cut = 0; cut < size; cut += step)
		run_copy(data, cut);
}

/* Reads all of `file` into `bytes`, which holds FILE_MAX + 1. */
static int read_all(FILE *file, uint8_t *bytes, size_t *ret_size)
{
	size_t size = fread(bytes, 1, FILE_MAX + 1, file);

	if (ferror(file) != 0 || size > FILE_MAX)
		return -1;
	*ret_size = size;
	return 0;
}

static int run_file(const char *path)
{
	uint8_t *bytes = malloc(FILE_MAX + 1);
	FILE *file = fopen(path, "rb");
	size_t size = 0;
	int result = -1;

	if (bytes != NULL && file != NULL && read_all(file, bytes, &size) == 0) {
		run_with_cuts(bytes, size);
		result = 0;
	}
	if (file != NULL)
		(void)fclose(file);
	free(bytes);
	return result;
}

static void report_file(struct tally *tally, const char *path)
{
	const char *slash = strrchr(path, '/');
	int failed = run_file(path) != 0;

	tally->run++;
	if (failed)
		tally->failed++;
	printf("%sok %u - %s\n", failed ? "not " : "", tally->run, slash ? slash + 1 : path);
	/* A crash in the next file must not take this line with it. */
	(void)fflush(stdout);
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void report_directory(struct tally *tally, const char *path)
{
	struct dirent **entries = NULL;
	int len = scandir(path, &entries, not_hidden, alphasort);

	for (int i = 0; i < len; i++) {
		char name[PATH_SPACE];

		(void)snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		report_file(tally, name);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	struct tally tally = {0};

	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			report_directory(&tally, argv[i]);
		else
			report_file(&tally, argv[i]);
	}
	printf("1..%u\n", tally.run);
	/* An empty corpus means that the path is wrong: nothing was tested. */
	return tally.run > 0 && tally.failed == 0 ? 0 : 1;
}
