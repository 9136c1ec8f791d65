/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/trust.h"

int trust_read(const struct args *args, size_t option, struct tls_trust **ret_trust)
{
	const char *file = args_get(args, option);
	const char *why = NULL;
	struct tls_trust *trust = tls_trust_new(file, &why);

	if (!trust)
		return usage_error(args, "--%s: %s%s%s", args->command->options[option].name,
				   file ? file : "", file ? ": " : "", why);
	*ret_trust = trust;
	return EXIT_OK;
}
