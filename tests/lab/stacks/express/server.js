// SPDX-License-Identifier: Apache-2.0
// The stream that Express programs start with. Nothing here is mended: the auditor must find it.
"use strict";
const express = require("express");

const app = express();

app.get("/stream", (req, res) => {
	res.setHeader("Content-Type", "text/event-stream");
	res.setHeader("Cache-Control", "no-cache");
	res.setHeader("Connection", "keep-alive");
	res.setHeader("Access-Control-Allow-Origin", "*");
	let count = 0;
	const timer = setInterval(() => {
		count += 1;
		res.write(`data: ${JSON.stringify({ count, time: new Date().toISOString() })}\n\n`);
	}, Number(process.env.PERIOD_MS || 1000));
	req.on("close", () => clearInterval(timer));
});

app.listen(Number(process.env.PORT), "127.0.0.1");
