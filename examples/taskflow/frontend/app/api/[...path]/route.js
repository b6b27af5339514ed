// SPDX-License-Identifier: Apache-2.0
// The browser's way to the backend. The session's token stays in a cookie that no script can read; the backend
// gets it as a header.
import { cookies } from "next/headers";

const COOKIE = "taskflow-session";
const SESSION_SECONDS = 12 * 3600;
const BODY_MAX = 64 * 1024;
const ALLOWED = /^(sign-in|sign-up|sign-out|tasks(\/\d{1,10})?|chat)$/;

const answer = (status, detail) => Response.json({ detail }, { status });
const backend = () => (process.env.BACKEND_INTERNAL_URL || "http://taskflow-backend:8000").replace(/\/+$/, "");

// Over https the cookie is never sent without it: where users come by https, or this one did.
function isSecure(request) {
  return (
    request.headers.get("x-forwarded-proto") === "https" || (process.env.FRONTEND_URL || "").startsWith("https://")
  );
}

async function keep(request, token) {
  (await cookies()).set(COOKIE, token, {
    httpOnly: true,
    sameSite: "strict",
    secure: isSecure(request),
    path: "/",
    maxAge: token ? SESSION_SECONDS : 0,
  });
}

// A GET can be sent again when the backend's process that it went to has just ended; nothing else can.
async function ask(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (options.method !== "GET" || error.name === "TimeoutError") throw error;
    return fetch(url, options);
  }
}

async function pass(request, path) {
  const headers = { accept: "application/json" };
  const token = (await cookies()).get(COOKIE)?.value;
  if (token) headers.authorization = `Bearer ${token}`;
  const options = { method: request.method, headers, cache: "no-store", redirect: "error" };
  if (request.method !== "GET" && request.method !== "DELETE") {
    // Before it is read: a pod has little memory.
    const isChunked = request.headers.has("transfer-encoding");
    if (isChunked || Number(request.headers.get("content-length")) > BODY_MAX) {
      return answer(413, "the body is too large, or of no stated length");
    }
    options.body = await request.text();
    headers["content-type"] = "application/json";
  }
  try {
    return await ask(`${backend()}/api/${path}`, { ...options, signal: AbortSignal.timeout(35_000) });
  } catch (error) {
    const message = "the backend cannot be reached";
    // The cause's code is one of a few words; its text names hosts.
    console.error(JSON.stringify({ level: "error", message, code: error.cause?.code ?? error.name }));
    return answer(502, message);
  }
}

async function handle(request, { params }) {
  const path = (await params).path.join("/");
  const site = request.headers.get("sec-fetch-site");
  if (request.method !== "GET" && site && site !== "same-origin") return answer(403, "not from this site");
  if (!ALLOWED.test(path)) return answer(404, "Not Found");

  const response = await pass(request, path);
  // Signed out, or no longer signed in, which comes to the same.
  if (path === "sign-out" && [204, 401].includes(response.status)) {
    await keep(request, "");
    return new Response(null, { status: 204 });
  }
  if (response.status === 204) return new Response(null, { status: 204 });
  const body = await response.json().catch(() => ({ detail: "the backend's answer makes no sense" }));
  if (typeof body?.token === "string") {
    await keep(request, body.token);
    return Response.json({ status: "signed in" }, { status: response.status });
  }
  return Response.json(body, { status: response.status, headers: { "Cache-Control": "no-store" } });
}

export { handle as DELETE, handle as GET, handle as PATCH, handle as POST };
