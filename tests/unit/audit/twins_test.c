/* SPDX-License-Identifier: Apache-2.0 */
/* twins_test.c - every rule has a run that breaks it and a clean twin. */
#include "clean.h"
#include "scene.h"

#include "audit/judge.h"
#include "audit/judging.h"

#define OTHER_EVENTS "@500+1000*5 id: 7#~data: tock 7#~~\n"
#define VIA          "run via=app,nginx\n"
#define FIVE(x)      x x x x x
static const struct twins {
	const char *id;
	const char *name;
	const char *bad;
	const char *clean; /* NULL: CLEAN */
	enum verdict clean_verdict;
} twins[] = {
	{"A101", "a page of JSON", "baseline 200\n" JSON, NULL, VERDICT_PASS},
	{"A102", "Latin-1", "baseline 200\nContent-Type: text/event-stream; charset=latin1\n", NULL,
	 VERDICT_PASS},
	{"A103", "no charset", "baseline 200\nContent-Type: text/event-stream\n", NULL,
	 VERDICT_PASS},
	{"A104", "503 for everybody", "baseline 503\n" JSON, NULL, VERDICT_PASS},
	{"A105", "204 at the first connect", "baseline 204\n" HSTS, NULL, VERDICT_PASS},
	{"A106", "two hops, one to another host",
	 "baseline 302\nLocation: /a\nredirect 302\nLocation: https://b.example/\n"
	 "redirect 200 authority=b.example\n" STREAM,
	 NULL, VERDICT_PASS},
	{"A107", "its own clients are refused", "baseline 406\n" JSON, NULL, VERDICT_PASS},
	{"A108", "a public stream that wants to be named",
	 "run profile=public\n" BASE "accept-any 406\n" JSON, NULL, VERDICT_PASS},
	{"A109", "a list is refused", BASE "accept-list 406\n" JSON "accept-q 200\n" STREAM, NULL,
	 VERDICT_PASS},
	{"A110", "q=0 is streamed to", BASE "accept-q0 200\n" STREAM, NULL, VERDICT_PASS},
	{"A111", "406 without Vary", BASE "accept-other 406\nContent-Type: application/json\n",
	 NULL, VERDICT_PASS},
	{"A112", "an error in a stream's clothes", BASE "accept-other 406 refusal\n" TYPE, NULL,
	 VERDICT_PASS},
	{"A113", "an error for people",
	 BASE "accept-other 406 refusal\nContent-Type: text/html\n@20 Traceback (most\n", NULL,
	 VERDICT_PASS},
	{"A114", "a length", "baseline 200\nContent-Length: 999\n" STREAM TICKS, NULL,
	 VERDICT_PASS},
	{"A115", "HEAD has no answer", BASE "head - outcome=timed-out\n", NULL, VERDICT_PASS},
	{"A116", "405 without Allow", BASE "post 405 refusal\n" JSON, NULL, VERDICT_PASS},
	{"A117", "206", BASE "range 206\n" STREAM, NULL, VERDICT_PASS},
	{"A201", "nothing about caching", "baseline 200\n" TYPE, NULL, VERDICT_PASS},
	{"A202", "no-cache alone", "baseline 200\n" TYPE "Cache-Control: no-cache\n", NULL,
	 VERDICT_PASS},
	{"A203", "never, for a minute",
	 "baseline 200\n" TYPE "Cache-Control: no-store, max-age=60\n", NULL, VERDICT_PASS},
	{"A204", "old", BASE "accept-any 200\nAge: 9\n" STREAM, NULL, VERDICT_PASS},
	{"A205", "a recording",
	 "baseline 200\n" STREAM TICKS "end 11600 closed\n"
	 "repeat 200\n" STREAM "@6 retry: 4000~~id: 1~data: tick 1~~\nend 8 closed\n",
	 NULL, VERDICT_PASS},
	{"A206", "two users, one stream",
	 BASE "first-user 200 cred=first\n" STREAM TICKS
	      "second-user 200 cred=second\n" STREAM TICKS,
	 NULL, VERDICT_PASS},
	{"A207", "may be recompressed", "baseline 200\n" TYPE "Cache-Control: no-store\n", NULL,
	 VERDICT_PASS},
	{"A208", "an ETag", "baseline 200\nETag: \"1\"\n" STREAM, NULL, VERDICT_PASS},
	{"A209", "Fastly without private",
	 "baseline 200\nX-Served-By: cache-fra1\nCache-Control: no-store\n" TYPE,
	 "baseline 200\nX-Served-By: cache-fra1\n" STREAM, VERDICT_PASS},
	{"A210", "somebody's stream on a disk",
	 "baseline 200 cred=first\nCache-Control: no-cache\n" TYPE, NULL, VERDICT_PASS},
	{"A301", "the head waits for the first 4 KiB",
	 "baseline 200 head=6000\n" STREAM "@6001 data: a~~\n"
	 "accept-other 406 refusal\n" JSON,
	 NULL, VERDICT_PASS},
	{"A302", "ten events, then nothing for five seconds",
	 "baseline 200\n" STREAM "@100+5000*3 " FIVE("data: a~~") "\nend 16000 cut\n", NULL,
	 VERDICT_PASS},
	{"A303", "all with the end",
	 "baseline 200\n" STREAM "@6000 data: a~~data: b~~\nend 6001 closed\n", NULL, VERDICT_PASS},
	{"A304", "pairs, 200 ms late", "baseline 200\n" STREAM "@100+300*20 data: a~~data: b~~\n",
	 NULL, VERDICT_PASS},
	{"A305", "gzip waits for its window",
	 BASE "gzip 200\nContent-Encoding: gzip\n" STREAM "@5900 xxxx\nend 6000 cut\n",
	 BASE "gzip 200\nContent-Encoding: gzip\n" STREAM "@500+1000*5 xxxx\nend 6000 cut\n",
	 VERDICT_PASS},
	{"A306", "compressed", BASE "br 200\nContent-Encoding: br\n" STREAM, NULL, VERDICT_PASS},
	{"A307", "nginx is not told", "baseline 200\n" TYPE, NULL, VERDICT_PASS},
	{"A308", "nginx is told nonsense", "baseline 200\nX-Accel-Buffering: off\n" TYPE, NULL,
	 VERDICT_PASS},
	{"A309", "no Incremental", "baseline 200\n" TYPE, NULL, VERDICT_PASS},
	{"A310", "three seconds of nothing", "baseline 200\n" STREAM "@3100 :~~\n", NULL,
	 VERDICT_PASS},
	{"A311", "a minute of silence",
	 BASE "soak 200\n" STREAM "@10 :~~\n@55000 :~~\nend 60000 cut\n", NULL, VERDICT_PASS},
	{"A312", "CloudFront waits for thirty seconds",
	 "baseline 200\nX-Amz-Cf-Id: x\n" STREAM "@10 :~~\nsoak 200\n" STREAM
	 "@10+25000*3 :~~\nend 60000 cut\n",
	 "baseline 200\nX-Amz-Cf-Id: x\n" STREAM TICKS, VERDICT_PASS},
	{"A313", "ping, ping", "baseline 200\n" STREAM "@10+1000*3 event: ping~data: {}~~\n", NULL,
	 VERDICT_PASS},
	{"A314", "cut after sixty quiet seconds",
	 BASE "soak 200\n" STREAM "@10 :~~\nend 60100 truncated\n", NULL, VERDICT_PASS},
	{"A315", "cut after fifteen busy seconds",
	 "baseline 200\n" STREAM "@500+1000*15 data: #~~\nend 15020 truncated\n", NULL,
	 VERDICT_PASS},
	{"A316", "a reset", "baseline 200\n" STREAM "@10 :~~\nend 3000 reset\n",
	 "baseline 200\n" STREAM "@10 :~~\nend 3000 complete\n", VERDICT_PASS},
	{"A317", "HTTP/2 says another thing",
	 BASE "http2 200 h2\nContent-Security-Policy: sandbox\n" TYPE CACHE, NULL, VERDICT_PASS},
	{"A318", "IPv6 is dead", BASE "other-family - outcome=refused\n", NULL, VERDICT_PASS},
	{"A319", "the edge is late",
	 VIA "baseline 200\n" STREAM "@10 :~~\n@700+1000*8 id: #~data: #~~\n"
	     "via 200 hop=1\n" STREAM "@10 :~~\n@500+1000*8 id: #~data: #~~\n",
	 VIA "baseline 200\n" STREAM "@10 :~~\n@501+1000*8 id: #~data: #~~\n"
	     "via 200 hop=1\n" STREAM "@10 :~~\n@500+1000*8 id: #~data: #~~\n",
	 VERDICT_PASS},
	{"A401", "everybody, with cookies",
	 BASE "origin-random 200 origin=" EVIL "\n" STREAM ACAO EVIL "\n" ACAC, NULL, VERDICT_PASS},
	{"A402", "everybody, without cookies",
	 BASE "origin-random 200 origin=" EVIL "\n" STREAM ACAO EVIL "\n", NULL, VERDICT_PASS},
	{"A403", "* with credentials", "baseline 200\n" STREAM ACAO "*\n" ACAC, NULL, VERDICT_PASS},
	{"A404", "* with a token", "baseline 200 cred=first\n" STREAM ACAO "*\n", NULL,
	 VERDICT_PASS},
	{"A405", "null", BASE "origin-null 200 origin=null\n" STREAM ACAO "null\n", NULL,
	 VERDICT_PASS},
#define REFLECTED(id, probe, origin)                                                               \
	{                                                                                          \
		id, origin, GIVEN BASE probe " 200 origin=" origin "\n" STREAM ACAO origin "\n",   \
			NULL, VERDICT_PASS                                                         \
	}
	REFLECTED("A406", "origin-suffix", APP ".evil.example"),
	REFLECTED("A407", "origin-prefix", "https://evilapp.example.com"),
	REFLECTED("A408", "origin-dot", "https://appxexample.com"),
	REFLECTED("A409", "origin-subdomain", "https://x7f3.app.example.com"),
	REFLECTED("A410", "origin-http", "http://app.example.com"),
	REFLECTED("A411", "origin-truncated", "https://pp.example.com"),
	REFLECTED("A412", "origin-odd", "https://app.example.com_.evil.example"),
	REFLECTED("A413", "origin-port", APP ":65000"),
	REFLECTED("A414", "origin-trailing-dot", APP "."),
	REFLECTED("A415", "origin-scheme", "capacitor://localhost"),
	REFLECTED("A416", "origin-localhost", "http://localhost:3000"),
	REFLECTED("A417", "origin-hosting", "https://x7f3.pages.dev"),
#undef REFLECTED
	{"A418", "the page is refused",
	 GIVEN BASE "origin-allowed 403 allowed origin=" APP "\n" JSON, NULL, VERDICT_PASS},
	{"A419", "True is not true",
	 BASE "origin-allowed 200 origin=" APP "\n" STREAM ACAO APP
	      "\nAccess-Control-Allow-Credentials: True\n",
	 NULL, VERDICT_PASS},
	{"A420", "application and proxy",
	 BASE "origin-allowed 200 origin=" APP "\n" STREAM ACAO APP "\n" ACAO APP "\n", NULL,
	 VERDICT_PASS},
	{"A421", "a final slash", BASE "origin-allowed 200 origin=" APP "\n" STREAM ACAO APP "/\n",
	 NULL, VERDICT_PASS},
	{"A422", "an error that nobody can read",
	 BASE "origin-on-error 406 refusal allowed origin=" APP "\n" JSON, NULL, VERDICT_PASS},
	{"A422", "a strange id is refused by whoever reads heads, before the program sees it",
	 BASE "origin-on-error 406 refusal allowed origin=" APP "\n" JSON,
	 BASE "origin-on-error 406 refusal allowed origin=" APP "\n" JSON CORS
	      "last-id-control 400 lid=x refusal allowed origin=" APP "\n" JSON,
	 VERDICT_PASS},
	{"A423", "the reconnect cannot be read",
	 GIVEN BASE "origin-allowed 200 allowed origin=" APP "\n" STREAM CORS
		    "resume-origin 200 lid=x origin=" APP "\n" STREAM,
	 NULL, VERDICT_PASS},
	{"A424", "the redirect cannot be read",
	 GIVEN "baseline 301 allowed origin=" APP "\nLocation: /new\nredirect 200\n" STREAM,
	 GIVEN "baseline 301 allowed origin=" APP "\nLocation: /new\n" CORS "redirect 200\n" STREAM,
	 VERDICT_PASS},
	{"A425", "* does not cover Authorization",
	 GIVEN BASE "preflight 204 allowed origin=" APP "\n" ACAO APP
		    "\nAccess-Control-Allow-Headers: *\n",
	 NULL, VERDICT_PASS},
	{"A426", "who asks first must log in",
	 GIVEN BASE "preflight 401 allowed origin=" APP "\n" JSON, NULL, VERDICT_PASS},
	{"A427", "a preflight's field", "baseline 200\nAccess-Control-Max-Age: 5\n" STREAM, NULL,
	 VERDICT_PASS},
	{"A430", "the refusal does not say that it depends",
	 GIVEN BASE "origin-allowed 200 allowed origin=" APP "\n" STREAM CORS
		    "origin-random 403 origin=" EVIL "\nContent-Type: application/json\n",
	 NULL, VERDICT_PASS},
	{"A431", "Vary: *", "baseline 200\nVary: *\n" TYPE, NULL, VERDICT_PASS},
	{"A432", "all origins apart", "baseline 200\n" STREAM ACAO "*\n",
	 "baseline 200\nVary: Accept\n" TYPE ACAO "*\n", VERDICT_PASS},
	{"A433", "nginx drops Vary",
	 VIA "baseline 200\n" TYPE "via 200 hop=1\n" STREAM "via 200 hop=2\n" TYPE,
	 VIA BASE "via 200 hop=1\n" STREAM "via 200 hop=2\n" STREAM, VERDICT_PASS},
	{"A501", "no credential is needed", BASE "no-credential 200\n" STREAM TICKS, NULL,
	 VERDICT_PASS},
	{"A502", "a 401 without a way", BASE "no-credential 401 refusal\n" JSON, NULL,
	 VERDICT_PASS},
	{"A503", "to the login page", BASE "no-credential 302 refusal\nLocation: /login\n", NULL,
	 VERDICT_PASS},
	{"A504", "406 comes first", BASE "no-credential-no-accept 406 refusal\n" JSON, NULL,
	 VERDICT_PASS},
	{"A505", "200, and then no",
	 BASE "no-credential 200\n" STREAM "@30 event: error~data: no~~\nend 40 complete\n", NULL,
	 VERDICT_PASS},
	{"A506", "the token in the URL", BASE "query-token 200\n" STREAM TICKS, NULL, VERDICT_PASS},
	{"A507", "the token in a cookie", "baseline 200 cred=first leaks=4\n" STREAM, NULL,
	 VERDICT_PASS},
	{"A508", "one ticket, two streams",
	 BASE "ticket-use 200 cred=ticket\n" STREAM TICKS
	      "ticket-reuse 200 cred=ticket\n" STREAM TICKS,
	 NULL, VERDICT_PASS},
	{"A509", "nine seconds too long", "run expires=3\nbaseline 200 cred=first\n" STREAM TICKS,
	 "run expires=3\nbaseline 200 cred=first\n" STREAM "@10+1000*3 :~~\nend 3100 complete\n",
	 VERDICT_PASS},
	{"A510", "busy", BASE "accept-any 429 refusal\n" JSON, NULL, VERDICT_PASS},
	{"A511", "a refused origin is served",
	 BASE "origin-random 200 origin=" EVIL "\n" STREAM TICKS, NULL, VERDICT_PASS},
	{"A512", "come back, whenever", BASE "accept-any 429 refusal\n" JSON,
	 BASE "accept-any 429 refusal\nRetry-After: 5\n" JSON, VERDICT_PASS},
	{"A601", "no UTF-8", "baseline 200\n" STREAM "@10 data: \xff~~\n", NULL, VERDICT_PASS},
	{"A602", "an id with NUL", "baseline 200\n" STREAM "@10 id: a$b~data: x~~\n", NULL,
	 VERDICT_PASS},
	{"A603", "a mark in the middle",
	 "baseline 200\n" STREAM "@10 data: x~~\xef\xbb\xbf"
	 "data: y~~\n",
	 NULL, VERDICT_PASS},
	{"A604", "CR alone", "baseline 200\n" STREAM "@10 data: x^^data: y^^\n", NULL,
	 VERDICT_PASS},
	{"A605", "five seconds, in words", "baseline 200\n" STREAM "@10 retry: 5s~~\n", NULL,
	 VERDICT_PASS},
	{"A606", "ten times a second", "baseline 200\n" STREAM "@10 retry: 100~~\n", NULL,
	 VERDICT_PASS},
	{"A607", "the same for all", "baseline 200\n" STREAM TICKS "repeat 200\n" STREAM TICKS,
	 NULL, VERDICT_PASS},
	{"A608", "no ids", "baseline 200\n" STREAM "@10 data: x~~\n", NULL, VERDICT_PASS},
	{"A609", "one id for two", "baseline 200\n" STREAM "@10 id: 1~data: x~~id: 1~data: y~~\n",
	 NULL, VERDICT_PASS},
	{"A610", "half an event", "baseline 200\n" STREAM "@10 data: x~\nend 20 closed\n", NULL,
	 VERDICT_PASS},
	{"A611", "Data is not data", "baseline 200\n" STREAM "@10 Data: x~~\n", NULL, VERDICT_PASS},
	{"A612", "JSON on several lines", "baseline 200\n" STREAM "@10 data: {~\"a\": 1~}~~\n",
	 NULL, VERDICT_PASS},
	{"A613", "a name and nothing else", "baseline 200\n" STREAM "@10 event: x~~\n", NULL,
	 VERDICT_PASS},
	{"A614", "event: error", "baseline 200\n" STREAM "@10 event: error~data: x~~\n", NULL,
	 VERDICT_PASS},
	{"A615", "a long line", "baseline 200\n" STREAM "@10 data: x\n@11+1*70 %\n@99 ~~\n", NULL,
	 VERDICT_PASS},
	{"A616", "two spaces", "baseline 200\n" STREAM "@10 data:  x~~\n", NULL, VERDICT_PASS},
	{"A620", "from the beginning",
	 BASE "resume 200 lid=10\n" STREAM "@20+5*11 id: #~data: tick #~~\n", NULL, VERDICT_PASS},
	{"A621", "500 for a quote", BASE "last-id-sql 500 lid=x\n" JSON, NULL, VERDICT_PASS},
	{"A622", "once and never again", BASE "resume 410 lid=10\n" JSON, NULL, VERDICT_PASS},
	{"A623", "hello, goodbye",
	 "baseline 200\n" STREAM "end 50 complete\nrepeat 200\n" STREAM "end 50 complete\n", NULL,
	 VERDICT_PASS},
	{"A624", "over, and over again",
	 "baseline 200\n" STREAM "@10 event: done~data: {}~~\nend 20 complete\n"
	 "resume-origin 200 lid=x\n" STREAM,
	 "baseline 200\n" STREAM "@10 event: done~data: {}~~\nend 20 complete\n"
	 "resume-origin 204 lid=x\n",
	 VERDICT_PASS},
	{"A625", "three are missing",
	 BASE "soak 200\n" STREAM "@10+10*3 id: #~data: #~~\nend 100 reset\n"
	      "soak 200\n" STREAM "@10+10*3 id: 1#~data: #~~\n",
	 BASE "soak 200\n" STREAM "@10+10*9 id: #~data: #~~\nend 100 reset\n"
	      "soak 200\n" STREAM "@10 id: 10~data: x~~\n@11+10*3 id: 1#~data: #~~\n",
	 VERDICT_PASS},
	{"A626", "a message speaks for the service",
	 "run marker=forged\n" BASE "inject 200\n" STREAM "@10 event: forged~data: x~~\n", NULL,
	 VERDICT_PASS},
	{"A701", "two framings",
	 BASE "accept-any 200\nContent-Length: 1\nTransfer-Encoding: chunked\n" STREAM, NULL,
	 VERDICT_PASS},
	{"A702", "chunks for 1.0", BASE "http10 200 h10\nTransfer-Encoding: chunked\n" STREAM, NULL,
	 VERDICT_PASS},
	{"A703", "1.0 waits for the end",
	 BASE "http10 200 h10\n" STREAM "@5000 data: a~~data: b~~\nend 5001 closed\n", NULL,
	 VERDICT_PASS},
	{"A704", "1.0 waits for ever", BASE "http10 200 h10\nConnection: keep-alive\n" STREAM, NULL,
	 VERDICT_PASS},
	{"A705", "six connections",
	 "baseline 200 tls=TLSv1.3\n" STREAM "http2 - outcome=not-sent tls=TLSv1.3\n", NULL,
	 VERDICT_PASS},
	{"A706", "a hop's field in HTTP/2", BASE "http2 200 h2\nConnection: keep-alive\n" STREAM,
	 NULL, VERDICT_PASS},
	{"A707", "ten streams", BASE "http2 200 h2 streams=10\n" STREAM, NULL, VERDICT_PASS},
	{"A708", "drained", BASE "http2 200 h2 goaway\n" STREAM, NULL, VERDICT_PASS},
	{"A709", "a window that stays shut",
	 BASE "http2 200 h2 variant=window\n" STREAM "@10+10*2 " LINE128 "\n",
	 BASE "http2 200 h2 variant=window\n" STREAM "@10+10*3 " LINE128 "\n", VERDICT_PASS},
	{"A710", "a timeout that nobody asked for",
	 BASE "accept-any 200\nKeep-Alive: timeout=5\n" STREAM, NULL, VERDICT_PASS},
	{"A711", "two types", BASE "accept-any 200\n" TYPE TYPE, NULL, VERDICT_PASS},
	{"A712", "h3", "baseline 200\nAlt-Svc: h3=\":443\"\n" STREAM, NULL, VERDICT_PASS},
	{"A801", "port 80 streams, too", BASE "plain-http 200 http\n" STREAM TICKS, NULL,
	 VERDICT_PASS},
	{"A802", "the redirect takes the token along",
	 BASE "plain-http 301 http leaks=1\nLocation: https://api.example.com/stream?token=*\n",
	 NULL, VERDICT_PASS},
	{"A803", "HSTS for a day", "baseline 200\nStrict-Transport-Security: max-age=86400\n" TYPE,
	 NULL, VERDICT_PASS},
	{"A804", "preload for one host",
	 "baseline 200\nStrict-Transport-Security: max-age=63072000; preload\n" TYPE,
	 "baseline 200\nStrict-Transport-Security: max-age=63072000; includeSubDomains; "
	 "preload\n" TYPE,
	 VERDICT_PASS},
	{"A805", "an error without HSTS",
	 BASE "accept-other 406 refusal\nContent-Type: application/json\n", NULL, VERDICT_PASS},
	{"A806", "a week left", "baseline 200 days=7\n" STREAM, NULL, VERDICT_PASS},
	{"A807", "TLS 1.0",
	 BASE "tls-old - outcome=not-sent tls=TLSv1\ntls-13 - outcome=not-sent tls=TLSv1.3\n", NULL,
	 VERDICT_PASS},
	{"A810", "may be a script", "baseline 200\n" TYPE, NULL, VERDICT_PASS},
	{"A811", "no policy", "baseline 200\n" TYPE, NULL, VERDICT_PASS},
	{"A812", "the page may not",
	 "run page=https://app.example.com/\n" BASE
	 "page 200\nContent-Security-Policy: default-src 'self'\n",
	 NULL, VERDICT_PASS},
	{"A813", "the page may talk to anybody",
	 "run page=https://app.example.com/\n" BASE
	 "page 200\nContent-Security-Policy: connect-src https:\n",
	 NULL, VERDICT_PASS},
	{"A814", "the page tells where it is",
	 "run page=https://app.example.com/\n" BASE "page 200\nReferrer-Policy: unsafe-url\n", NULL,
	 VERDICT_PASS},
	{"A815", "a version", BASE "accept-any 200\nServer: x/1.2\n" STREAM, NULL, VERDICT_PASS},
	{"A816", "never counts", BASE, NULL, VERDICT_NA},
	{"A820", "a session in clear", "baseline 200\nSet-Cookie: sid=1; HttpOnly\n" STREAM,
	 "baseline 200\nSet-Cookie: sid=1; HttpOnly; Secure\n" STREAM, VERDICT_PASS},
	{"A821", "no SameSite", "baseline 200\nSet-Cookie: a=1\n" STREAM,
	 "baseline 200\nSet-Cookie: a=1; SameSite=Lax\n" STREAM, VERDICT_PASS},
	{"A822", "Lax, from another site",
	 "run credentials origin=https://shop.test\n"
	 "baseline 200\nSet-Cookie: sid=1; SameSite=Lax\n" STREAM,
	 "run credentials origin=https://shop.test\n"
	 "baseline 200\nSet-Cookie: sid=1; SameSite=None; Secure\n" STREAM,
	 VERDICT_PASS},
	{"A822", "another customer of the same suffix",
	 "run credentials url=https://bob.github.io/stream origin=https://ann.github.io\n"
	 "baseline 200\nSet-Cookie: sid=1; SameSite=Lax\n" STREAM,
	 "run credentials url=https://bob.github.io/stream origin=https://ann.github.io\n"
	 "baseline 200\nSet-Cookie: sid=1; SameSite=None; Secure\n" STREAM,
	 VERDICT_PASS},
	{"A823", "a host cookie with a domain",
	 "baseline 200\nSet-Cookie: __Host-a=1; Secure; Path=/; Domain=x.example\n" STREAM,
	 "baseline 200\nSet-Cookie: __Host-a=1; Secure; Path=/\n" STREAM, VERDICT_PASS},
	{"A824", "a cookie for ever", "baseline 200\nSet-Cookie: a=1; Max-Age=99999999\n" STREAM,
	 "baseline 200\nSet-Cookie: a=1; Max-Age=99\n" STREAM, VERDICT_PASS},
	{"A825", "a cookie each time",
	 "baseline 200\nSet-Cookie: a=1\n" STREAM "repeat 200\nSet-Cookie: a=2\n" STREAM, NULL,
	 VERDICT_PASS},
	{"A901", "nginx and Cloudflare", "baseline 200\nServer: nginx\nCF-Ray: 1\n" STREAM, NULL,
	 VERDICT_PASS},
	{"A902", "nginx, and bursts",
	 "baseline 200\nServer: nginx\n" STREAM "@100+5000*3 " FIVE("data: a~~") "\n",
	 "baseline 200\nServer: nginx\n" STREAM TICKS, VERDICT_PASS},
	{"A903", "a quick tunnel", "run url=https://a-b.trycloudflare.com/\n" BASE, NULL,
	 VERDICT_PASS},
	{"A904", "a hop's error", "baseline 200\nProxy-Status: edge; error=dns_timeout\n" STREAM,
	 "baseline 200\nProxy-Status: edge; received-status=200\n" STREAM, VERDICT_PASS},
	{"A905", "the fiftieth hangs", BASE "repeat - variant=crowd-50 outcome=timed-out\n",
	 BASE "repeat 429 variant=crowd-50\nRetry-After: 1\n" JSON, VERDICT_PASS},
	{"A906", "half the time",
	 "run soak=60000\n" BASE "soak 200\n" STREAM "@10+1000*30 :~~\nend 30000 closed\n", NULL,
	 VERDICT_PASS},
};

