/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript.h - what one probe sent and what came back, as values that do not change any more:
 * all that a rule may look at.
 *
 * Times are nanoseconds of the monotonic clock since the start of the run; 0: it did not happen.
 * Slices point into the transcript's arena and live as long as the run. Secrets are never in it:
 * where one came back, its bytes are `*` and `leaks` says so.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "policy/observation.h"

#include <stdint.h>

#define TRANSCRIPT_MAX_HEAD    65536u /* bytes; what is longer is an endless head */
#define TRANSCRIPT_MAX_FIELDS  128u
#define TRANSCRIPT_MAX_MEMORY  (4u << 20)   /* bytes of all that one transcript keeps */
#define TRANSCRIPT_MAX_BODY    (256u << 10) /* bytes that are kept; more is counted */
#define TRANSCRIPT_MAX_READS   4096u        /* kept; later ones are counted */
#define TRANSCRIPT_MAX_RECORDS 2048u        /* events, comments, retries; later ones are counted */

#define PROBE_QUICK_SPAN_MS 1500u
#define PROBE_MAX_REDIRECTS 5u
/* Bytes that the variant "window" of http2 opens: few events fill it. */
#define TRANSCRIPT_SMALL_WINDOW 256u

enum probe_stage {
	STAGE_STREAM, /* the baseline and what needs the same instant */
	STAGE_STREAMS,
	STAGE_HEADS,
	STAGE_TICKETS, /* one after the other */
	STAGE_RESUME,
	STAGE_CROWD, /* many streams at one time */
	STAGE_SOAK,
	STAGE_COUNT,
};

/* What must be given or seen, or the probe is not sent. */
enum probe_need {
	NEED_NOTHING,
	NEED_ORIGIN,     /* --origin */
	NEED_CREDENTIAL, /* --cookie or --bearer */
	NEED_BEARER,
	NEED_SECOND, /* --cookie2 or --bearer2 */
	NEED_TICKET, /* --ticket-url */
	NEED_HTTPS,
	NEED_PAGE,
	NEED_VIA,
	NEED_FAMILIES, /* the name has IPv4 and IPv6 addresses */
	NEED_IDS,      /* the baseline gave an id */
	NEED_REDIRECT, /* an answer redirected */
	NEED_INJECT,   /* --inject */
	NEED_SOAK,
};

enum probe_kind {
#define X(symbol, name, stage, need, quick, span, what, why) symbol,
#include "audit/probes.def"
#undef X
	PROBE_COUNT,
};

struct probe {
	struct slice name;
	enum probe_stage stage;
	enum probe_need need;
	bool quick;
	unsigned span_ms;
	struct slice what;
	struct slice why;
};

extern const struct probe probes[PROBE_COUNT];

/* ANSWERED: a whole head came. All others: it did not, and `detail` says more. */
#define OUTCOME_MAP(X)                                                                             \
	X(OUTCOME_NOT_SENT, "not sent")                                                            \
	X(OUTCOME_ANSWERED, "answered")                                                            \
	X(OUTCOME_REFUSED, "connection refused")                                                   \
	X(OUTCOME_DNS, "name not found")                                                           \
	X(OUTCOME_UNREACHABLE, "unreachable")                                                      \
	X(OUTCOME_TLS_FAILED, "TLS failed")                                                        \
	X(OUTCOME_TIMED_OUT, "timed out")                                                          \
	X(OUTCOME_CUT, "cut before a whole head")                                                  \
	X(OUTCOME_MALFORMED, "not HTTP")                                                           \
	X(OUTCOME_ENDLESS_HEAD, "endless head")                                                    \
	X(OUTCOME_STOPPED, "stopped")

enum outcome {
#define X(name, text) name,
	OUTCOME_MAP(X)
#undef X
};

/* How an answer ended. */
#define ENDING_MAP(X)                                                                              \
	X(ENDING_NONE, "no answer")                                                                \
	X(ENDING_WE_CUT, "cut by the audit when its time was over")                                \
	X(ENDING_COMPLETE, "complete: last chunk, length, END_STREAM or no body")                  \
	X(ENDING_CLOSED, "closed where only closing could end it")                                 \
	X(ENDING_TRUNCATED, "closed before the framing said so")                                   \
	X(ENDING_RESET, "connection reset, or broken TLS")                                         \
	X(ENDING_RST_STREAM, "RST_STREAM; ending_code is its code")                                \
	X(ENDING_GOAWAY, "GOAWAY and closed; ending_code is its code")                             \
	X(ENDING_BAD_FRAMING, "chunks that are none")

