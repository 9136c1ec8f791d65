/* SPDX-License-Identifier: Apache-2.0 */
/* clean.h - the pieces of scenes, and one run in which everything is as it should be. */
#pragma once

#define TYPE   "Content-Type: text/event-stream; charset=utf-8\n"
#define CACHE  "Cache-Control: no-cache, no-store, no-transform, private\n"
#define HSTS   "Strict-Transport-Security: max-age=63072000; includeSubDomains\n"
#define VARY   "Vary: Origin, Accept\n"
#define STREAM "+stream\n" /* every field of a good stream */
#define JSON   "+json\n"   /* every field of a good refusal */
#define APP    "https://app.example.com"
#define EVIL   "https://x7f3.example"
#define ACAO   "Access-Control-Allow-Origin: "
#define ACAC   "Access-Control-Allow-Credentials: true\n"
#define CORS   ACAO APP "\n" ACAC
#define TICKS  "@20 retry: 4000~~\n@500+1000*11 id: #~data: tick #~~\n"
/* The same feed a while later. */
#define LATER "@20 retry: 5000~~\n@500+1000*5 id: 2#~data: tick 2#~~\nend 6000 cut\n"
#define GIVEN "run origin=" APP "\n"
#define BASE  "baseline 200\n" STREAM TICKS

/* 128 bytes */
#define LINE128                                                                                    \
	"data: 0123456789012345678901234567890123456789012345678901234567890"                      \
	"12345678901234567890123456789012345678901234567890123456789~~"

#define REFUSED_ORIGIN(probe, origin) probe " 403 refusal origin=" origin "\n" JSON
#define LAST_ID(probe)                probe " 200 lid=x cred=first\n" STREAM "end 500 cut\n"

#define CLEAN_STREAMS                                                                              \
	"baseline 200 tls=TLSv1.3 cred=first\n" STREAM TICKS                                       \
	"repeat 200 tls=TLSv1.3 cred=first\n" STREAM LATER "gzip 200 cred=first\n" STREAM          \
	"Content-Encoding: identity\n" LATER "http10 200 h10 cred=first\n" STREAM LATER            \
	"http2 200 h2 tls=TLSv1.3 cred=first\n" STREAM LATER                                       \
	"random-query 200 cred=first\n" STREAM LATER "other-family 200 cred=first\n" STREAM LATER
#define CLEAN_HEADS                                                                                \
	"accept-any 200 cred=first\n" STREAM "accept-text 200 cred=first\n" STREAM                 \
	"accept-none 200 cred=first\n" STREAM "accept-list 200 cred=first\n" STREAM                \
	"accept-q 200 cred=first\n" STREAM "accept-param 200 cred=first\n" STREAM                  \
	"accept-case 200 cred=first\n" STREAM "accept-lines 200 cred=first\n" STREAM               \
	"accept-q0 406 refusal cred=first\n" JSON "accept-other 406 refusal cred=first\n" JSON     \
	"head 200 cred=first\n" STREAM                                                             \
	"post 405 refusal cred=first\nAllow: GET, HEAD, OPTIONS\n" JSON                            \
	"range 200 cred=first\n" STREAM
