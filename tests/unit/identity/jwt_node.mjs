// SPDX-License-Identifier: Apache-2.0
// Node's crypto against ours, both ways: jwt_node.mjs JWT_PEER KEYS.H; prints TAP.
// The keys are read out of rfc_keys.h, so that there is one copy of them.
import crypto from "node:crypto";
import fs from "node:fs";
import { spawnSync } from "node:child_process";

const [peer, header] = process.argv.slice(2);
const claims = { iss: "https://id.test/", aud: "stream", sub: "ada", exp: 1800000060 };
const kids = { HS256: "hs", RS256: "rs", PS256: "rs", ES256: "es", EdDSA: "ed" };

// `#define NAME "text" OTHER "text"` as its text.
function macros(text) {
  const rows = new Map();
  for (const [, name, body] of text.replaceAll("\\\n", " ").matchAll(/^#define (\w+)[ \t]+(.+)$/gm))
    rows.set(name, body);
  const value = (name) =>
    [...rows.get(name).matchAll(/"((?:[^"\\]|\\.)*)"|(\w+)/g)]
      .map(([, string, other]) => (other ? value(other) : string.replaceAll('\\"', '"')))
      .join("");
  return (...names) => JSON.parse(`{${names.map(value).join("")}}`);
}

const members = macros(fs.readFileSync(header, "utf8"));
const jwks = {
  HS256: members("RFC_OCT"),
  RS256: members("RFC_RSA", "RFC_RSA_PRIVATE"),
  ES256: members("RFC_EC", "RFC_EC_D"),
  EdDSA: members("RFC_ED", "RFC_ED_D"),
};
jwks.PS256 = jwks.RS256;

function run(mode, input = "") {
  const child = spawnSync(peer, [mode], { input, encoding: "utf8" });
  if (child.status !== 0) throw new Error(`${mode}: ${child.stderr}`);
  return child.stdout.trimEnd().split("\n");
}

const privateKey = (jwk) => crypto.createPrivateKey({ key: jwk, format: "jwk" });
const publicKey = (jwk) => crypto.createPublicKey({ key: jwk, format: "jwk" });

// What crypto.sign and crypto.verify want beside the key.
function parameters(alg) {
  if (alg === "ES256") return { dsaEncoding: "ieee-p1363" };
  if (alg === "PS256") return { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return {};
}
const hash = (alg) => (alg === "EdDSA" ? null : "sha256");
const mac = (jwk, message) =>
  crypto.createHmac("sha256", Buffer.from(jwk.k, "base64url")).update(message).digest();

function sign(alg, jwk, message) {
  if (alg === "HS256") return mac(jwk, message);
  return crypto.sign(hash(alg), message, { key: privateKey(jwk), ...parameters(alg) });
}

function verify(alg, jwk, message, signature) {
  if (alg === "HS256") return crypto.timingSafeEqual(mac(jwk, message), signature);
  return crypto.verify(hash(alg), message, { key: publicKey(jwk), ...parameters(alg) }, signature);
}

function mint(alg, payload = claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const message = `${part({ alg, typ: "JWT", kid: kids[alg] })}.${part(payload)}`;
  return `${message}.${sign(alg, jwks[alg], Buffer.from(message)).toString("base64url")}`;
}

let failed = 0;
let count = 0;
function ok(good, name) {
  if (!good) failed++;
  console.log(`${good ? "ok" : "not ok"} ${++count} - ${name}`);
}

const lines = [];
const expected = [];
for (const alg of Object.keys(kids)) {
  const token = mint(alg);
  const changed = token.replace(/\..*\./, `.${Buffer.from('{"sub":"eve"}').toString("base64url")}.`);
  for (const [name, text, reason] of [
    [`we take what Node signs with ${alg}`, token, "ok"],
    [`not when the claims of ${alg} were changed`, changed, "bad_signature"],
    [`not when ${alg} expired`, mint(alg, { ...claims, exp: 1 }), "expired"],
  ]) {
    lines.push(`${alg}\t${text}\n`);
    expected.push([name, reason]);
  }
}
run("verify", lines.join("")).forEach((reason, i) => ok(reason === expected[i][1], expected[i][0]));

for (const line of run("sign")) {
  const [alg, token] = line.split("\t");
  const at = token.lastIndexOf(".");
  const signature = Buffer.from(token.slice(at + 1), "base64url");
  ok(verify(alg, jwks[alg], Buffer.from(token.slice(0, at)), signature), `Node takes our ${alg}`);
}

for (const line of run("keygen")) {
  const [alg, secret, set] = line.split("\t");
  const jwk = JSON.parse(secret);
  const published = JSON.parse(set).keys[0] ?? jwk;
  const message = Buffer.from("message");
  ok(verify(alg, published, message, sign(alg, jwk, message)), `Node uses our new key for ${alg}`);
}
console.log(`1..${count}`);
process.exit(failed > 0 ? 1 : 0);