enum ending {
#define X(name, text) name,
	ENDING_MAP(X)
#undef X
};

enum probe_credential {
	CREDENTIAL_NONE,
	CREDENTIAL_FIRST,
	CREDENTIAL_SECOND,
	CREDENTIAL_BAD,
	CREDENTIAL_TICKET,
};

/* Where a secret that we sent, or a made-up token in the query, came back. Bits. */
enum leak {
	LEAK_LOCATION = 1,
	LEAK_LINK = 2,
	LEAK_SET_COOKIE = 4,
	LEAK_OTHER_FIELD = 8,
	LEAK_BODY = 16,
};

struct probe_request {
	struct slice method;
	bool https;
	struct slice authority; /* the Host field */
	struct slice target;    /* path and query; secrets in it are `*` */
	unsigned minor;         /* HTTP/1.minor; with h2 no meaning */
	bool h2;
	struct slice origin;        /* ptr NULL: none */
	struct slice accept;        /* ptr NULL: none; several lines with "; " between */
	struct slice last_event_id; /* ptr NULL: none */
	enum probe_credential credential;
	bool origin_allowed; /* `origin` is the one that the stream is meant to allow */
	bool expect_refusal; /* made to be refused, so 200 is not wanted */
};

struct probe_tls {
	bool used;
	struct slice version; /* "TLSv1.3" */
	struct slice cipher;
	struct slice alpn; /* empty: none */
	struct slice subject;
	struct slice issuer;
	int64_t not_before;  /* Unix seconds */
	int64_t not_after;   /* Unix seconds */
	bool trusted;        /* chain and name are good */
	bool name_wrong;     /* the chain may be good; the name is not */
	struct slice reason; /* why it is not trusted */
};

/* One piece as recv gave it. */
struct probe_read {
	uint64_t t_ns;
	uint32_t wire; /* bytes, framing included; in HTTP/2 the same as `body` */
	uint32_t body; /* bytes without framing, still compressed where the body is */
};

enum record_kind {
	RECORD_EVENT,
	RECORD_COMMENT,
	RECORD_RETRY,
	RECORD_ID, /* a block with an id and no data */
};

/* Of the decoded stream. Only bodies of 200 with text/event-stream have any. */
struct record {
	enum record_kind kind;
	uint64_t t_ns;     /* arrival of its last byte */
	uint32_t read;     /* index of that read; TRANSCRIPT_MAX_READS: behind the kept ones */
	struct slice type; /* RECORD_EVENT */
	struct slice data; /* RECORD_EVENT: data; RECORD_COMMENT: text; at most RECORD_MAX_TEXT */
	struct slice id;   /* last event id at that time */
	uint64_t data_len; /* uncut */
	uint64_t retry_ms; /* RECORD_RETRY */
};
#define RECORD_MAX_TEXT 1024u /* bytes kept of a data or comment */

/* Whether the text of a body was read. Where it was not, nothing may be told from what it lacks. */
#define TEXT_MAP(X)                                                                                \
	X(TEXT_READ, "read, as far as it came")                                                    \
	X(TEXT_CODED, "its content coding is not one that we unpack")                              \
	X(TEXT_BROKEN, "it is not in its content coding")                                          \
	X(TEXT_TOO_LONG, "it unpacks to more than 16 MiB")                                         \
	X(TEXT_NO_MEMORY, "there was no memory to unpack it")

enum text {
#define X(name, text) name,
	TEXT_MAP(X)
#undef X
};

