/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_part.h - the parts of a request head, which HTTP/1 has in lines and HTTP/2 in fields
 * (RFC 9113 8.3.1): one set of rules for both.
 */
#pragma once

#include "http/request.h"

enum http_fault http_part_method(struct http_request *req, struct slice text);
/* path [?query], or "*" for OPTIONS, behind the method. */
enum http_fault http_part_path(struct http_request *req, struct slice target);
/*
 * Adds a field, and notes what it says of Host, body and Expect, behind the version. `raw` is the
 * value with the white space around it.
 */
enum http_fault http_part_field(struct http_request *req, struct http_field field,
				struct slice raw);
/* Whether two authorities are one, where a port that is not there is `default_port`. */
bool http_same_host(struct slice a, struct slice b, uint16_t default_port);
