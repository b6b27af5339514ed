// SPDX-License-Identifier: Apache-2.0
// A request to our own server. A failure is an Error whose message can be shown.
export class Failed extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + ".";

export async function call(method, path, body) {
  let response;
  try {
    response = await fetch(`/api/${path}`, {
      method,
      headers: body && { "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Failed(0, "The server cannot be reached.");
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  throw new Failed(response.status, sentence(answer?.detail || "something went wrong"));
}
