// SPDX-License-Identifier: Apache-2.0
// Makes keys and signs tokens for the tests, independently of the program: one JSON question a
// line on stdin, one JSON answer a line on stdout. Any header can be signed, lies included.
import crypto from "node:crypto";
import readline from "node:readline";

const PAIRS = {
	ES256: ["ec", { namedCurve: "P-256" }],
	EdDSA: ["ed25519", {}],
	RS256: ["rsa", { modulusLength: 2048 }],
};
const keys = new Map();

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function make({ alg, name, kid }) {
	if (alg === "HS256") {
		const k = crypto.randomBytes(32);
		keys.set(name, { alg, kid, secret: k });
		return { kty: "oct", alg, kid, k: k.toString("base64url") };
	}
	const pair = crypto.generateKeyPairSync(...PAIRS[alg]);
	keys.set(name, { alg, kid, private: pair.privateKey });
	return { ...pair.publicKey.export({ format: "jwk" }), alg, kid };
}

function signature(key, alg, data) {
	if (alg === "none") return "";
	if (key.secret) return crypto.createHmac("sha256", key.secret).update(data).digest("base64url");
	const hash = key.alg === "EdDSA" ? null : "sha256";
	const options = { key: key.private, dsaEncoding: "ieee-p1363" };
	return crypto.sign(hash, Buffer.from(data), options).toString("base64url");
}

function sign({ name, header = {}, claims }) {
	const key = keys.get(name);
	const head = { typ: "JWT", alg: key.alg, kid: key.kid, ...header };
	return claims.map((c) => {
		const data = `${part(head)}.${part(c)}`;
		return `${data}.${signature(key, head.alg, data)}`;
	});
}

for await (const line of readline.createInterface({ input: process.stdin })) {
	const question = JSON.parse(line);
	console.log(JSON.stringify(question.claims ? sign(question) : make(question)));
}
