/* SPDX-License-Identifier: Apache-2.0 */
#include "h2/session.h"

struct slice h2_end_word(enum h2_end end)
{
	(void)end;
	return SLICE_NONE;
}
struct h2_session *h2_session_new(const struct h2_config *config, uint64_t now_ms)
{
	(void)config;
	(void)now_ms;
	return NULL;
}
void h2_session_free(struct h2_session *s)
{
	(void)s;
}
bool h2_session_receive(struct h2_session *s, struct slice bytes, uint64_t now_ms)
{
	(void)s;
	(void)bytes;
	(void)now_ms;
	return false;
}
enum h2_end h2_session_end(const struct h2_session *s)
{
	(void)s;
	return H2_END_NONE;
}
bool h2_session_flush(struct h2_session *s)
{
	(void)s;
	return false;
}
bool h2_session_is_ready(const struct h2_session *s)
{
	(void)s;
	return false;
}
bool h2_session_is_blocked(const struct h2_session *s)
{
	(void)s;
	return false;
}
void h2_session_cork(struct h2_session *s)
{
	(void)s;
}
size_t h2_session_streams(const struct h2_session *s)
{
	(void)s;
	return 0;
}
void h2_session_shutdown(struct h2_session *s)
{
	(void)s;
}
void h2_session_goaway(struct h2_session *s, uint32_t error)
{
	(void)s;
	(void)error;
}
enum err h2_stream_respond(struct h2_stream *stream, unsigned status, struct slice lines, bool end)
{
	(void)stream;
	(void)status;
	(void)lines;
	(void)end;
	return E_NOMEM;
}
void h2_stream_continue(struct h2_stream *stream)
{
	(void)stream;
}
ptrdiff_t h2_stream_send(struct h2_stream *stream, const struct slice *parts, size_t n)
{
	(void)stream;
	(void)parts;
	(void)n;
	return H2_GONE;
}
void h2_stream_want(struct h2_stream *stream)
{
	(void)stream;
}
void h2_stream_finish(struct h2_stream *stream, struct slice last)
{
	(void)stream;
	(void)last;
}
void h2_stream_reset(struct h2_stream *stream, uint32_t error)
{
	(void)stream;
	(void)error;
}
void h2_stream_consume(struct h2_stream *stream, size_t n)
{
	(void)stream;
	(void)n;
}
uint32_t h2_stream_id(const struct h2_stream *stream)
{
	(void)stream;
	return 0;
}
size_t h2_session_memory(const struct h2_session *s)
{
	(void)s;
	return 0;
}