/* What of the grammar of event streams was broken or is odd. */
#define GRAMMAR_MAP(X)                                                                             \
	X(GRAMMAR_BAD_UTF8, "bytes that are not UTF-8")                                            \
	X(GRAMMAR_LATE_BOM, "a byte order mark behind the start of a line, or of a later line")    \
	X(GRAMMAR_LONE_CR, "a line that ends in CR alone")                                         \
	X(GRAMMAR_MIXED_ENDS, "line ends of different kinds")                                      \
	X(GRAMMAR_BAD_RETRY, "retry that is not all digits")                                       \
	X(GRAMMAR_ID_NUL, "id with NUL")                                                           \
	X(GRAMMAR_ID_NON_ASCII, "id with bytes that are not visible ASCII")                        \
	X(GRAMMAR_UNKNOWN_FIELD, "a field that no client knows")                                   \
	X(GRAMMAR_MISCASED_FIELD, "a known field in other letters' case, or with space before it") \
	X(GRAMMAR_RAW_NEWLINE, "a line that begins like JSON: a line end within data")             \
	X(GRAMMAR_NO_DATA, "a block with an event type and no data")                               \
	X(GRAMMAR_RESERVED_TYPE, "an event named open or error")                                   \
	X(GRAMMAR_HUGE_LINE, "a line of more than 64 KiB")                                         \
	X(GRAMMAR_TRUNCATED, "the body ended within a block")                                      \
	X(GRAMMAR_TWO_SPACES, "two spaces behind a colon")

enum grammar {
#define X(name, text) name,
	GRAMMAR_MAP(X)
#undef X
		GRAMMAR_COUNT,
};
#define GRAMMAR_EXCERPT 80u /* bytes of the line that is shown */

struct grammar_note {
	uint32_t count;
	uint64_t line;        /* of the first, from 1 */
	struct slice excerpt; /* of the first */
};

struct transcript {
	enum probe_kind kind;
	struct slice variant; /* of a kind that is sent several times: "dot 2"; empty else */
	size_t hop;           /* index into audit_run.hops; 0: the target itself */
	struct probe_request request;

	enum outcome outcome;
	struct slice detail;  /* empty where there is nothing to add */
	struct slice address; /* "192.0.2.1:443", "[2001:db8::1]:443", "unix:/run/x" */
	bool ipv6;
	bool loopback;
	bool proxied; /* the address is a proxy's */
	struct probe_tls tls;
	bool h2;                 /* HTTP/2 was spoken */
	uint32_t h2_max_streams; /* SETTINGS_MAX_CONCURRENT_STREAMS; UINT32_MAX: not said */
	bool h2_goaway;          /* GOAWAY while the stream was open */

	/* The final head. Interim ones (1xx) are counted. */
	unsigned status;
	unsigned minor;                  /* of the status line */
	struct slice reason;             /* empty in HTTP/2 */
	struct slice head;               /* raw, bounded; empty in HTTP/2 */
	const struct http_field *fields; /* in order, duplicates and case kept */
	size_t field_count;
	unsigned interim;
	bool bare_lf; /* a line of the head ended in LF alone */

	uint64_t start_ns;
	uint64_t connected_ns;
	uint64_t tls_done_ns;
	uint64_t sent_ns; /* the last byte of the request is with the kernel */
	uint64_t head_ns; /* the last byte of the head is here */
	uint64_t body_ns; /* the first byte of the body */
	uint64_t end_ns;

	const struct probe_read *reads; /* with body bytes; the one with the head counts if it has
					   some */
	size_t read_count;
	uint64_t reads_dropped;
	uint64_t last_read_ns;       /* kept or not; 0: none */
	uint64_t dropped_silence_ns; /* the longest that ended with a read that is not kept */
	struct slice body; /* without framing, unpacked where `text` does not say otherwise; at
			      most TRANSCRIPT_MAX_BODY */
	enum text text;
	uint64_t body_len; /* uncut, as it came */
	const struct record *records;
	size_t record_count;
	uint64_t records_dropped;
	struct grammar_note grammar[GRAMMAR_COUNT];

	enum ending ending;
	uint32_t ending_code;
	bool credential_withheld; /* the peer's certificate is not trusted, or plain http */
	unsigned leaks;           /* enum leak */
	unsigned retried;         /* times that 429 or 503 was answered before, and waited out */
	unsigned retried_mute;    /* those of them without Retry-After */

	struct arena arena; /* the owner of all slices */
};

struct slice outcome_text(enum outcome outcome);
struct slice ending_text(enum ending ending);
struct slice grammar_text(enum grammar grammar);
struct slice text_text(enum text text);
bool transcript_answered(const struct transcript *t);
/* 200 and text/event-stream. */
bool transcript_is_stream(const struct transcript *t);
/* Value of the first field with this name; ptr NULL if absent. */
struct slice transcript_field(const struct transcript *t, struct slice name);
/* Records of this kind. */
size_t transcript_count(const struct transcript *t, enum record_kind kind);
/* What the rules of one head look at; points into `t`. */
struct observation transcript_observation(const struct transcript *t);