static const char *clean_run(void)
{
	static char text[16384];
	struct writer w;

	writer_init(&w, text, sizeof(text) - 1);
	for (size_t i = 0; i < COUNT_OF(clean_parts); i++)
		put(&w, slice_of(clean_parts[i]));
	assert_false(w.overflow);
	text[w.len] = 0;
	return text;
}

/* The nothing that was seen. */
static const char nothing[] = "baseline - outcome=timed-out\n";

static enum verdict verdict_of(const char *id, const char *text, struct finding *ret)
{
	static struct finding findings[AUDIT_MAX_FINDINGS];
	static struct scene scene;
	enum verdict verdict = VERDICT_NA;
	size_t n;

	scene_build(&scene, text);
	n = audit_judge(&scene.run, findings, AUDIT_MAX_FINDINGS);
	for (size_t i = 0; i < n; i++) {
		if (!slice_eq(findings[i].rule->id, slice_of(id)))
			continue;
		*ret = findings[i];
		verdict = findings[i].verdict;
	}
	scene_free(&scene);
	return verdict;
}

static void check_verdict(const struct twins *row, const char *text, enum verdict want)
{
	struct finding f = {0};
	enum verdict got = verdict_of(row->id, text, &f);

	if (got != want)
		fail_msg("%s %s: got %.*s, want %.*s (%.*s)", row->id, row->name,
			 SLICE_ARG(verdict_name(got)), SLICE_ARG(verdict_name(want)),
			 (int)f.evidence_len, f.evidence);
	check(row->name, want != VERDICT_FAIL || f.evidence_len > 0);
}

