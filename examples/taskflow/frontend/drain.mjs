// SPDX-License-Identifier: Apache-2.0
// Loaded before the server. On SIGTERM the process is not ready any more but serves on, until the cluster has
// heard of that and sends no more requests here; then it takes no more, finishes those that it has, and ends.
import { subscribe } from "node:diagnostics_channel";

process.env.NEXT_MANUAL_SIG_HANDLE = "true"; // else Next.js closes at once
const drainMilliseconds = 1000 * Number(process.env.DRAIN_SECONDS || 5);
const lastMilliseconds = 20_000;
const servers = new Set();

subscribe("http.server.request.start", ({ server, response }) => {
  servers.add(server);
  // A client that keeps its connection would send its next request here, too.
  if (globalThis.stopping) response.setHeader("Connection", "close");
});

function close() {
  let open = servers.size;
  const done = () => --open <= 0 && process.exit(0);
  if (open === 0) process.exit(0);
  for (const server of servers) {
    server.close(done);
    server.closeIdleConnections();
  }
  setTimeout(() => process.exit(0), lastMilliseconds).unref();
}

process.on("SIGTERM", () => {
  if (globalThis.stopping) return;
  globalThis.stopping = true;
  setTimeout(close, drainMilliseconds);
});
process.on("SIGINT", () => process.exit(130));