#define CLEAN_ORIGINS                                                                              \
	"origin-none 200 cred=first\n" STREAM "origin-allowed 200 allowed cred=first origin=" APP  \
	"\n" STREAM CORS REFUSED_ORIGIN("origin-random", EVIL) REFUSED_ORIGIN(                     \
		"origin-null", "null") REFUSED_ORIGIN("origin-suffix", APP ".evil.example")        \
		REFUSED_ORIGIN("origin-prefix", "https://evilapp.example.com") REFUSED_ORIGIN(     \
			"origin-dot",                                                              \
			"https://appxexample.com") REFUSED_ORIGIN("origin-subdomain",              \
								  "https://x7f3.app.example.com")  \
			REFUSED_ORIGIN("origin-http", "http://app.example.com") REFUSED_ORIGIN(    \
				"origin-truncated",                                                \
				"https://pp.example.com") REFUSED_ORIGIN("origin-odd",             \
									 "https://"                \
									 "app.example.com_.evil."  \
									 "example")                \
				REFUSED_ORIGIN("origin-port", APP ":65000") REFUSED_ORIGIN(        \
					"origin-userinfo", APP "@evil.example")                    \
					REFUSED_ORIGIN("origin-scheme", "file://") REFUSED_ORIGIN( \
						"origin-localhost", "http://localhost:3000")       \
						REFUSED_ORIGIN(                                    \
							"origin-hosting",                          \
							"https://x7f3.github.io") "origin-on-"     \
										  "error 406 "     \
										  "refusal "       \
										  "allowed "       \
										  "cred=first "    \
										  "origin=" APP    \
										  "\n" JSON CORS   \
										  "preflight 204 " \
										  "allowed "       \
										  "origin=" APP    \
										  "\n" HSTS VARY   \
											  CORS     \
										  "Access-"        \
										  "Control-Allow-" \
										  "Methods: GET\n" \
										  "Access-"        \
										  "Control-Allow-" \
										  "Headers: "      \
										  "authorization," \
										  " last-event-"   \
										  "id, "           \
										  "cache-control," \
										  " "              \
										  "content-type\n"
#define CLEAN_IDENTITY                                                                             \
	"no-credential 401 refusal\nWWW-Authenticate: Bearer\n" JSON                               \
	"bad-credential 401 refusal cred=bad\nWWW-Authenticate: Bearer\n" JSON                     \
	"no-credential-no-accept 401 refusal\nWWW-Authenticate: Bearer\n" JSON                     \
	"query-token 401 refusal\nWWW-Authenticate: Bearer\n" JSON                                 \
	"first-user 200 cred=first\n" STREAM LATER "second-user 200 cred=second\n" STREAM TICKS    \
	"ticket-issue 200 cred=first\n" JSON "ticket-use 200 cred=ticket\n" STREAM LATER           \
	"ticket-reuse 401 refusal cred=ticket\nWWW-Authenticate: Bearer\n" JSON
#define CLEAN_RECONNECTS                                                                           \
	"resume 200 lid=10 cred=first\n" STREAM "@20 id: 11~data: tick 11~~\nend 4000 cut\n"       \
	"resume-origin 200 allowed lid=x cred=first origin=" APP                                   \
	"\n" STREAM CORS LAST_ID("last-id-long") LAST_ID("last-id-control")                        \
		LAST_ID("last-id-unicode") LAST_ID("last-id-path")                                 \
			LAST_ID("last-id-sql") "inject 200 cred=first\n" STREAM LATER
#define CLEAN_TRANSPORT                                                                            \
	"plain-http 301 http\nLocation: https://api.example.com/stream\n"                          \
	"tls-old - outcome=tls-failed\n"                                                           \
	"tls-13 - outcome=not-sent tls=TLSv1.3\n"                                                  \
	"page 200\nContent-Type: text/html\nReferrer-Policy: no-referrer\n"                        \
	"Content-Security-Policy: default-src 'self'; connect-src https://api.example.com\n"       \
	"soak 200 tls=TLSv1.3 cred=first\n" STREAM                                                 \
	"@20 retry: 4500~~\n@500+1000*59 id: 3#~data: tick 3#~~\nend 60000 cut\n"

#define CLEAN_RUN GIVEN "run bearer credentials page=" APP "/ soak=60000 marker=forged\n"

/* The whole of it. */
static const char *const clean_parts[] = {CLEAN_RUN,      CLEAN_STREAMS,  CLEAN_HEADS,
					  CLEAN_ORIGINS,  CLEAN_IDENTITY, CLEAN_RECONNECTS,
					  CLEAN_TRANSPORT};