static void bad_fails_and_clean_passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(twins); i++) {
		const struct twins *row = &twins[i];
		bool counts = row->clean_verdict == VERDICT_PASS;

		check_verdict(row, row->bad, counts ? VERDICT_FAIL : row->clean_verdict);
		check_verdict(row, row->clean != NULL ? row->clean : clean_run(),
			      row->clean_verdict);
	}
}

static void every_rule_has_both_twins_and_one_judge(void **state)
{
	(void)state;
	for (size_t r = 0; r < policy_rule_count; r++) {
		const struct judge_row *row = judge_row_find(policy_rules[r].id);
		bool has = false;

		for (size_t i = 0; i < COUNT_OF(twins); i++)
			has |= slice_eq(policy_rules[r].id, slice_of(twins[i].id));
		if (!has || row == NULL || (row->judge == judge_head && !policy_rules[r].check))
			fail_msg("%.*s has no twins or no judge", SLICE_ARG(policy_rules[r].id));
	}
}

/* Without an answer nothing passes but what the URL alone tells. */
static void a_dead_endpoint_passes_nothing(void **state)
{
	static const char *const silent[] = {nothing, "", "run short\n"};
	struct finding f;

	(void)state;
	for (size_t s = 0; s < COUNT_OF(silent); s++)
		for (size_t i = 0; i < COUNT_OF(twins); i++) {
			enum verdict verdict = verdict_of(twins[i].id, silent[s], &f);

			if (slice_eq(slice_of(twins[i].id), SLICE("A903")))
				continue;
			if (verdict == VERDICT_PASS || verdict == VERDICT_FAIL)
				fail_msg("%s is judged from nothing: %.*s", twins[i].id,
					 (int)f.evidence_len, f.evidence);
		}
}

static void the_clean_run_has_no_findings(void **state)
{
	static struct finding findings[AUDIT_MAX_FINDINGS];
	static struct scene scene;
	size_t n;

	(void)state;
	scene_build(&scene, clean_run());
	n = audit_judge(&scene.run, findings, AUDIT_MAX_FINDINGS);
	assert_int_equal(n, policy_rule_count);
	for (size_t i = 0; i < n; i++)
		if (findings[i].verdict == VERDICT_FAIL ||
		    findings[i].verdict == VERDICT_INCONCLUSIVE)
			fail_msg("%.*s: %.*s", SLICE_ARG(findings[i].rule->id),
				 (int)findings[i].evidence_len, findings[i].evidence);
	scene_free(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_fails_and_clean_passes),
		cmocka_unit_test(every_rule_has_both_twins_and_one_judge),
		cmocka_unit_test(a_dead_endpoint_passes_nothing),
		cmocka_unit_test(the_clean_run_has_no_findings),
	};

	return cmocka_run_group_tests_name("twins", tests, NULL, NULL);
}
