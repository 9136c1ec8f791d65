/* SPDX-License-Identifier: Apache-2.0 */
/* cookie.h - the Cookie request field (RFC 6265 5.4, read strictly). */
#pragma once

#include "base/slice.h"

#include "base/err.h"

/*
 * The value of the cookie `name` in one field value, without surrounding double quotes.
 * Errors: E_NOT_FOUND; E_EXISTS if the name stands there twice (an attacker's copy cannot be
 * told from ours); E_SYNTAX for a control anywhere, or a byte in this value that is no
 * cookie-octet. The values of other cookies are not judged: strangers' scripts set them.
 */
enum err cookie_get(struct slice field, struct slice name, struct slice *ret_value);
